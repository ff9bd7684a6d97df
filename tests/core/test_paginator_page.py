"""The pages of a large table as the list page of the admin shows them."""

from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth import get_user_model
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from unfold.admin import ModelAdmin

from apps.core.models import CalendarYear
from apps.core.paginator import LargeTablePaginator

pytestmark = pytest.mark.django_db


class Small(LargeTablePaginator):
    count_bound = 50


class Years(ModelAdmin):
    paginator = Small
    show_full_result_count = False
    list_per_page = 10
    list_max_show_all = 40


def shown(page: int, **filters: Any) -> tuple[list[int], str]:
    request = RequestFactory().get("/", {"p": page, **filters})
    request.user = get_user_model()(is_superuser=True, is_active=True, is_staff=True)
    changes = Years(CalendarYear, site).get_changelist_instance(request)
    context = {
        "cl": changes,
        "page_range": changes.paginator.get_elided_page_range(page),
        "pagination_required": changes.multi_page,
    }
    with translation.override("en"):
        html = render_to_string(changes.paginator.template_name, context)
    return [year.year for year in changes.result_list], html


def test_an_estimate_is_shown_as_one_and_offers_no_last_page() -> None:
    CalendarYear.objects.bulk_create(CalendarYear(year=year, source="-") for year in range(2000, 2107))
    rows, html = shown(2)
    assert len(rows) == 10
    assert "about" in html
    assert 'href="?p=3"' in html
    assert "p=11" not in html
    assert "p=%E2%80%A6" not in html
    rows, html = shown(11)
    assert len(rows) == 7
    assert "about" not in html
    assert "107" in html
    assert "p=12" not in html


def test_a_small_list_shows_its_count() -> None:
    CalendarYear.objects.bulk_create(CalendarYear(year=year, source="-") for year in range(2000, 2025))
    rows, html = shown(3)
    assert len(rows) == 5
    assert "about" not in html
    assert "25" in html
