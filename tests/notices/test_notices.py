"""What people are told: who sees it, in which language, that it is told once, and what goes out by mail."""

import datetime
from typing import Any

import pytest
from django.core import mail
from django.db import ProgrammingError, transaction
from django.test import Client
from django.urls import NoReverseMatch
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.audit.context import acting
from apps.departments.models import Department, User
from apps.departments.scope import acting_as
from apps.notices import kinds, tasks
from apps.notices.delivering import WEBHOOK_FAILS
from apps.notices.models import Notice
from apps.notices.sending import Link, notify
from tests.factories import make_department, make_user

from .factories import CASE_WAITS, tell

pytestmark = pytest.mark.django_db
LIST = "/admin/notices/notice/"


@pytest.fixture
def market() -> Department:
    return make_department("market")


@pytest.fixture
def wang(market: Department) -> User:
    return make_user("wang", department=market, role="clerk", email="wang@example.org", language="en")


@pytest.fixture
def li(market: Department) -> User:
    return make_user("li", department=market, role="clerk")


@pytest.fixture
def client(wang: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(wang)
    return client


def bell(client: Client) -> str:
    """What the bell in the header of pages is told when it asks, without markup."""
    address = client.get("/admin/").content.decode().split('hx-get="')[1].split('"')[0]
    return strip_tags(client.get(address).content.decode()).strip()


def notice_of(user: User) -> Notice:
    return Notice.objects.get(recipient=user)


# Who sees it


def test_a_person_reads_the_own_notices_newest_first(client: Client, wang: User, li: User) -> None:
    tell(wang, number="YY-1")
    tell(wang, number="YY-2")
    tell(li, number="YY-3")
    page = client.get(LIST).content.decode()
    assert page.index("YY-2") < page.index("YY-1")
    assert "being checked" in page and "YY-3" not in page


def test_the_notice_of_another_is_not_there(client: Client, wang: User, li: User) -> None:
    tell(li)
    assert client.get(f"{LIST}{notice_of(li).pk}/change/").status_code == 404
    assert notice_of(li).read_at is None
    with acting_as(wang):
        assert not Notice.objects.exists()
        assert not Notice.objects.update(read_at=timezone.now())
    with acting_as(li):
        assert Notice.objects.count() == 1


def test_the_database_lets_nobody_write_or_remove_notices(wang: User) -> None:
    tell(wang)
    with acting_as(wang):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Notice.objects.create(recipient=wang, kind=CASE_WAITS.code)
        assert Notice.objects.all()._raw_delete("default") == 0


@pytest.mark.no_context
def test_without_a_person_there_are_no_notices(wang: User) -> None:
    tell(wang)
    assert not Notice.objects.exists()


@pytest.mark.parametrize("role", ["system-administrator", "security-administrator", "audit-administrator"])
def test_administrators_have_notices_too(role: str) -> None:
    person = make_user(role=role, department=make_department("zhengzhou", kind=Department.Kind.GOVERNMENT))
    client = Client()
    client.force_login(person)
    tell(person)
    assert "YY-7" in client.get(LIST).content.decode()


# Reading


def test_the_bell_counts_what_is_unread(client: Client, wang: User) -> None:
    assert bell(client) == ""
    tell(wang)
    tell(wang)
    assert bell(client) == "2"
    for _number in range(98):
        tell(wang, mail=False)
    assert bell(client) == "99+"


def test_who_has_no_role_has_no_bell(market: Department) -> None:
    client = Client()
    client.force_login(make_user(department=market))
    assert "cc-bell" not in client.get("/admin/").content.decode()


def test_opening_leads_to_the_page_and_marks_as_read(client: Client, wang: User, market: Department) -> None:
    tell(wang, link=Link("admin:departments_department_change", [market.pk]))
    answer = client.get(f"{LIST}{notice_of(wang).pk}/change/")
    assert answer["Location"] == f"/admin/departments/department/{market.pk}/change/"
    first = notice_of(wang).read_at
    assert first is not None
    client.get(f"{LIST}{notice_of(wang).pk}/change/")
    assert notice_of(wang).read_at == first


def test_a_page_that_is_no_more_leads_back_to_the_list(client: Client, wang: User) -> None:
    tell(wang)
    Notice.objects.update(link_name="admin:page_of_an_old_release")
    assert client.get(f"{LIST}{notice_of(wang).pk}/change/")["Location"] == LIST


def test_all_are_marked_as_read_by_a_post_and_only_the_own(client: Client, wang: User, li: User) -> None:
    for person in (wang, wang, li):
        tell(person)
    assert client.get(f"{LIST}read-all/").status_code == 405
    page = client.post(f"{LIST}read-all/", follow=True).content.decode()
    assert "2 notices marked as read" in page
    assert not Notice.objects.filter(recipient=wang).unread() and Notice.objects.filter(recipient=li).unread()
    assert "YY-7" not in client.get(f"{LIST}?unread=1").content.decode()


def test_it_is_read_in_the_language_of_the_reader(wang: User) -> None:
    with translation.override("en"):
        notify([wang], kind=WEBHOOK_FAILS, parameters={"name": "county", "failure": "timeout"})
        assert notice_of(wang).title == "A webhook does not answer" and "no answer in time" in notice_of(wang).text
    with translation.override("zh-hans"):
        assert notice_of(wang).title == "Webhook 无应答" and "超时未应答" in notice_of(wang).text


def test_what_parameters_hold_is_text_and_never_markup(client: Client, wang: User) -> None:
    tell(wang, person="<script>alert(1)</script>")
    page = client.get(LIST).content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_a_kind_that_no_app_knows_any_more_is_shown_by_its_code(client: Client, wang: User) -> None:
    tell(wang)
    Notice.objects.update(kind="of-an-old-release")
    assert "of-an-old-release" in client.get(LIST).content.decode()


# Sending


def test_the_same_reminder_is_sent_once(wang: User, li: User) -> None:
    assert tell(wang, once="YY-7 tomorrow") == 1
    assert tell(wang, li, wang, once="YY-7 tomorrow") == 1, "only to whoever has not had it"
    assert tell(wang, once="YY-7 today") == 1
    assert tell(wang) == tell(wang) == 1, "without a key each is told"
    assert Notice.objects.filter(recipient=li).count() == 1


def test_who_may_write_no_row_tells_others(wang: User, li: User) -> None:
    with acting(user_id=li.pk):
        assert tell(wang) == 1


def test_nobody_is_told_what_was_rolled_back(wang: User) -> None:
    with transaction.atomic():
        tell(wang)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="notices.send_mail").exists()


def test_who_has_left_is_not_told(wang: User) -> None:
    User.objects.update(is_active=False)
    wang.refresh_from_db()
    assert tell(wang) == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"kind": kinds.NoticeKind("nobody-registered-this", "x", "x")}, ValueError),
        ({"parameters": {"number": "1"}}, KeyError),
        ({"parameters": {name: gettext_lazy("x") for name in ("number", "person", "stage", "due")}}, TypeError),
        ({"link": Link("admin:no_such_page")}, NoReverseMatch),
    ],
)
def test_a_notice_that_could_not_be_read_is_not_sent(wang: User, change: dict[str, Any], error: type) -> None:
    whole: dict[str, Any] = {
        "kind": CASE_WAITS,
        "parameters": {"number": "1", "person": "x", "stage": "check", "due": datetime.date(2026, 12, 29)},
    }
    assert notify([wang], **whole) == 1
    with pytest.raises(error):
        notify([wang], **(whole | change))
    assert Notice.objects.count() == 1


def test_two_kinds_do_not_share_a_code() -> None:
    with pytest.raises(ValueError, match="test-case-waits"):
        kinds.register(kinds.NoticeKind("test-case-waits", "Another", "text"))


# Mail


def mail_jobs() -> list[int]:
    jobs = ProcrastinateJob.objects.filter(task_name="notices.send_mail").order_by("pk")
    return [job.args["notice_id"] for job in jobs]


def test_a_mail_goes_to_whoever_has_an_address(wang: User, li: User) -> None:
    tell(wang, li)
    assert mail_jobs() == [notice_of(wang).pk]
    tell(wang, mail=False)
    assert len(mail_jobs()) == 1


def test_the_mail_names_the_case_and_the_way_to_it_and_nobody(wang: User, settings: Any) -> None:
    settings.PUBLIC_URL = "https://credit.example/"
    tell(wang)
    tasks.send_mail(notice_id=notice_of(wang).pk)
    (sent,) = mail.outbox
    assert sent.to == ["wang@example.org"]
    assert sent.subject == "Credit City: A case waits for you YY-7"
    assert f"https://credit.example/admin/notices/notice/{notice_of(wang).pk}/change/" in sent.body
    assert "张三" not in sent.subject + sent.body


def test_the_mail_is_in_the_language_of_its_reader(wang: User, settings: Any) -> None:
    settings.PUBLIC_URL = ""
    tell(wang, number="YY-7\nBcc: everybody@example.org")
    for language in ("en", ""):
        wang.language = language
        wang.save()
        tasks.send_mail(notice_id=notice_of(wang).pk)
    english, chinese = mail.outbox
    assert "open “My notices”" in english.body and "我的通知" in chinese.body
    assert all("\n" not in each.subject and each.bcc == [] for each in mail.outbox)


def test_no_mail_follows_a_notice_that_was_read(wang: User) -> None:
    tell(wang)
    Notice.objects.all().mark_read()
    tasks.send_mail(notice_id=notice_of(wang).pk)
    assert not mail.outbox


def test_what_was_read_long_ago_is_removed_at_night(wang: User, settings: Any) -> None:
    for number in ("old", "young", "unread"):
        tell(wang, number=number)
    days = datetime.timedelta(days=1)
    old, young, unread = Notice.objects.order_by("pk")
    now = timezone.now()
    Notice.objects.filter(pk=old.pk).update(read_at=now - (settings.NOTICE_DAYS + 1) * days)
    Notice.objects.filter(pk=young.pk).update(read_at=now - (settings.NOTICE_DAYS - 1) * days)
    Notice.objects.filter(pk=unread.pk).update(created_at=now - 1000 * days)
    tasks.remove_old(timestamp=0)
    assert set(Notice.objects.values_list("pk", flat=True)) == {young.pk, unread.pk}
