"""Pages of tables too large to count."""

import datetime

import pytest
from django.core.paginator import EmptyPage, PageNotAnInteger
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.models import CalendarYear
from apps.core.paginator import LargeTablePaginator, estimated_rows

pytestmark = pytest.mark.django_db


class Small(LargeTablePaginator):
    count_bound = 50


@pytest.fixture
def years() -> None:
    CalendarYear.objects.bulk_create(CalendarYear(year=year, source="-") for year in range(2000, 2107))


def pages(rows: int = 10) -> Small:
    return Small(CalendarYear.objects.order_by("year"), rows)


def test_a_small_table_is_counted_exactly() -> None:
    CalendarYear.objects.bulk_create(CalendarYear(year=year, source="-") for year in range(2000, 2025))
    paginator = pages()
    assert (paginator.count, paginator.is_estimate, paginator.num_pages) == (25, False, 3)
    assert [year.year for year in paginator.page(3)] == [2020, 2021, 2022, 2023, 2024]
    assert not paginator.page(3).has_next()
    assert list(paginator.get_elided_page_range(1)) == [1, 2, 3]
    with pytest.raises(EmptyPage):
        paginator.page(4)


def test_a_table_of_exactly_the_bound_is_counted_exactly() -> None:
    CalendarYear.objects.bulk_create(CalendarYear(year=year, source="-") for year in range(2000, 2050))
    assert not pages().is_estimate
    assert pages().num_pages == 5


@pytest.mark.usefixtures("years")
def test_beyond_the_bound_the_count_is_an_estimate_and_no_last_page_is_offered() -> None:
    paginator = pages()
    assert paginator.is_estimate
    assert paginator.count > 50
    offered = list(paginator.get_elided_page_range(1))
    assert offered == [1, 2, 3, 4, paginator.ELLIPSIS]
    assert paginator.page(1).has_next()
    assert not paginator.page(1).has_previous()


@pytest.mark.usefixtures("years")
def test_one_can_walk_to_the_end_and_back() -> None:
    paginator, number, seen = pages(), 1, []
    while True:
        page = paginator.page(number)
        seen += [year.year for year in page.object_list]
        if not page.has_next():
            break
        number = page.next_page_number()
    assert seen == list(range(2000, 2107))
    assert number == 11
    assert page.previous_page_number() == 10
    assert (paginator.is_estimate, paginator.count, paginator.num_pages) == (False, 107, 11)


@pytest.mark.usefixtures("years")
def test_the_middle_offers_neighbours_and_the_end_is_known_when_seen() -> None:
    paginator = pages()
    paginator.page(9)
    ellipsis = paginator.ELLIPSIS
    assert list(paginator.get_elided_page_range(9)) == [1, 2, ellipsis, 6, 7, 8, 9, 10, ellipsis]
    paginator.page(11)
    assert list(paginator.get_elided_page_range(11))[-1] == 11


@pytest.mark.usefixtures("years")
def test_a_page_past_the_rows_is_empty_whatever_the_estimate() -> None:
    for number in (12, 5000):
        with pytest.raises(EmptyPage):
            pages().page(number)
    assert pages().get_page(5000).number == 1
    for wrong, error in (("x", PageNotAnInteger), (0, EmptyPage), (-1, EmptyPage)):
        with pytest.raises(error):
            pages().page(wrong)


@pytest.mark.usefixtures("years")
def test_no_query_counts_the_whole_table() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        paginator = pages()
        list(paginator.page(2))
        list(paginator.get_elided_page_range(2))
    counting = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert all("LIMIT 51" in sql for sql in counting)
    assert len(queries) <= 3


@pytest.mark.usefixtures("years")
def test_the_estimate_follows_the_filter() -> None:
    everything = CalendarYear.objects.order_by("year")
    assert estimated_rows(everything.filter(year=2001)) <= estimated_rows(everything)
    assert estimated_rows(everything.none()) == 0
    narrow = Small(everything.filter(year__lt=2010), 5)
    assert (narrow.is_estimate, narrow.count) == (False, 10)


def test_a_list_is_paged_like_any_list() -> None:
    paginator = Small([datetime.date(2026, 1, day) for day in range(1, 29)] * 3, 10)
    assert (paginator.count, paginator.num_pages, paginator.is_estimate) == (84, 9, False)


@pytest.mark.usefixtures("years")
def test_only_keys_are_passed_over_on_the_way_to_a_page() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert [each.year for each in pages().page(3)] == list(range(2020, 2030))
    whole_rows = [query["sql"] for query in queries if query["sql"].startswith("SELECT") and '"source"' in query["sql"]]
    assert len(whole_rows) == 1
    around, _array, keys = whole_rows[0].partition("ARRAY(")
    passed_over, _end, after = keys.partition(")")
    assert "OFFSET 20" in passed_over and '"source"' not in passed_over
    assert "LIMIT" not in around + after


@pytest.mark.usefixtures("years")
@pytest.mark.parametrize("found", [0, 1, 49, 50, 51, 107])
@pytest.mark.parametrize("order", ["-pk", "pk", "-year"])
def test_what_a_search_found_is_paged_like_any_list(found: int, order: str) -> None:
    rows = CalendarYear.objects.filter(year__lt=2000 + found).order_by(order)
    listed, searched = Small(rows, 10), Small(rows, 10)
    searched.searched = True
    assert (searched.count, searched.is_estimate) == (listed.count, listed.is_estimate)
    for number in range(1, found // 10 + 2):
        if found and number > -(-found // 10):
            with pytest.raises(EmptyPage):
                searched.page(number)
            continue
        here, there = searched.page(number), listed.page(number)
        assert list(here) == list(there)
        assert here.has_next() == there.has_next()


@pytest.mark.usefixtures("years")
def test_what_a_search_found_is_read_once() -> None:
    searched = Small(CalendarYear.objects.filter(year__lt=2040).order_by("-pk"), 10)
    searched.searched = True
    with CaptureQueriesContext(connection) as queries:
        assert [each.year for each in searched.page(2)] == sorted(range(2020, 2030), reverse=True)
    assert len(queries) == 2
    assert "LIMIT 51" in queries[0]["sql"] and "LIMIT" not in queries[1]["sql"]
