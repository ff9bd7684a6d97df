"""Looking for persons and opening their pages leaves its traces, without number, name or words."""

import pytest
from django.urls import reverse

from apps.audit.entries import AccessEntry
from apps.subjects import actions, merging
from apps.subjects.models import Subject, SubjectMerge
from tests.audit.reading import entries, only_entry
from tests.subjects.factories import identity_number, subject, user
from tests.subjects.test_admin import NUMBER, OFFICER, find, page, person_pages

pytestmark = pytest.mark.django_db
How = AccessEntry.How


def make_person(number: str = NUMBER, name: str = "欧阳测试") -> Subject:
    return Subject.objects.get(pk=actions.register_person(document_kind="身份证", number=number, name=name).subject_id)


@pytest.fixture
def officer(client):
    made = user("officer", *OFFICER)
    client.force_login(made)
    return made


@pytest.fixture
def person():
    return make_person()


class TestSearching:
    def test_a_hit_is_logged_though_the_answer_only_leads_on(self, client, officer, person):
        assert find(client, purpose="request").status_code == 302
        entry = only_entry()
        assert (entry.how, entry.model, entry.subjects) == (How.SEARCH, "subjects.subject", [person.pk])
        assert (entry.reader_id, entry.purpose, entry.sought) == (officer.pk, "request", None)

    def test_a_miss_keeps_a_fingerprint_of_its_own(self, client, officer):
        assert find(client).status_code == 200
        entry = only_entry()
        assert (entry.how, entry.subjects, len(bytes(entry.sought))) == (How.SEARCH, [], 32)
        person = make_person()
        assert bytes(entry.sought) != bytes(person.person.key.fingerprint)
        assert find(client, identity_number(8)).status_code == 200
        assert bytes(entries()[1].sought) != bytes(entry.sought)

    def test_a_number_that_cannot_be_is_not_searched_for(self, client, officer):
        find(client, "410102199001011235")
        assert not entries()

    def test_nothing_typed_is_kept(self, client, officer, person):
        find(client)
        find(client, identity_number(8))
        for address in person_pages(person):
            client.get(address)
        kept = str([vars(entry) for entry in entries()])
        for secret in (NUMBER, NUMBER[6:14], identity_number(8), "欧阳"):
            assert secret not in kept


class TestPages:
    def test_the_page_and_the_history_of_a_person(self, client, officer, person):
        find(client, purpose="request")
        for address in person_pages(person):
            assert client.get(address).status_code == 200
        assert [(entry.how, entry.subjects, entry.purpose) for entry in entries()[1:]] == [
            (How.VIEW, [person.pk], "request"),
            (How.HISTORY, [person.pk], "request"),
        ]

    def test_merging_and_the_list_of_merges_name_both(self, client, officer, person):
        other = make_person(identity_number(8), "欧阳另")
        find(client)
        find(client, identity_number(8))
        client.get(page("subject_merge", person.pk))
        client.get(f"{page('subject_merge', person.pk)}?with={other.pk}")
        assert [set(entry.subjects) for entry in entries()[2:]] == [{person.pk, other.pk}] * 2
        merging.merge_subjects(user=officer, duplicate=other, remaining=person, reason="同一人")
        client.get(page("subjectmerge_changelist"))
        client.get(page("subjectmerge_change", SubjectMerge.objects.get().pk))
        assert [(entry.how, set(entry.subjects)) for entry in entries()[4:]] == [
            (How.LIST, {person.pk, other.pk}),
            (How.VIEW, {person.pk, other.pk}),
        ]

    def test_organisations_leave_nothing(self, client, officer):
        one, other = subject(1), subject(2)
        for address in (
            page("subject_changelist"),
            f"{page('subject_changelist')}?q=郑州",
            f"{page('subject_lookup')}?q=郑州",
            page("subject_change", one.pk),
            page("subject_history", one.pk),
            f"{page('subject_merge', one.pk)}?with={other.pk}",
            reverse("admin:index"),
        ):
            assert client.get(address).status_code == 200
        assert not entries()

    def test_whoever_may_not_open_the_page_leaves_nothing(self, client, officer, person):
        for address in person_pages(person):
            assert client.get(address).status_code == 404
        assert not entries()
