"""Notices for the tests, of a kind that the tests bring along."""

from typing import Any

from apps.departments.models import User
from apps.notices import kinds
from apps.notices.models import Notice
from apps.notices.sending import Link, notify
from tests.planting import Side, plants

CASE_WAITS = kinds.NoticeKind(
    "test-case-waits",
    "A case waits for you",
    "Case %(number)s of %(person)s waits for you: %(stage)s, due %(due)s.",
    choices={"stage": [("check", "being checked"), ("decision", "to be decided")]},
)
kinds.register(CASE_WAITS)


def tell(*people: User, number: str = "YY-7", person: str = "张三", link: Link | None = None, **options: Any) -> int:
    """Tell people that a case waits."""
    parameters: Any = {"number": number, "person": person, "stage": "check", "due": "2026-12-29"}
    return notify(people, kind=CASE_WAITS, parameters=parameters, link=link, **options)


@plants(Notice)
def plant_notices(side: Side) -> None:
    for person in (side.office.clerk, side.office.reviewer):
        tell(
            person,
            number=side.text(Notice, "parameters"),
            once=side.text(Notice, "once"),
            link=Link("admin:departments_department_change", [side.office.department.pk]),
        )
