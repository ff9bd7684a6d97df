"""Departments, people and rows of values for the tests of records."""

import datetime
from dataclasses import dataclass
from itertools import count
from typing import Any

from apps.audit.context import acting, current
from apps.catalogue.models import InformationItem
from apps.departments.models import Department, User
from apps.records.attachments import attach
from apps.records.entry import enter_record
from apps.records.models import Attachment, Record
from apps.records.rules import EDITABLE
from apps.subjects.models import Subject
from tests.factories import make_department, make_user
from tests.planting import OURS, Part, Side, plants
from tests.subjects import factories as subjects

from .files import PDF, upload

_numbers = count(1)


@dataclass
class Office:
    """A department with its people."""

    department: Department
    clerk: User
    colleague: User
    reviewer: User
    viewer: User


def office(slug: str = "market-supervision", **values: Any) -> Office:
    """A department with two clerks, a reviewer and a viewer."""
    number = next(_numbers)
    values = {"uscc": subjects.uscc(900_000 + number, start="11", division="410100"), **values}
    department = make_department(slug, **values)

    def person(name: str, role: str) -> User:
        return make_user(f"{slug}.{name}", department=department, role=role, is_staff=True)

    return Office(
        department,
        person("clerk", "clerk"),
        person("colleague", "clerk"),
        person("reviewer", "reviewer"),
        person("viewer", "viewer"),
    )


def item(code: str = "penalty-legal") -> InformationItem:
    return InformationItem.objects.get(code=code)


def penalty(of: Office, subject: Subject | None = None, **values: Any) -> dict[str, Any]:
    """A row of values of ``penalty-legal``, right in every field."""
    number = next(_numbers)
    subject = subject or subjects.subject(number)
    return {
        "subject_name": subject.name,
        "subject_category": "法人及非法人组织",
        "subject_uscc": subject.uscc,
        "document_number": f"郑市监处罚〔2025〕{number}号",
        "facts": "销售不合格商品",
        "penalty_kinds": ["罚款"],
        "content": "罚款一万元",
        "fine_amount": "1",
        "decided_on": "2025-09-26",
        "authority_name": of.department.name,
        "authority_code": of.department.uscc,
        "source_name": of.department.name,
        "source_code": of.department.uscc,
        **values,
    }


def enter(of: Office, user: User | None = None, **values: Any) -> Record:
    """A draft of the department."""
    return enter_record(user=user or of.clerk, item=item(), department=of.department, values=penalty(of, **values))


def enter_about_person(of: Office, user: User | None = None, **values: Any) -> Record:
    """A draft of the department about a natural person, of another one each time."""
    number = next(_numbers)
    row = penalty(of)
    for code in ("subject_uscc", "fine_amount"):
        row.pop(code)
    row |= {
        "subject_name": "诸葛小明",
        "subject_category": "自然人",
        "subject_document_kind": "身份证",
        "subject_document_number": subjects.identity_number(number % 1000, born=f"{1950 + number // 1000}0101"),
        "penalty_kinds": ["警告"],
    }
    return enter_record(
        user=user or of.clerk, item=item("penalty-person"), department=of.department, values=row | values
    )


def put(record: Record, state: str, **values: Any) -> Record:
    """The record as if it had come to ``state``, without the way there."""
    now = datetime.datetime(2025, 9, 29, 9, tzinfo=datetime.UTC)
    if state in {Record.State.PUBLISHED, Record.State.ARCHIVED, Record.State.REPAIRED}:
        values = {"published_at": now, **values}
    if state == Record.State.WITHDRAWN:
        values = {"withdrawal": Record.Withdrawal.REVOKED, "published_at": now, **values}
    reasons = {Record.State.WITHDRAWN: "撤销", Record.State.REPAIRED: "信用修复"}
    with acting(reason=reasons.get(Record.State(state), current().reason)):
        Record.objects.filter(pk=record.pk).update(state=state, **values)
    record.refresh_from_db()
    return record


def _states(side: Side) -> list[str]:
    """The states in which the side has records: what is being entered is seen by its department alone."""
    return [
        state
        for state in Record.State.values
        if side.part is Part.ALL or (state in EDITABLE) == (side.part is Part.HIDDEN)
    ]


@plants(Record, overseen_by="view_records")
def plant_person(side: Side) -> None:
    """A draft about a natural person whom no other row knows, with a file."""
    if Record.State.DRAFT not in _states(side):
        return
    surname = side.mark(Record, "subject.name", "麤" if side.first == OURS else "龘")
    values = {
        "subject_name": surname + side.text(Record, "subject.name"),
        "subject_category": "自然人",
        "subject_document_kind": "身份证",
        "subject_document_number": side.mark(Record, "confidential", _identity(side)),
        "document_number": side.text(Record, "document_number"),
        "facts": side.text(Record, "data.facts"),
        "penalty_kinds": ["警告"],
        "content": side.text(Record, "data.content"),
        "decided_on": side.day(Record, "decided_on").isoformat(),
        "authority_name": side.office.department.name,
        "authority_code": side.office.department.uscc,
        "source_name": side.office.department.name,
        "source_code": side.office.department.uscc,
    }
    record = enter_record(
        user=side.office.clerk, item=item("penalty-person"), department=side.office.department, values=values
    )
    _attach(side, record)


@plants(Record, Attachment, overseen_by="view_records")
def plant_records(side: Side) -> None:
    """A record in each of the side's states, with a file, and with a past that differs from the present."""
    office, kinds = side.office, {"penalty_kinds": ["罚款", "没收违法所得"]}
    for state in _states(side):
        amounts = [f"{side.first + side.place}.{number}" for number in (17, 29)]
        for amount in amounts:
            side.mark(Record, "data.amount", amount)
        values = {
            name: side.text(Record, f"data.{name}" if name != "document_number" else name)
            for name in ("document_number", "content", "facts", "grounds", "violation_kind", "note")
        }
        record = enter(
            office,
            subject=side.company,
            **values,
            **kinds,
            fine_amount=amounts[0],
            confiscated_amount=amounts[1],
            decided_on=side.day(Record, "decided_on").isoformat(),
            legal_representative=side.text(Record, "data.legal_representative"),
            representative_document_kind="身份证",
            representative_document_number=side.mark(Record, "confidential", _identity(side)),
        )
        _attach(side, record)
        reasons = {
            Record.State.RETURNED: {"return_reason": side.text(Record, "return_reason"), "reviewer": office.reviewer},
            Record.State.WITHDRAWN: {"withdrawal_reason": side.text(Record, "withdrawal_reason")},
        }
        past = side.text(Record, "past document_name")
        side.past.add(past)
        Record.objects.filter(pk=record.pk).update(document_name=past)
        put(record, state, document_name="", **reasons.get(Record.State(state), {}))


def _identity(side: Side) -> str:
    born = "19870203" if side.first == OURS else "19760504"
    return subjects.identity_number(side.place % 1000, born=born)


def _attach(side: Side, record: Record) -> None:
    name, text = side.text(Attachment, "name"), side.text(Attachment, "file")
    attach(record, [upload(f"{name}.pdf", PDF + f"%{text}\n".encode())], side.office.clerk)
