"""The clerk's and the reviewer's pages, as a browser without scripts uses them."""

import html
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.records.attachments import attach
from apps.records.entry import correct
from apps.records.models import Attachment, Record
from apps.subjects.models import Subject
from tests.subjects import factories as subjects

from . import factories
from .factories import Office, enter, penalty, put
from .files import EXE, PDF, upload

ADD = reverse("admin:records_record_add") + "?item=penalty-legal"


def logged_in(user: Any) -> Client:
    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(user)
    return client


def posted(values: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Values as the form sends them."""
    data = {f"v-{code}": value for code, value in values.items() if code != "penalty_kinds"}
    return data | {"v-penalty_kinds_choice": values["penalty_kinds"], **others}


def page(record: Record, name: str = "change", *arguments: Any) -> str:
    return reverse(f"admin:records_record_{name}", args=[record.pk, *arguments])


@pytest.fixture
def clerk(market: Office) -> Client:
    return logged_in(market.clerk)


@pytest.fixture
def reviewer(market: Office) -> Client:
    return logged_in(market.reviewer)


class TestEntering:
    @pytest.mark.parametrize(
        ("language", "note", "hint"),
        [
            ("zh-hans", "涉密决定不报送", "填写17个0加X"),
            ("en", "decisions involving state secrets", "seventeen zeros and X"),
        ],
    )
    def test_hints_are_in_the_language_of_the_page(self, clerk: Client, language: str, note: str, hint: str) -> None:
        shown = clerk.get(ADD, headers={"accept-language": language}).content.decode()
        assert note in shown and hint in shown

    def test_first_the_item_then_its_fields(self, clerk: Client, market: Office) -> None:
        chosen = clerk.get(reverse("admin:records_record_add"))
        assert "item=penalty-legal" in chosen.text and "item=tax-arrears" not in chosen.text
        form = clerk.get(ADD)
        assert 'name="v-fine_amount"' in form.text
        assert f'value="{market.department.uscc}"' in form.text
        assert clerk.get(reverse("admin:records_record_add") + "?item=tax-arrears").status_code == 404

    def test_saved_as_a_draft(self, clerk: Client, market: Office) -> None:
        answer = clerk.post(ADD, posted(penalty(market), _save="1"))
        record = Record.objects.get()
        assert answer.url == page(record)
        assert (record.state, record.author, record.data["fine_amount"]) == ("draft", market.clerk, "10000")

    def test_saved_and_submitted_with_files(self, clerk: Client, market: Office) -> None:
        clerk.post(ADD, posted(penalty(market), _submit="1", attachments=[upload("决定书.pdf"), upload("附件.pdf")]))
        record = Record.objects.get()
        assert record.state == "submitted" and record.submitted_at
        assert set(record.attachments.values_list("name", flat=True)) == {"决定书.pdf", "附件.pdf"}

    def test_errors_stand_beside_their_fields_and_what_was_typed_stays(self, clerk: Client, market: Office) -> None:
        values = penalty(market, decided_on="2025-02-30", fine_amount="", content="留下的内容")
        answer = clerk.post(ADD, posted(values, _save="1", attachments=[upload("病毒.pdf", EXE)]))
        assert answer.status_code == 200 and not Record.objects.exists()
        form = answer.context["form"]
        assert set(form.errors) == {"decided_on", "fine_amount"}
        assert answer.context["file_errors"]
        assert "2025-02-30" in answer.text and "留下的内容" in answer.text

    def test_a_duplicate_leads_to_the_first(self, clerk: Client, market: Office) -> None:
        first = enter(market)
        values = penalty(market, subject=first.subject, document_number=first.document_number)
        answer = clerk.post(ADD, posted(values, _save="1"))
        assert page(first) in answer.text and Record.objects.count() == 1

    def test_a_damaged_code_offers_the_way_out(self, clerk: Client, market: Office) -> None:
        known = subjects.subject(12345678)
        assert known.uscc
        values = penalty(
            market, subject=known, subject_uscc=known.uscc[:9] + known.uscc[10] + known.uscc[9] + known.uscc[11:]
        )
        answer = clerk.post(ADD, posted(values, _save="1"))
        assert f'value="use:{known.pk}"' in answer.text and not Record.objects.exists()
        clerk.post(ADD, posted(values, _save="1", choice=f"use:{known.pk}"))
        assert Record.objects.get().subject == known
        assert Subject.objects.count() == 1

    def test_a_person_is_never_chosen_by_number(self, clerk: Client, market: Office) -> None:
        person = Subject.objects.create(kind="natural_person", name="张*")
        values = penalty(market, subject_uscc="", subject_name="")
        clerk.post(ADD, posted(values, _save="1", choice=f"use:{person.pk}"))
        assert not Record.objects.exists()

    def test_a_viewer_does_not_enter(self, market: Office) -> None:
        viewer = logged_in(market.viewer)
        assert viewer.get(ADD).status_code == 403
        assert viewer.post(ADD, posted(penalty(market))).status_code == 403


class TestWhileTyping:
    def test_subjects_by_two_characters_and_by_code(self, clerk: Client) -> None:
        known = subjects.subject(602, name="郑州市云杉科技有限公司")
        for term in ("云杉", known.uscc, (known.uscc or "")[:10]):
            found = clerk.get(reverse("admin:records_record_lookup"), {"q": term}).json()["subjects"]
            assert [(each["name"], each["code"]) for each in found] == [(known.name, known.uscc)]
            assert found[0]["values"]["subject_category"] == "法人及非法人组织"

    def test_persons_are_not_looked_up(self, clerk: Client) -> None:
        Subject.objects.create(kind="natural_person", name="张*")
        assert clerk.get(reverse("admin:records_record_lookup"), {"q": "张*"}).json()["subjects"] == []

    def test_the_deadline_of_a_day(self, clerk: Client) -> None:
        address = reverse("admin:records_record_deadline")
        answer = clerk.get(address, {"item": "penalty-legal", "decided_on": "2025/09/26"}).json()
        assert "2025-10-13" in answer["text"] and answer["tone"] == "danger"
        assert clerk.get(address, {"item": "honours", "decided_on": "2025/09/26"}).json()["text"] == ""
        assert clerk.get(address, {"item": "penalty-legal", "decided_on": "nonsense"}).json()["text"] == ""


class TestOneRecord:
    def test_a_draft_is_a_form_and_a_submitted_one_is_read(self, clerk: Client, market: Office) -> None:
        record = enter(market)
        assert 'name="v-content"' in clerk.get(page(record)).text
        put(record, "submitted")
        shown = clerk.get(page(record)).text
        assert 'name="v-content"' not in shown and "罚款一万元" in shown
        assert clerk.post(page(record), posted(penalty(market))).status_code == 403

    def test_a_change_of_a_draft(self, clerk: Client, market: Office) -> None:
        record = enter(market)
        values = penalty(market, subject=record.subject, document_number="改后文号1号")
        clerk.post(page(record), posted(values, version="1", _submit="1"))
        record.refresh_from_db()
        assert (record.document_number, record.state, record.version) == ("改后文号1号", "submitted", 2)

    def test_an_old_page_is_told(self, clerk: Client, market: Office) -> None:
        record = enter(market)
        Record.objects.filter(pk=record.pk).update(version=2)
        answer = clerk.post(page(record), posted(penalty(market, content="旧页"), version="1", _save="1"), follow=True)
        assert [message.level_tag for message in answer.context["messages"]] == ["error"]
        assert "旧页" not in answer.text

    def test_a_correction_demands_a_reason(self, clerk: Client, market: Office) -> None:
        record = put(enter(market), "submitted")
        data = posted(penalty(market, subject=record.subject, content="更正后"), version="1")
        assert clerk.post(page(record, "correct"), data).context["reason_form"].errors
        clerk.post(page(record, "correct"), data | {"reason": "笔误"})
        record.refresh_from_db()
        assert record.data["content"] == "更正后"

    def test_confidential_values_are_masked_and_kept(self, clerk: Client, market: Office) -> None:
        number = subjects.identity_number(33)
        given = {"legal_representative": "李四", "representative_document_kind": "身份证"}
        record = enter(market, **given, representative_document_number=number)
        masked = f"{number[:3]}{'*' * 11}{number[-4:]}"
        edited = clerk.get(page(record)).text
        assert number not in edited and masked in edited
        values = penalty(market, subject=record.subject, **given)
        clerk.post(page(record), posted(values, version="1", _submit="1"))
        shown = clerk.get(page(record)).text
        assert masked in shown and number not in shown
        assert number not in clerk.get(page(record, "history")).text

    def test_the_way_to_publication(self, clerk: Client, reviewer: Client, market: Office) -> None:
        record = enter(market)
        clerk.post(page(record, "do", "submit"))
        assert page(record, "do", "publish") not in clerk.get(page(record)).text
        assert page(record, "do", "publish") in reviewer.get(page(record)).text
        reviewer.post(page(record, "do", "return"), {"do-reason": "金额不符"})
        assert "金额不符" in clerk.get(page(record)).text
        clerk.post(page(record, "do", "submit"))
        reviewer.post(page(record, "do", "publish"))
        record.refresh_from_db()
        assert (record.state, record.reviewer) == ("published", market.reviewer)
        asked = reviewer.get(page(record, "do", "withdraw")).text
        assert 'name="do-kind"' in asked and "撤回公示" in asked
        data = {"do-reason": "复议撤销", "do-kind": "revoked", "do-changed_on": "2025-10-09"}
        reviewer.post(page(record, "do", "withdraw"), data)
        record.refresh_from_db()
        assert record.state == "withdrawn"
        assert "2025-10-13" in clerk.get(page(record)).text

    def test_the_history_names_fields_as_the_catalogue_does(self, clerk: Client, market: Office) -> None:
        record = enter(market)
        values = penalty(market, subject=record.subject, content="改后内容")
        clerk.post(page(record), posted(values, version="1", _save="1"))
        shown = clerk.get(page(record, "history")).text
        assert "处罚内容" in shown and "改后内容" in shown and "罚款一万元" in shown
        assert "1 万元" in shown, "amounts in the unit of their label"

    def test_a_discarded_record_is_still_read_in_the_history(self, clerk: Client, tax: Office, market: Office) -> None:
        record = enter(market)
        address = page(record, "history")
        clerk.post(page(record, "do", "discard"), {"do-reason": "重复录入"})
        assert not Record.objects.exists()
        assert "重复录入" in clerk.get(address).text
        assert logged_in(tax.clerk).get(address).status_code == 404

    def test_english_is_complete(self, clerk: Client, market: Office) -> None:
        record = put(enter(market), "submitted")
        with translation.override("en"):
            english = Client(headers={"accept-language": "en"})
            english.force_login(market.clerk)
            assert "Content of the penalty" in english.get(page(record)).text


class TestFiles:
    def test_a_file_goes_out_as_a_download(self, clerk: Client, market: Office) -> None:
        record = enter(market)
        (kept,) = attach(record, [upload("决定书.pdf")], market.clerk)
        answer = clerk.get(page(record, "download", kept.pk))
        assert b"".join(answer.streaming_content) == PDF
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Type"] == "application/pdf"

    def test_a_file_is_reached_through_its_own_record_only(self, clerk: Client, market: Office) -> None:
        one, other = enter(market), enter(market)
        (kept,) = attach(one, [upload("决定书.pdf")], market.clerk)
        assert clerk.get(page(other, "download", kept.pk)).status_code == 404

    def test_removed_from_a_draft_only(self, clerk: Client, market: Office) -> None:
        record = enter(market)
        one, other = attach(record, [upload("甲.pdf"), upload("乙.pdf")], market.clerk)
        clerk.post(page(record, "detach", one.pk))
        assert set(Attachment.objects.all()) == {other}
        put(record, "submitted")
        clerk.post(page(record, "detach", other.pk))
        assert Attachment.objects.exists()
        assert clerk.get(page(record, "detach", other.pk)).status_code == 405


def test_persons_are_entered_and_shown_masked(clerk: Client, market: Office) -> None:
    number = subjects.identity_number(44)
    address = reverse("admin:records_record_add") + "?item=penalty-person"
    values = penalty(market) | {
        "subject_name": "欧阳小明",
        "subject_category": "自然人",
        "subject_document_kind": "身份证",
        "subject_document_number": number,
    }
    data = posted(values, _submit="1")
    data |= {"v-subject_document_kind_choice": "身份证", "v-subject_document_kind_note": ""}
    answer = clerk.post(address, data)
    record = Record.objects.get()
    assert answer.status_code == 302
    shown = clerk.get(page(record)).text
    assert "欧阳*" in shown and "欧阳小明" not in shown and number not in shown and number[-4:] in shown
    assert factories.item("penalty-person") == record.item


def test_a_reviewer_publishes_only_what_was_on_the_page(reviewer: Client, market: Office) -> None:
    record = put(enter(market), "submitted")
    address = page(record, "do", "publish")
    shown = re.search(rf'action="({re.escape(address)}[^"]*)"', reviewer.get(page(record)).text)
    assert shown
    values = penalty(market, record.subject, document_number=record.document_number, fine_amount="100")
    correct(user=market.clerk, obj=record, reason="笔误", values=values, version=1)
    answer = reviewer.post(html.unescape(shown[1]), follow=True)
    record.refresh_from_db()
    assert record.state == "submitted" and "他人已作修改" in answer.text
    assert reviewer.post(f"{address}?seen=2").status_code == 302
    record.refresh_from_db()
    assert record.state == "published"
