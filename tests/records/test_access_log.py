"""Reading records about persons, and restricted ones, leaves one entry for each answer; reading others leaves none."""

import io
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from apps.audit.context import acting
from apps.audit.entries import AccessEntry
from apps.catalogue.models import InformationItem
from apps.records.attachments import attach
from apps.records.models import Record
from tests.audit.reading import entries, only_entry
from tests.subjects import factories as subjects

from .factories import Office, enter, enter_about_person, item, put
from .files import PDF, upload
from .test_pages import logged_in, page

LIST = reverse("admin:records_record_changelist")
EXPORT = reverse("admin:records_record_export")
How = AccessEntry.How


@pytest.fixture
def clerk(market: Office) -> Client:
    return logged_in(market.clerk)


@pytest.fixture
def viewer(market: Office) -> Client:
    return logged_in(market.viewer)


@pytest.fixture
def record(market: Office) -> Record:
    return put(enter_about_person(market), "submitted")


def restrict(record: Record, disclosure: str) -> None:
    InformationItem.objects.filter(pk=record.item_id).update(disclosure=disclosure)


class TestEachDoor:
    @pytest.mark.parametrize(
        ("name", "arguments", "how"),
        [
            ("change", (), How.VIEW),
            ("history", (), How.HISTORY),
            ("correct", (), How.VIEW),
            ("do", ("withdraw",), None),
        ],
    )
    def test_pages_of_one_record(
        self, clerk: Client, market: Office, record: Record, name: str, arguments: tuple[str, ...], how: str | None
    ) -> None:
        answer = clerk.get(page(record, name, *arguments))
        if how is None:
            # A clerk may not withdraw: the answer leads away and shows nothing.
            assert answer.status_code == 302 and not entries()
            return
        assert answer.status_code == 200
        entry = only_entry()
        assert (entry.how, entry.model, entry.objects_shown, entry.subjects) == (
            how,
            "records.record",
            [record.pk],
            [record.subject_id],
        )
        assert (entry.reader_id, entry.department_id) == (market.clerk.pk, market.department.pk)
        assert (entry.channel, entry.purpose) == ("admin", "record")
        assert entry.request_id

    def test_a_list_is_one_entry_with_the_persons_on_the_page(
        self, clerk: Client, market: Office, record: Record
    ) -> None:
        other = enter_about_person(market)
        enter(market)
        assert clerk.get(LIST).status_code == 200
        entry = only_entry()
        assert (entry.how, entry.purpose) == (How.LIST, "")
        assert set(entry.objects_shown) == {record.pk, other.pk}
        assert set(entry.subjects) == {record.subject_id, other.subject_id}

    def test_a_search_is_told_from_a_list_and_its_words_are_not_kept(
        self, clerk: Client, market: Office, record: Record
    ) -> None:
        enter_about_person(market)
        clerk.get(LIST, {"q": record.document_number})
        assert (only_entry().how, only_entry().objects_shown) == (How.SEARCH, [record.pk])
        assert record.document_number not in str(vars(only_entry()))

    def test_a_page_of_the_list_and_no_more(self, clerk: Client, market: Office, monkeypatch: Any) -> None:
        from apps.records.admin import RecordAdmin

        monkeypatch.setattr(RecordAdmin, "list_per_page", 2)
        found = [enter_about_person(market) for _ in range(3)]
        clerk.get(LIST, {"p": 2})
        assert only_entry().objects_shown == [found[0].pk]

    def test_a_file_attached_to_it(self, clerk: Client, market: Office, record: Record) -> None:
        (attachment,) = attach(record, [upload("决定书.pdf", PDF)], market.clerk)
        answer = clerk.get(page(record, "download", attachment.pk))
        assert b"".join(answer.streaming_content) == PDF
        assert (only_entry().how, only_entry().subjects) == (How.DOWNLOAD, [record.subject_id])

    def test_the_desk(self, clerk: Client, market: Office) -> None:
        draft = enter_about_person(market)
        assert draft.document_number in clerk.get(reverse("admin:index")).text
        assert (only_entry().how, only_entry().objects_shown) == (How.LIST, [draft.pk])

    def test_the_history_of_a_record_that_is_gone(self, clerk: Client, market: Office) -> None:
        draft = enter_about_person(market)
        subject, key = draft.subject_id, draft.pk
        draft.delete()
        answer = clerk.get(reverse("admin:records_record_history", args=[key]))
        assert answer.status_code == 200
        assert (only_entry().objects_shown, only_entry().subjects) == ([key], [subject])


class TestExport:
    def send(self, client: Client, **values: str) -> Any:
        return client.post(EXPORT, {"format": "0", "resource": "0", **values})

    def test_persons_leave_only_for_a_purpose(self, clerk: Client, market: Office, record: Record) -> None:
        enter(market)
        answer = self.send(clerk)
        assert answer["Content-Type"].startswith("text/html")
        assert "自然人" in answer.text and record.document_number not in answer.text
        assert not entries()
        answer = self.send(clerk, purpose="supervision", matter="郑信办函〔2026〕12号")
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        assert sheet is not None and sheet.max_row == 3
        entry = only_entry()
        assert (entry.how, entry.objects_shown, entry.subjects) == (How.EXPORT, [record.pk], [record.subject_id])
        assert (entry.purpose, entry.matter) == ("supervision", "郑信办函〔2026〕12号")

    def test_organisations_leave_without_one(self, clerk: Client, market: Office) -> None:
        enter(market)
        assert self.send(clerk)["Content-Disposition"].startswith("attachment;")
        assert not entries()

    @pytest.mark.parametrize("matter", ["410102199001011234", "电话 138 0013 8000", "张小明"])
    def test_the_matter_is_no_place_for_persons(self, clerk: Client, record: Record, matter: str) -> None:
        answer = self.send(clerk, purpose="supervision", matter=matter)
        assert answer["Content-Type"].startswith("text/html") and not entries()

    def test_an_open_item_named_beside_a_restricted_one_hides_nothing(self, clerk: Client, market: Office) -> None:
        closed, opened = enter(market), enter(market)
        with acting(reason="属另一事项"):
            Record.objects.filter(pk=closed.pk).update(item=item("penalty-person"))
        closed = Record.objects.get(pk=closed.pk)
        restrict(closed, "shared")
        for first, last in ((closed, opened), (opened, closed)):
            query = "&".join(f"item__id__exact={record.item_id}" for record in (first, last))
            answer = clerk.post(f"{EXPORT}?{query}", {"format": "1", "resource": "0"})
            content = b"".join(answer.streaming_content).decode()
            assert closed.document_number in content and opened.document_number in content
        assert [entry.objects_shown for entry in entries()] == [[closed.pk], [closed.pk]]


class TestPurpose:
    def test_a_viewer_says_once_what_for(self, viewer: Client, market: Office, record: Record) -> None:
        asked = viewer.get(page(record))
        assert asked.status_code == 302 and not entries()
        answer = viewer.get(asked["Location"])
        assert record.document_number not in answer.text and "诸葛" not in answer.text
        assert viewer.post(asked["Location"], {"purpose": ""}).status_code == 200
        answer = viewer.post(asked["Location"], {"purpose": "decision"}, follow=True)
        assert record.document_number in answer.text
        assert viewer.get(page(record, "history")).status_code == 200
        assert [entry.purpose for entry in entries()] == ["decision", "decision"]
        other = put(enter_about_person(market), "submitted")
        assert viewer.get(page(other)).status_code == 302

    def test_it_holds_for_the_day_and_the_session(self, viewer: Client, market: Office, record: Record) -> None:
        asked = viewer.get(page(record))["Location"]
        viewer.post(asked, {"purpose": "decision"})
        session = viewer.session
        session["purposes"] = session["purposes"] | {"day": "2026-01-01"}
        session.save()
        assert viewer.get(page(record)).status_code == 302

    def test_it_is_not_asked_for_a_record_one_may_not_see(self, viewer: Client, tax: Office) -> None:
        foreign = put(enter_about_person(tax), "submitted")
        assert viewer.get(page(foreign)).status_code == 404
        asked = reverse("admin:subjects_person_purpose", args=[foreign.subject_id])
        assert viewer.get(asked).status_code == 404

    def test_it_leads_to_no_other_site(self, viewer: Client, record: Record) -> None:
        asked = reverse("admin:subjects_person_purpose", args=[record.subject_id])
        for address in ("https://example.org/", "//example.org/", "javascript:alert(1)"):
            answer = viewer.post(f"{asked}?next={address}", {"purpose": "decision"})
            assert answer["Location"] == reverse("admin:subjects_subject_change", args=[record.subject_id])

    def test_nobody_is_asked_for_organisations(self, viewer: Client, market: Office) -> None:
        assert viewer.get(page(put(enter(market), "submitted"))).status_code == 200


class TestWhatIsNoPersonsRow:
    def test_records_about_organisations_leave_nothing(self, clerk: Client, market: Office) -> None:
        record = enter(market)
        business = subjects.subject(5, kind="individual_business", uscc=subjects.uscc(5, start="92"))
        other = enter(market, subject=business, subject_category="个体工商户")
        (attachment,) = attach(record, [upload("决定书.pdf", PDF)], market.clerk)
        for address in (
            LIST,
            f"{LIST}?q=郑州",
            page(record),
            page(other),
            page(record, "history"),
            page(record, "download", attachment.pk),
            reverse("admin:index"),
        ):
            assert clerk.get(address).status_code == 200
        assert not entries()

    @pytest.mark.parametrize("disclosure", ["shared", "authorised"])
    def test_but_restricted_ones_leave_theirs(self, clerk: Client, market: Office, disclosure: str) -> None:
        record = enter(market)
        restrict(record, disclosure)
        clerk.get(LIST)
        clerk.get(page(record))
        assert [(entry.how, entry.objects_shown, entry.subjects) for entry in entries()] == [
            (How.LIST, [record.pk], [record.subject_id]),
            (How.VIEW, [record.pk], [record.subject_id]),
        ]

    def test_and_so_do_confidential_values_where_they_are_opened(self, clerk: Client, market: Office) -> None:
        record = enter(
            market,
            legal_representative="张小明",
            representative_document_kind="身份证",
            representative_document_number=subjects.identity_number(17),
        )
        clerk.get(LIST)
        assert not entries()
        clerk.get(page(record))
        assert only_entry().objects_shown == [record.pk]


class TestWhatWasNotShown:
    def test_refused_missing_and_left_pages_leave_nothing(
        self, clerk: Client, market: Office, tax: Office, record: Record
    ) -> None:
        foreign = put(enter_about_person(tax), "submitted")
        assert clerk.get(page(foreign)).status_code == 404
        assert clerk.post(page(record)).status_code == 403
        assert clerk.get(f"{LIST}?nonsense=1").status_code == 302
        assert not entries()

    def test_a_page_that_fails_leaves_nothing(self, market: Office, record: Record, monkeypatch: Any) -> None:
        from apps.records.admin import pages

        def fail(history: Any) -> None:
            raise RuntimeError

        client = logged_in(market.clerk)
        client.raise_request_exception = False
        monkeypatch.setattr(pages, "timeline", fail)
        assert client.get(page(record)).status_code == 500
        assert not entries()

    def test_what_cannot_be_logged_is_not_shown(self, market: Office, record: Record, monkeypatch: Any) -> None:
        client = logged_in(market.clerk)
        client.raise_request_exception = False
        monkeypatch.setattr(AccessEntry._meta, "db_table", "no_such_table")
        answer = client.get(page(record))
        assert answer.status_code == 500 and record.document_number not in answer.text

    def test_a_form_that_is_refused_shows_the_record_again(self, clerk: Client, market: Office) -> None:
        draft = enter_about_person(market)
        assert clerk.post(page(draft), {"_save": "1", "version": "1"}).status_code == 200
        assert only_entry().objects_shown == [draft.pk]
