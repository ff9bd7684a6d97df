"""The first page counts the cases that wait for a person."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.audit.context import acting
from apps.desk.numbers import case_piles
from apps.objections import actions
from apps.objections.models import Case
from tests.delivered import load_rules
from tests.objections import factories as made
from tests.records.factories import Office

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre(db: None) -> made.Centre:
    load_rules()
    return made.centre()


@pytest.fixture
def office(centre: made.Centre) -> Office:
    return made.office()


def counts(user: object) -> dict[str, int]:
    """Filter of the list -> number, of the piles that the person has."""
    return {pile.query: pile.count for pile in case_piles(user, timezone.localdate())}


def test_an_officer_is_told_what_is_late_what_is_near_and_what_nobody_took(centre: made.Centre, office: Office) -> None:
    late, mine = (made.objection(centre, made.published(office)) for _ in range(2))
    with acting(reason="test"):
        Case.objects.filter(pk=late.pk).update(due=timezone.localdate() - datetime.timedelta(days=1))
        Case.objects.filter(pk=mine.pk).update(due=timezone.localdate())
    actions.take(user=centre.officer, obj=mine)
    assert counts(centre.officer) == {"clock=overdue": 1, "clock=soon": 1, "desk=nobody": 1, "desk=mine": 1}


def test_a_reviewer_is_told_what_the_own_department_is_asked(centre: made.Centre, office: Office) -> None:
    case = actions.accept(user=centre.officer, obj=made.objection(centre, made.published(office)))
    made.objection(centre, made.published(office))
    actions.route(user=centre.officer, obj=case, question="请核对")
    assert counts(office.reviewer) == {"state__exact=routed": 1}
    assert counts(made.office("taxation").reviewer) == {"state__exact=routed": 0}
    assert counts(office.clerk) == {}


def test_the_first_page_leads_to_the_cases(centre: made.Centre, office: Office) -> None:
    case = made.objection(centre, made.published(office))
    client = Client()
    client.force_login(centre.officer)
    body = client.get(reverse("admin:index")).content.decode()
    assert reverse("admin:objections_case_change", args=[case.pk]) in body
    assert f"{reverse('admin:objections_case_changelist')}?desk=nobody" in body
