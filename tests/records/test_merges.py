"""Merging subjects touches records of every department; the one who merges learns no more of them than before."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from apps.departments.models import Department
from apps.records.models import Record
from apps.subjects.merging import merge_subjects
from tests.factories import installing, make_department, make_user
from tests.subjects import factories as subjects

from .factories import Office, enter, put
from .test_pages import logged_in

SECRET = "绝密文号77号"


@pytest.fixture
def officer(market: Office) -> Any:
    root = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    centre = make_department("credit-centre", kind=Department.Kind.OFFICE, parent=root)
    market.department.parent = root
    with installing():
        market.department.save()
    return make_user("centre.officer", department=centre, role="centre-officer")


@pytest.mark.parametrize("state", ["draft", "published"])
def test_a_row_in_the_way_is_named_only_to_those_who_see_it(market: Office, officer: Any, state: str) -> None:
    duplicate, remaining = subjects.subject(71), subjects.subject(72)
    for subject in (duplicate, remaining):
        put(enter(market, subject=subject, document_number=SECRET), state)
    page = reverse("admin:subjects_subject_merge", args=[duplicate.pk])
    shown = logged_in(officer).get(page, {"with": remaining.pk}).text
    with pytest.raises(ValidationError) as refused:
        merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="同一主体")
    told = shown + " ".join(refused.value.messages)
    assert (SECRET in told) is (state == "published")
    assert ("您无权查看" in told) is (state == "draft")
    assert Record.objects.filter(subject=duplicate).exists()


def test_the_history_of_a_merge_names_no_rows(market: Office, officer: Any) -> None:
    duplicate, remaining = subjects.subject(71), subjects.subject(72)
    record = enter(market, subject=duplicate)
    record.pk, record.document_number = 987654321, "987654321"
    record.save(force_insert=True)
    merge = merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="同一主体")
    history = reverse("admin:subjects_subjectmerge_history", args=[merge.pk])
    answer = logged_in(market.viewer).get(history)
    assert answer.status_code == 200 and "987654321" not in answer.text
