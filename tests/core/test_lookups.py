"""Lists answer by the filters that they offer, and by nothing else: a hidden field cannot be asked letter by letter."""

import pytest
from django.contrib import admin
from django.test import Client, RequestFactory

from apps.departments.models import Department
from tests.factories import make_department, make_user

pytestmark = pytest.mark.django_db


def get(role: str, address: str) -> int:
    root = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    home = root if role.endswith("administrator") else make_department("market", parent=root)
    client = Client()
    client.force_login(make_user(department=home, role=role))
    return client.get(f"/admin/{address}").status_code


@pytest.mark.parametrize(
    ("role", "address"),
    [
        # A reviewer of the source department sees the case, never the code by which its applicant asks.
        ("reviewer", "objections/case/?code__startswith=2"),
        ("reviewer", "objections/case/?filed_by__password__startswith=a"),
        ("reviewer", "records/record/?data__content__contains=2"),
        ("reviewer", "records/record/?pk__gt=2"),
        ("security-administrator", "departments/user/?password__startswith=a"),
        ("system-administrator", "notices/webhook/?secret__isnull=1"),
        ("audit-administrator", "audit/accessentry/?matter__startswith=a"),
        ("audit-administrator", "audit/accessentry/?at__gte=2025-07-01"),
    ],
)
def test_what_no_filter_offers_is_not_answered(role: str, address: str) -> None:
    assert get(role, address) == 400


@pytest.mark.parametrize(
    ("role", "address"),
    [
        ("reviewer", "objections/case/?state__exact=routed&kind__exact=repair&desk=mine"),
        ("reviewer", "records/record/?decided_on__year=2025&decided_on__month=7&clock=overdue"),
        ("reviewer", "subjects/subject/?kind__exact=legal_entity"),
        ("security-administrator", "departments/user/?groups__role__role__exact=clerk&is_active__exact=1"),
        ("audit-administrator", "audit/accessentry/?at__year=2025&how__exact=search"),
        ("audit-administrator", "accounts/loginevent/?at_from=2025-07-01&at_to=2025-07-02"),
    ],
)
def test_what_a_filter_offers_is(role: str, address: str) -> None:
    assert get(role, address) == 200


def test_nothing_that_the_history_withholds_can_be_asked() -> None:
    withheld = [
        (each, name) for each in admin.site._registry.values() for name in getattr(each, "confidential_fields", ())
    ]
    assert withheld
    request = RequestFactory().get("/")
    request.user = make_user(role="reviewer", department=make_department("market"))
    for each, name in withheld:
        assert not each.lookup_allowed(f"{name}__startswith", "a", request), f"{each}.{name}"
