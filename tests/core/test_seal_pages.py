"""The sealed history is read by the audit administrator and changed by nobody; who sees a history gets its proof."""

import datetime
import json
from typing import Any

import psycopg
import pytest
from django.test import Client

from apps.audit.models import Seal
from apps.audit.seals.publication import lines
from apps.audit.seals.sealing import seal_history
from apps.audit.seals.verification import keep, verify
from apps.core.models import CalendarDay
from apps.departments.models import Department
from tests.audit.sealing import TABLE, day, make_days
from tests.departments.test_row_admin import browser
from tests.factories import make_department, make_user

pytestmark = pytest.mark.django_db

SEALS, CHECKS = "/admin/audit/seal/", "/admin/audit/verification/"


@pytest.fixture
def root(db: None) -> Department:
    return make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)


@pytest.fixture
def audit(root: Department) -> Client:
    return browser(make_user("audit", department=root, role="audit-administrator"))


def changes_address(key: Any) -> str:
    return f"/admin/core/calendarday/{key}/history/"


def test_the_audit_administrator_sees_what_was_sealed(audit: Client) -> None:
    make_days(3)
    seal_history()
    seal = Seal.objects.get()
    page = audit.get(SEALS).content.decode()
    assert bytes(seal.root).hex()[:16] in page and "not checked yet" in page
    keep(verify())
    assert "The history is as it was sealed" in audit.get(SEALS).content.decode()
    page = audit.get(f"{SEALS}{seal.pk}/change/").content.decode()
    assert bytes(seal.root).hex() in page and "intact" in page
    answer = audit.get(f"{SEALS}published/")
    assert b"".join(answer.streaming_content).decode().splitlines() == list(lines())


@pytest.mark.django_db(transaction=True)
def test_findings_are_told_in_words(owner_connection: psycopg.Connection) -> None:
    root = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    audit = browser(make_user("audit", department=root, role="audit-administrator"))
    first, _second = make_days(2)
    seal_history()
    owner_connection.execute(f"DELETE FROM {TABLE} WHERE history_id = %s", [first])
    check = keep(verify())
    assert "The history is not as it was sealed" in audit.get(SEALS).content.decode()
    assert "1 finding" in audit.get(CHECKS).content.decode()
    page = audit.get(f"{CHECKS}{check.pk}/change/").content.decode()
    assert "1 finding" in page and "(&#x27;" not in page
    assert f"row removed: table {TABLE}, history row {first}" in page


@pytest.mark.parametrize("text", ["1", "nothing", "99999999999999999999999", "1 2"])
def test_any_text_may_be_searched_for(audit: Client, text: str) -> None:
    make_days()
    seal_history()
    assert audit.get(SEALS, {"q": text}).status_code == 200


def test_nobody_changes_a_seal(audit: Client) -> None:
    make_days()
    seal_history()
    for address in (f"{SEALS}add/", f"{SEALS}1/delete/", f"{CHECKS}add/"):
        assert audit.get(address).status_code in (403, 404), address
    assert audit.post(f"{SEALS}1/change/", {"rows": 7}).status_code == 403


@pytest.mark.parametrize("role", ["system-administrator", "security-administrator"])
def test_others_see_no_seals(root: Department, role: str) -> None:
    make_days()
    seal_history()
    web = browser(make_user("other", department=root, role=role))
    for address in (SEALS, f"{SEALS}1/change/", f"{SEALS}published/", CHECKS):
        assert web.get(address).status_code in (302, 403, 404), address


def test_a_proof_is_offered_with_the_history(audit: Client) -> None:
    one = CalendarDay.objects.create(date=day(), is_working=False, name="元旦", source="通知")
    seal_history()
    address = f"{changes_address(one.pk)}proof/"
    assert address in audit.get(changes_address(one.pk)).content.decode()
    answer = audit.get(address)
    assert answer["Content-Disposition"].startswith("attachment")
    proof = json.loads(answer.content)
    assert (proof["model"], proof["object"], len(proof["rows"])) == ("core.calendarday", str(one.pk), 1)
    assert audit.post(address).status_code == 405


def test_a_proof_of_what_is_gone_or_never_was(audit: Client) -> None:
    one = CalendarDay.objects.create(date=day(), is_working=False, name="元旦", source="通知")
    key = one.pk
    one.delete()
    seal_history()
    proof = json.loads(audit.get(f"{changes_address(key)}proof/").content)
    assert len(proof["rows"]) == 2
    for wrong in (key + datetime.timedelta(days=1), "x"):
        assert audit.get(f"{changes_address(wrong)}proof/").status_code == 404
