"""Entering a record: what is taken, what is refused, what follows of itself."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied

from apps.audit.context import acting
from apps.catalogue.models import ItemProvider
from apps.core.terms import SubjectKind
from apps.records import rules
from apps.records.counterparty import Choice
from apps.records.entry import KEEP, edit_draft, enter_record, items_for
from apps.records.errors import ChangedMeanwhile, DuplicateRecord, Refused
from apps.records.models import Record
from apps.records.sealing import open_sealed
from apps.subjects.models import PersonalData, Subject
from tests.factories import make_department
from tests.subjects import factories as subjects

from .factories import Office, enter, item, penalty


def test_a_right_row_becomes_a_draft_with_its_clocks(market: Office) -> None:
    record = enter(market)
    record.refresh_from_db()
    assert record.state == rules.DRAFT
    assert record.author == market.clerk
    # Friday 26 September 2025 and seven working days, over National Day; the 28th and 11 October are worked.
    assert record.deadline == datetime.date(2025, 10, 13)
    assert not record.deadline_provisional
    assert record.deadline_rule and record.deadline_rule.key == "publicity.deadline"
    assert record.archive_on == datetime.date(2030, 9, 26)
    assert record.data["fine_amount"] == "10000"
    assert "document_number" not in record.data
    assert record.history.get().history_user == market.clerk


def test_the_decision_itself_may_end_the_disclosure_earlier(market: Office) -> None:
    assert enter(market, disclosed_to="2026-09-26").archive_on == datetime.date(2026, 9, 26)
    assert enter(market, disclosed_to="2099/12/31").archive_on == datetime.date(2030, 9, 26)


def test_all_errors_of_a_row_come_at_once(market: Office) -> None:
    values = penalty(market, fine_amount="", decided_on="2025-02-30", content="", authority_code="")
    with pytest.raises(Refused) as caught:
        enter_record(user=market.clerk, item=item(), department=market.department, values=values)
    assert set(caught.value.message_dict) == {"fine_amount", "decided_on", "content", "authority_code"}
    assert not Record.objects.exists()


def test_only_clerks_of_the_department_enter(market: Office, tax: Office) -> None:
    for user in (market.viewer, tax.clerk):
        with pytest.raises(PermissionDenied):
            enter_record(user=user, item=item(), department=market.department, values=penalty(market))


def test_an_authority_elsewhere_is_refused_and_one_below_is_taken(market: Office, tax: Office) -> None:
    with pytest.raises(Refused) as caught:
        enter(market, authority_code=tax.department.uscc)
    assert set(caught.value.message_dict) == {"authority_code"}
    below = make_department(
        "market-station", parent=market.department, uscc=subjects.uscc(7, start="11", division="410100")
    )
    assert enter(market, authority_code=below.uscc, authority_name=below.name).department == market.department


def test_an_item_in_force_of_a_provider_only(market: Office, tax: Office) -> None:
    ItemProvider.objects.create(item=item("tax-arrears"), department=tax.department)
    assert set(items_for(tax.department).values_list("code", flat=True)) >= {"tax-arrears", "penalty-legal"}
    assert "tax-arrears" not in set(items_for(market.department).values_list("code", flat=True))
    arrears = item("tax-arrears")
    with pytest.raises(Refused):
        enter_record(user=market.clerk, item=arrears, department=market.department, values={})
    type(arrears).objects.filter(pk=arrears.pk).update(state="retired")
    assert "tax-arrears" not in set(items_for(tax.department).values_list("code", flat=True))


def test_the_same_again_is_refused_with_the_first(market: Office) -> None:
    subject = subjects.subject(70)
    first = enter(market, subject=subject, document_number="同一文号1号")
    with pytest.raises(DuplicateRecord) as caught:
        enter(market, subject=subject, document_number="同一文号1号", content="别的内容")
    assert caught.value.record == first
    assert enter(market, subject=subjects.subject(71), document_number="同一文号1号").pk != first.pk


def test_after_a_withdrawal_the_same_may_come_again(market: Office) -> None:
    subject = subjects.subject(72)
    first = enter(market, subject=subject, document_number="同一文号2号")
    with acting(reason="变更"):
        Record.objects.filter(pk=first.pk).update(state="withdrawn", withdrawal="varied")
    assert enter(market, subject=subject, document_number="同一文号2号").pk != first.pk


class TestSubjects:
    def test_a_new_valid_code_makes_the_subject(self, market: Office) -> None:
        record = enter(market, subject_name="郑州市新设有限公司", subject_uscc=subjects.uscc(501))
        assert record.subject.uscc == subjects.uscc(501)
        assert record.subject.kind == SubjectKind.LEGAL_ENTITY

    def test_a_damaged_code_is_never_a_new_subject(self, market: Office) -> None:
        known = subjects.subject(502)
        assert known.uscc
        damaged = known.uscc[:-1] + ("0" if known.uscc[-1] != "0" else "1")
        with pytest.raises(Refused) as caught:
            enter(market, subject=known, subject_uscc=damaged)
        assert known in [proposed.subject for proposed in caught.value.match.proposals]
        assert not Subject.objects.exclude(pk=known.pk).filter(name=known.name).exists()

    def test_the_proposed_subject_may_be_chosen(self, market: Office) -> None:
        known = subjects.subject(503)
        values = penalty(market, subject=known, subject_uscc="", subject_name="")
        record = enter_record(
            user=market.clerk, item=item(), department=market.department, values=values, choice=Choice(subject=known)
        )
        assert record.subject == known

    def test_a_code_issued_with_a_wrong_check_needs_a_reason(self, market: Office) -> None:
        values = penalty(market, subject_name="厦门某某有限公司", subject_uscc="91350211M0000XUF46")
        values["authority_code"] = market.department.uscc
        enter_it = {"user": market.clerk, "item": item(), "department": market.department, "values": values}
        with pytest.raises(Refused):
            enter_record(**enter_it, choice=Choice(register=True))
        record = enter_record(**enter_it, choice=Choice(register=True, reason="证照原件如此"))
        assert record.subject.uscc == "91350211M0000XUF46"
        assert record.subject.override_reason == "证照原件如此"

    def test_name_and_code_of_two_subjects_must_be_decided(self, market: Office) -> None:
        one, other = subjects.subject(504), subjects.subject(505)
        with pytest.raises(Refused) as caught:
            enter(market, subject=one, subject_name=other.name)
        assert "subject_name" in caught.value.message_dict
        assert {proposed.subject for proposed in caught.value.match.proposals} == {one, other}

    def test_nothing_is_made_when_another_field_is_wrong(self, market: Office) -> None:
        with pytest.raises(Refused):
            enter(market, subject_name="郑州市未设有限公司", subject_uscc=subjects.uscc(506), content="")
        assert not Subject.objects.filter(uscc=subjects.uscc(506)).exists()


class TestPersons:
    NUMBER = subjects.identity_number(17)

    def values(self, of: Office, **values: str) -> dict[str, object]:
        row = penalty(of)
        for code in ("subject_uscc", "fine_amount"):
            row.pop(code)
        return row | {
            "subject_name": "张小明",
            "subject_category": "自然人",
            "subject_document_kind": "身份证",
            "subject_document_number": self.NUMBER,
            "penalty_kinds": ["警告"],
            **values,
        }

    def enter(self, of: Office, **values: str) -> Record:
        return enter_record(
            user=of.clerk, item=item("penalty-person"), department=of.department, values=self.values(of, **values)
        )

    def test_a_person_is_registered_encrypted(self, market: Office) -> None:
        record = self.enter(market)
        assert record.subject.name == "张*"
        assert PersonalData.objects.get(subject=record.subject).document_kind == "身份证"
        stored = Record.objects.filter(pk=record.pk).values().get()
        assert self.NUMBER not in str(stored) and "张小明" not in str(stored)
        assert self.enter(market).subject == record.subject

    def test_another_name_with_the_same_number_is_asked_back(self, market: Office) -> None:
        self.enter(market)
        with pytest.raises(Refused) as caught:
            self.enter(market, subject_name="李大明")
        assert set(caught.value.message_dict) == {"subject_name"}

    def test_simplified_penalties_of_persons_are_refused(self, market: Office) -> None:
        with pytest.raises(Refused) as caught:
            self.enter(market, document_number="郑市监当罚〔2025〕8号")
        assert set(caught.value.message_dict) == {"document_number"}

    def test_a_representative_is_sealed_and_may_become_a_subject_later(self, market: Office) -> None:
        record = enter(
            market,
            legal_representative="张小明",
            representative_document_kind="身份证",
            representative_document_number=self.NUMBER,
        )
        record.refresh_from_db()
        assert self.NUMBER not in str(Record.objects.filter(pk=record.pk).values().get())
        assert self.NUMBER not in str(record.history.values().get())
        assert open_sealed(record) == {"representative_document_number": self.NUMBER}
        assert self.enter(market).subject.name == "张*"


class TestEditing:
    def test_a_draft_changes_without_a_reason_and_counts_versions(self, market: Office) -> None:
        record = enter(market)
        values = penalty(market, subject=record.subject, decided_on="2025-06-02", content="改")
        changed = edit_draft(user=market.colleague, obj=record, values=values, version=1)
        assert (changed.version, changed.editor, changed.deadline) == (2, market.colleague, datetime.date(2025, 6, 11))

    def test_the_second_of_two_is_told(self, market: Office) -> None:
        record = enter(market)
        values = penalty(market, subject=record.subject)
        edit_draft(user=market.colleague, obj=record, values=values, version=1)
        with pytest.raises(ChangedMeanwhile):
            edit_draft(user=market.clerk, obj=record, values=values | {"content": "乙"}, version=1)

    def test_a_confidential_value_may_stay_unseen(self, market: Office) -> None:
        number = subjects.identity_number(18)
        given = {"representative_document_kind": "身份证", "legal_representative": "李四"}
        record = enter(market, **given, representative_document_number=number)
        values = penalty(market, subject=record.subject, **given, representative_document_number=KEEP)
        edit_draft(user=market.clerk, obj=record, values=values, version=1)
        record.refresh_from_db()
        assert open_sealed(record) == {"representative_document_number": number}

    def test_it_cannot_become_a_duplicate(self, market: Office) -> None:
        first, second = enter(market), enter(market)
        values = penalty(market, subject=first.subject, document_number=first.document_number)
        with pytest.raises(DuplicateRecord) as caught:
            edit_draft(user=market.clerk, obj=second, values=values, version=1)
        assert caught.value.record == first
