"""The audit administrator reads who looked at whom, and leaves an entry by doing so; nobody else reads it."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.context import every_department
from apps.audit.entries import AccessEntry
from apps.departments.terms import ADMINISTRATORS, Role
from apps.subjects import merging
from apps.subjects.looked_at import who_looked_at
from tests.audit.reading import entries
from tests.factories import make_department, make_user
from tests.subjects.factories import identity_number, subject, uscc, user
from tests.subjects.test_access_log import make_person
from tests.subjects.test_admin import NUMBER, OFFICER, find

pytestmark = pytest.mark.django_db
LOG = reverse("admin:audit_accessentry_changelist")
BY_DOCUMENT = reverse("admin:audit_accessentry_person")
EXPORT = reverse("admin:audit_accessentry_export")
How = AccessEntry.How


def logged_in(who):
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(who)
    return client


@pytest.fixture
def office():
    return make_department("market", name="市场监督管理局")


@pytest.fixture
def reader(office):
    """Somebody whose readings are looked into."""
    return user("reader", *OFFICER, department=office)


@pytest.fixture
def auditor():
    return logged_in(make_user("auditor", role=Role.AUDIT_ADMINISTRATOR, is_staff=True))


def look_at(who, number=NUMBER):
    client = logged_in(who)
    client.get(find(client, number)["Location"])


def listed(client, **query):
    return [entry.pk for entry in client.get(LOG, query).context["cl"].result_list]


class TestWhoMayRead:
    @pytest.mark.parametrize("role", [role for role in Role if role != Role.AUDIT_ADMINISTRATOR])
    def test_no_other_role(self, role):
        root = make_department("zhengzhou", kind="government")
        slug = {Role.CENTRE_OFFICER: "credit-centre", Role.OFFICE_LEAD: "leading-group-office"}.get(role, "market")
        department = None if role in ADMINISTRATORS else make_department(slug, parent=root)
        client = logged_in(make_user(role=role, department=department, is_staff=True))
        make_person()
        look_at(user("reader", *OFFICER))
        entry = entries()[0]
        for address in (LOG, BY_DOCUMENT, EXPORT, reverse("admin:audit_accessentry_change", args=[entry.pk])):
            assert client.get(address).status_code in {403, 404}
        assert LOG not in client.get(reverse("admin:index")).text

    def test_nobody_writes_it(self, auditor, reader):
        make_person()
        look_at(reader)
        address = reverse("admin:audit_accessentry_change", args=[entries()[0].pk])
        assert auditor.post(address, {"how": "list"}).status_code == 403
        assert auditor.post(reverse("admin:audit_accessentry_delete", args=[entries()[0].pk])).status_code == 404
        assert auditor.get(reverse("admin:audit_accessentry_add")).status_code == 403


class TestTheList:
    def test_names_who_when_how_and_what_for(self, auditor, reader):
        person = make_person()
        look_at(reader)
        shown = auditor.get(LOG).text
        for text in (str(reader), "市场监督管理局", "录入或核对信用记录", f"#{person.pk}"):
            assert text in shown
        assert "欧阳" not in shown and NUMBER[-4:] not in shown
        assert LOG in auditor.get(reverse("admin:index")).text

    def test_filters(self, auditor, reader, office):
        make_person()
        look_at(reader)
        search, opened = (entry.pk for entry in entries())
        assert listed(auditor, how__exact="search") == [search]
        assert set(listed(auditor, department=office.pk, purpose__exact="record")) == {search, opened}
        assert listed(auditor, department=make_department("other").pk) == []
        assert set(listed(auditor, q="reader")) == {search, opened}
        assert listed(auditor, q="nobody") == []

    def test_by_document(self, auditor, reader):
        person, other = make_person(), make_person(identity_number(8), "别人")
        look_at(reader)
        look_at(reader, identity_number(8))
        first, second, third, fourth = (entry.pk for entry in entries())
        answer = auditor.post(BY_DOCUMENT, {"document_kind": "身份证", "number": NUMBER})
        assert answer["Location"] == f"{LOG}?about={person.pk}"
        # The audit administrator's own search is the newest.
        assert listed(auditor, about=person.pk)[1:] == [second, first]
        assert listed(auditor, about=other.pk) == [fourth, third]
        for wrong in ("x", "9" * 30, "-1"):
            assert listed(auditor, about=wrong) == []

    def test_searches_for_a_number_before_it_was_on_record(self, auditor, reader):
        client = logged_in(reader)
        find(client)
        find(client, identity_number(8))
        answer = auditor.post(BY_DOCUMENT, {"document_kind": "身份证", "number": NUMBER})
        assert listed(auditor, sought=answer["Location"].split("sought=")[1])[-1:] == [entries()[0].pk]
        assert listed(auditor, sought="zz") == []

    def test_by_unified_code(self, auditor, reader):
        one, _other = subject(1), subject(2)
        values = {"how": How.VIEW, "channel": "admin", "model": "records.record", "at": timezone.now()}
        with every_department():
            entry = AccessEntry.objects.create(subjects=[one.pk], **values)
        assert listed(auditor, q=uscc(1)) == [entry.pk]
        assert listed(auditor, q=uscc(2)) == []

    def test_a_merged_person_is_found_with_the_other(self, auditor, reader):
        one, other = make_person(), make_person(identity_number(8), "欧阳同")
        look_at(reader)
        look_at(reader, identity_number(8))
        before = {entry.pk for entry in entries()}
        merging.merge_subjects(user=reader, duplicate=other, remaining=one, reason="同一人")
        for key in (one.pk, other.pk):
            assert set(listed(auditor, about=key)) >= before

    def test_a_bounded_number_of_queries(self, auditor, reader, django_assert_max_num_queries):
        make_person()
        for _ in range(5):
            look_at(reader)
        auditor.get(LOG)
        with django_assert_max_num_queries(30):
            auditor.get(LOG)


class TestReadingLeavesAnEntry:
    def test_the_list_the_page_and_the_file(self, auditor, reader):
        person = make_person()
        look_at(reader)
        search, opened = entries()
        auditor.get(LOG, {"about": person.pk})
        auditor.get(reverse("admin:audit_accessentry_change", args=[opened.pk]))
        list(auditor.post(f"{EXPORT}?how__exact=search", {"format": "1", "resource": "0"}).streaming_content)
        found = [(each.how, each.model, each.objects_shown, each.subjects, each.purpose) for each in entries()[2:]]
        assert found == [
            (How.LIST, "audit.accessentry", sorted([search.pk, opened.pk]), [person.pk], "supervision"),
            (How.VIEW, "audit.accessentry", [opened.pk], [person.pk], "supervision"),
            (How.EXPORT, "audit.accessentry", [search.pk], [], "supervision"),
        ]

    def test_the_search_by_document(self, auditor):
        person = make_person()
        auditor.post(BY_DOCUMENT, {"document_kind": "身份证", "number": NUMBER})
        (entry,) = entries()
        assert (entry.subjects, entry.purpose) == ([person.pk], "supervision")


class TestTheFile:
    def test_nothing_in_it_is_a_formula(self, auditor, office):
        reader = user("formula", *OFFICER, department=office)
        reader.name = "=HYPERLINK(1)"
        reader.save()
        make_person()
        look_at(reader)
        answer = auditor.post(EXPORT, {"format": "1", "resource": "0"})
        rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
        assert len(rows) == 3
        assert rows[1][1].startswith("'=HYPERLINK") and rows[1][2] == "市场监督管理局"


class TestWhoLookedAt:
    def test_departments_and_purposes_newest_first(self, reader, office):
        person, other = make_person(), make_person(identity_number(8), "欧阳同")
        look_at(reader)
        merging.merge_subjects(user=reader, duplicate=person, remaining=other, reason="同一人")
        looks = who_looked_at(other)
        assert [(look.department, look.how, look.purpose) for look in looks] == [
            (office, How.VIEW, "record"),
            (office, How.SEARCH, "record"),
        ]
        assert looks[0].at >= looks[1].at
        assert not hasattr(looks[0], "reader_id")
        assert who_looked_at(subject(3)) == []
