"""What people are told about their logins, and what the audit administrator reads."""

import datetime

import psycopg
import pytest
from django.core import mail
from django.db import ProgrammingError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.accounts.models import LoginEvent, Notice
from apps.accounts.tasks import send_notice
from tests.factories import make_department, make_user

from .factories import errors, events, log_in, person, told, web

pytestmark = pytest.mark.django_db


def test_each_login_tells_of_the_last_one_and_of_failures_since() -> None:
    person("wang")
    client = web("10.0.0.1")
    assert told(log_in(client, "wang")) == ""
    client.post("/admin/logout/")
    for _attempt in range(2):
        errors(log_in(web("10.6.6.6"), "wang", "nonsense"))
    text = told(log_in(client, "wang"))
    assert "from 10.0.0.1, Firefox · Windows" in text
    assert "2 failed attempts" in text
    client.get("/admin/")
    client.post("/admin/logout/")
    assert "failed" not in told(log_in(client, "wang"))


def test_a_new_device_or_address_is_told_until_noted() -> None:
    user = person("wang")
    usual = web("10.0.0.1")
    log_in(usual, "wang")
    assert not Notice.objects.exists(), "the first login ever is no news"
    usual.post("/admin/logout/")
    log_in(usual, "wang")
    assert not Notice.objects.exists()
    log_in(web("10.0.0.1"), "wang")
    assert Notice.objects.count() == 1, "a new device at the same address"
    usual.post("/admin/logout/")
    usual.defaults["REMOTE_ADDR"] = "10.8.8.8"
    log_in(usual, "wang")
    assert user.login_notices.count() == 2, "the same device at a new address"
    page = usual.get("/admin/").content.decode()
    assert "login from a new device or address" in page and "10.8.8.8" in page
    usual.post("/admin/account/notices/dismiss/")
    assert "login from a new device" not in usual.get("/admin/").content.decode()
    assert events(user).count("login") == 4, "the log keeps what was noted"


def test_a_notice_goes_out_by_mail_in_the_persons_language() -> None:
    user = person("wang", email="wang@example.org", language="en")
    event = LoginEvent.objects.create(user=user, kind="password-changed", address="10.0.0.1")
    send_notice(event_id=event.pk)
    user.language = ""
    user.save()
    send_notice(event_id=event.pk)
    english, chinese = mail.outbox
    assert english.to == ["wang@example.org"]
    assert "password changed" in english.subject and "10.0.0.1" in english.body
    assert "密码已修改" in chinese.subject and "您好" in chinese.body


def test_a_change_of_password_queues_a_mail_with_it() -> None:
    person("wang", email="wang@example.org")
    client = web()
    log_in(client, "wang")
    client.post(
        "/admin/password_change/",
        {
            "old_password": "correct-horse-battery",
            "new_password1": "Brand-new-pass-9",
            "new_password2": "Brand-new-pass-9",
        },
    )
    job = ProcrastinateJob.objects.get(task_name="accounts.send_notice")
    assert LoginEvent.objects.get(pk=job.args["event_id"]).kind == "password-changed"


def test_logins_and_logouts_are_on_record() -> None:
    user = person("wang")
    client = web("10.0.0.1")
    log_in(client, "wang")
    client.post("/admin/logout/")
    assert events(user) == ["login", "logout"]
    assert set(LoginEvent.objects.values_list("address", flat=True)) == {"10.0.0.1"}


@pytest.mark.parametrize(
    ("role", "status"),
    [("audit-administrator", 200), ("system-administrator", 403), ("security-administrator", 403)],
)
def test_the_audit_administrator_alone_reads_the_log(role: str, status: int) -> None:
    root = make_department("zhengzhou", kind="government")
    person("wang")
    log_in(web("10.4.4.4"), "wang")
    event = LoginEvent.objects.get()
    client = web()
    client.force_login(make_user(department=root, role=role))
    page = client.get("/admin/accounts/loginevent/?q=wang")
    assert page.status_code == status
    assert ("10.4.4.4" in page.content.decode()) == (status == 200)
    if status == 200:
        assert client.get(f"/admin/accounts/loginevent/{event.pk}/change/").status_code == 200
        for address in ("add/", f"{event.pk}/delete/"):
            assert client.get(f"/admin/accounts/loginevent/{address}").status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["eve", "first", "last", "after"]),
        ("?at_from=2026-07-01&at_to=2026-07-02", ["first", "last"]),
        ("?at_from=2026-07-01", ["first", "last", "after"]),
        ("?at_to=2026-07-02", ["eve", "first", "last"]),
    ],
)
def test_the_log_of_some_days_as_the_clocks_in_shanghai_go(query: str, found: list[str]) -> None:
    root = make_department("zhengzhou", kind="government")
    for at, detail in (
        ("2026-06-30T15:59:59Z", "eve"),
        ("2026-06-30T16:00:00Z", "first"),
        ("2026-07-02T15:59:59Z", "last"),
        ("2026-07-02T16:00:00Z", "after"),
    ):
        LoginEvent.objects.create(kind="failure", at=datetime.datetime.fromisoformat(at), detail=f"detail-{detail}")
    client = web()
    client.force_login(make_user(department=root, role="audit-administrator"))
    page = client.get(f"/admin/accounts/loginevent/{query}").content.decode()
    assert [name for name in ("eve", "first", "last", "after") if f"detail-{name}" in page] == found


@pytest.mark.parametrize("query", ["?at_from=never", "?at_to=9999-12-31", "?at_from=0001-01-01"])
def test_a_day_that_is_none_is_refused_in_words(query: str) -> None:
    root = make_department("zhengzhou", kind="government")
    client = web()
    client.force_login(make_user(department=root, role="audit-administrator"))
    assert client.get(f"/admin/accounts/loginevent/{query}", follow=True).status_code == 200


def test_the_application_adds_lines_and_never_changes_one() -> None:
    LoginEvent.objects.create(kind="failure")
    for statement in (
        "UPDATE accounts_loginevent SET kind = 'login'",
        "DELETE FROM accounts_loginevent",
        "TRUNCATE accounts_loginevent CASCADE",
    ):
        with pytest.raises(ProgrammingError) as refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)
