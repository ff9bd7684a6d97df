"""A generated city of 200,000 records, made once for all tests of this folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from apps.audit.context import every_department
from apps.departments.models import User
from credit_city import roles
from tests.delivered import load_rules
from tests.factories import grant, make_department, make_user
from tests.records.factories import Office, office

SUBJECTS: Final = 40_000
RECORDS: Final = 200_000
LOOKS: Final = 100_000
SLUGS: Final = ("market-supervision", "taxation", *(f"bureau-{number:02}" for number in range(1, 15)))

_LOOKED: Final = """
    INSERT INTO audit_accessentry (at, reader_id, department_id, how, channel, request_id, model, purpose, matter,
        objects_shown, subjects)
    SELECT now() - number * interval '1 second', 1 + number %% 500, 1, 'view', 'admin', '', 'records.record', '', '',
        ARRAY[number], ARRAY[1 + number %% %s]
    FROM generate_series(1, %s) AS number
"""


@dataclass(frozen=True)
class City:
    """``small``: a department with few records; ``three``: somebody who works in three; ``all_seeing``: reads the
    records of all departments; ``auditor``: reads the log."""

    large: Office
    small: Office
    three: User
    all_seeing: User
    auditor: User


@pytest.fixture(scope="session")
def city(
    django_db_setup: None, django_db_blocker: Any, owner_settings: dict[str, Any], _flush_as_owner: None
) -> Iterator[City]:
    with django_db_blocker.unblock():
        with every_department(), transaction.atomic():
            made = _people()
        name = str(connection.settings_dict["NAME"])
        call_command(
            "generate_city", subjects=SUBJECTS, records=RECORDS, seed=1, departments=[*SLUGS], into=name, jobs=2
        )
        with roles.connect(owner_settings) as owner:
            owner.execute(_LOOKED, [SUBJECTS, LOOKS])
            # What autovacuum does where a city grows day by day.
            owner.execute("VACUUM (ANALYZE)")
    yield made
    with django_db_blocker.unblock():
        call_command("flush", interactive=False, verbosity=0)


def _people() -> City:
    load_rules()
    root = make_department("zhengzhou", kind="government")
    offices = [office(slug) for slug in SLUGS]
    three = make_user("three", department=offices[3].department, role="clerk")
    for each in offices[4:6]:
        for codename in ("view_records", "enter_records"):
            grant(three, codename, each.department)
    all_seeing = make_user("all-seeing", department=offices[6].department, role="clerk")
    for each in offices:
        grant(all_seeing, "view_records", each.department)
    auditor = make_user("auditor", department=root, role="audit-administrator")
    return City(offices[0], offices[-1], three, all_seeing, auditor)
