"""Departments, people and rows of values for the tests of records."""

import datetime
from dataclasses import dataclass
from itertools import count
from typing import Any

from apps.audit.context import acting, current
from apps.catalogue.models import InformationItem
from apps.departments.models import Department, User
from apps.records.entry import enter_record
from apps.records.models import Record
from apps.subjects.models import Subject
from tests.factories import make_department, make_user
from tests.subjects import factories as subjects

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
    if state in {Record.State.PUBLISHED, Record.State.ARCHIVED}:
        values = {"published_at": now, **values}
    if state == Record.State.WITHDRAWN:
        values = {"withdrawal": Record.Withdrawal.REVOKED, "published_at": now, **values}
    with acting(reason="撤销" if state == Record.State.WITHDRAWN else current().reason):
        Record.objects.filter(pk=record.pk).update(state=state, **values)
    record.refresh_from_db()
    return record
