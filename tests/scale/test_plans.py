"""The pages that are opened most ask the database nothing that grows with its tables.

The plans are those of the very queries that the pages send: as the application role, under row security, in the
context of the person who asks. What is judged is their shape, never the time they take.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from apps.core.terms import SubjectKind
from apps.departments.models import User
from apps.records import searching
from apps.records.models import Record
from apps.subjects.models import Subject

from .conftest import City

pytestmark = [pytest.mark.scale, pytest.mark.django_db]

BIG: Final = 10_000
"""A table with more rows than this is never read from end to end."""
WHOLE: Final = {"Sort", "Aggregate", "Hash", "Materialize", "WindowAgg"}
"""Steps that take all their rows before they give the first one: no limit above shortens what is below."""
RECORDS: Final = reverse("admin:records_record_changelist")
SUBJECTS: Final = reverse("admin:subjects_subject_changelist")


@dataclass(frozen=True)
class Access:
    """How a query reads a table. ``ends``: it reads what an index names, or no more rows than the query asks for."""

    table: str
    node: str
    index: str
    ends: bool
    sql: str


def accesses(plan: dict[str, Any], sql: str, *, limited: bool = False, table: str = "") -> Iterator[Access]:
    node, index = plan["Node Type"], plan.get("Index Name", "")
    limited = (limited or node == "Limit") and node not in WHOLE
    table = plan.get("Relation Name", table)
    if "Relation Name" in plan or index:
        enough = limited and ("Filter" not in plan or bool(index))
        yield Access(table, node, index, "Index Cond" in plan or node == "Bitmap Heap Scan" or enough, sql)
    for each in plan.get("Plans", []):
        yield from accesses(each, sql, limited=limited, table=table)


def asked(user: User, address: str) -> list[Access]:
    """How the queries of a page read the large tables."""
    client = Client()
    client.force_login(user)
    found: list[Access] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip("(\n ").startswith("SELECT"):
            text = context["cursor"].cursor.mogrify(sql, params)
            ((plans,),) = connection.connection.execute(f"EXPLAIN (FORMAT JSON) {text}").fetchall()
            found.extend(accesses(plans[0]["Plan"], text))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        assert client.get(address).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE reltuples > %s", [BIG])
        large = {name for (name,) in cursor.fetchall()}
    return [access for access in found if access.table in large]


def records_like(city: City) -> dict[str, Record]:
    """A published record of the largest department about an organisation, and one of a small department."""
    published = Record.objects.filter(state=Record.State.PUBLISHED).exclude(subject__kind=SubjectKind.NATURAL_PERSON)
    return {
        "large": published.filter(department=city.large.department).latest("pk"),
        "small": published.filter(department=city.small.department).latest("pk"),
    }


def common(city: City) -> dict[str, tuple[str, set[str]]]:
    """What every clerk opens: name -> address, and the indexes that must serve it."""
    number = records_like(city)["large"].document_number[:8]
    return {
        "list": (RECORDS, {"record_decided_on"}),
        "deep page": (f"{RECORDS}?p=30", set()),
        "one state": (f"{RECORDS}?state__exact=published", {"record_state"}),
        "one month": (f"{RECORDS}?decided_on__year=2022&decided_on__month=3", {"record_decided_on"}),
        "by decision date": (f"{RECORDS}?o=5", {"record_decided_on"}),
        "overdue": (f"{RECORDS}?clock=overdue", {"record_waiting"}),
        "number": (f"{RECORDS}?q={number}", {"record_number"}),
        "rare name": (f"{RECORDS}?q=腾达", {"subject_name_tokens", "records_record_subject_id_07deca2a"}),
        "frequent name": (f"{RECORDS}?q=商贸", {"subject_name_tokens"}),
        "organisations": (f"{SUBJECTS}?q=腾达", {"subject_name_tokens"}),
        "desk": (reverse("admin:index"), {"record_waiting", "record_published"}),
    }


def judge(found: list[Access], indexes: set[str]) -> None:
    assert [access for access in found if not access.ends] == []
    used = {access.index for access in found}
    assert {index for index in indexes if not any(re.fullmatch(index, each) for each in used)} == set(), used


@pytest.mark.parametrize("who", ["large", "small", "three"])
def test_what_a_clerk_opens_is_read_by_indexes(city: City, who: str) -> None:
    person = city.three if who == "three" else getattr(city, who).reviewer
    wrong = {}
    for name, (address, indexes) in common(city).items():
        try:
            judge(asked(person, address), indexes)
        except AssertionError as error:
            wrong[name] = str(error)
    assert wrong == {}


def test_the_first_and_deep_pages_of_a_department_walk_its_own_index(city: City) -> None:
    for address in (RECORDS, f"{RECORDS}?p=30"):
        judge(asked(city.large.clerk, address), {"record_department"})
    # Not the newest rows of all: those of other departments may be millions.
    found = [access for access in asked(city.three, RECORDS) if access.index != "records_record_pkey"]
    judge(found, {"record_department"})


def test_what_many_names_and_numbers_share_is_come_upon_in_the_order_of_the_list(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MANY", 1_000)
    beginning = records_like(city)["large"].document_number[0]
    assert Subject.objects.search(beginning).count() > searching.MANY
    for reader in (city.large.clerk, city.all_seeing):
        # What counts them, and looks for a thousand subjects, reads so many rows of whatever it meets.
        page = [access for access in asked(reader, f"{RECORDS}?q={beginning}") if "LIMIT 51" in access.sql]
        judge(page, {"record_department|records_record_pkey", "subjects_subject_pkey"})


def test_few_records_of_an_item_are_not_sought_among_all_of_a_department(city: City) -> None:
    persons = Record.objects.filter(department=city.large.department, subject__kind=SubjectKind.NATURAL_PERSON)
    address = f"{RECORDS}?item__id__exact={persons.latest('pk').item_id}"
    for reader in (city.large.clerk, city.three):
        judge(asked(reader, address), {"record_department_item"})


def test_what_many_departments_show_is_listed_in_the_order_of_its_index(city: City) -> None:
    record = records_like(city)["large"]
    judge(asked(city.all_seeing, f"{RECORDS}?item__id__exact={record.item_id}"), {"record_item"})
    judge(asked(city.all_seeing, f"{RECORDS}?author={record.author_id}"), {"record_author"})
    judge(asked(city.all_seeing, f"{RECORDS}?o=-5"), {"record_day"})


@pytest.mark.parametrize("size", ["large", "small"])
def test_pages_of_one_row_are_read_by_keys(city: City, size: str) -> None:
    record, person = records_like(city)[size], getattr(city, size).clerk
    history = r"records_historicalrecord_\w+_id_history_date_idx"
    judge(asked(person, reverse("admin:records_record_change", args=[record.pk])), {"records_record_pkey", history})
    judge(asked(person, reverse("admin:records_record_history", args=[record.pk])), {"records_record_pkey", history})
    subject = reverse("admin:subjects_subject_change", args=[record.subject_id])
    judge(asked(person, subject), {"subjects_subject_pkey", "subjects_identifier_subject_id_a150a995"})


def test_the_access_log_is_read_by_person_and_by_reader(city: City) -> None:
    log = reverse("admin:audit_accessentry_changelist")
    judge(asked(city.auditor, log), {r"audit_accessentry_\w+_at_idx"})
    judge(asked(city.auditor, f"{log}?about=77"), {r"audit_accessentry_\w+_subjects_idx"})
    judge(asked(city.auditor, f"{log}?q={city.three.username}"), {r"audit_accessentry_\w+_reader_id_at_idx"})
