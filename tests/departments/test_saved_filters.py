"""Saved filters: one's own, by list and name."""

import pytest
from django.test import Client

from apps.departments.models import SavedFilter, User
from apps.departments.saved_filters import MOST, kept_query
from tests.departments.desk import open_officer_pages
from tests.departments.test_row_admin import LIST, browser
from tests.factories import grant, make_department, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.departments.desk")]

SAVE = "/admin/departments/savedfilter/save/"


def person() -> User:
    user = make_user()
    grant(user, "view_records", make_department("market"))
    open_officer_pages(user)
    return user


def save(web: Client, name: str = "逾期", query: str = "q=a", page: str = "departments.officer") -> object:
    return web.post(SAVE, {"page": page, "query": query, "name": name})


def test_the_query_is_kept_without_the_page_number_and_in_one_order() -> None:
    assert kept_query("q=%E5%BC%A0&p=3&o=1&_popup=1&state=") == kept_query("o=1&q=%E5%BC%A0") == "o=1&q=%E5%BC%A0"


def test_a_filter_is_saved_shown_used_replaced_and_deleted() -> None:
    user = person()
    web = browser(user)
    answer = save(web, query="p=2&q=a")
    assert answer.url == f"{LIST}?q=a"  # type: ignore[attr-defined]
    page = web.get(LIST).content.decode()
    assert "逾期" in page and 'href="?q=a"' in page
    assert "cc-filter-on" not in page and "cc-filter-on" in web.get(f"{LIST}?q=a").content.decode()
    save(web, query="q=b")
    assert [each.query for each in SavedFilter.objects.all()] == ["q=b"]
    web.post(f"/admin/departments/savedfilter/{SavedFilter.objects.get().pk}/remove/")
    assert not SavedFilter.objects.exists()


def test_filters_are_private() -> None:
    save(browser(person()))
    other = browser(person())
    assert "逾期" not in other.get(LIST).content.decode()
    key = SavedFilter.objects.get().pk
    assert other.post(f"/admin/departments/savedfilter/{key}/remove/").status_code == 404
    assert SavedFilter.objects.count() == 1


def test_only_lists_that_one_may_open() -> None:
    web = browser(person())
    assert save(web, page="departments.department").status_code == 404  # type: ignore[attr-defined]
    assert save(web, page="no.such").status_code == 404  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "query"), [("", "q=a"), ("长" * 51, "q=a"), ("x", ""), ("x", "p=2"), ("x", "q=" + "a" * 2000)]
)
def test_what_can_not_be_kept_is_refused_in_words(name: str, query: str) -> None:
    web = browser(person())
    save(web, name=name, query=query)
    assert not SavedFilter.objects.exists()


def test_a_bar_has_an_end() -> None:
    web = browser(person())
    for number in range(MOST + 1):
        save(web, name=str(number))
    assert SavedFilter.objects.count() == MOST


def test_get_saves_nothing_and_a_forged_post_neither() -> None:
    user = person()
    web = browser(user)
    assert web.get(SAVE).status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    assert strict.post(SAVE, {"page": "departments.officer", "query": "q=a", "name": "x"}).status_code == 403
    assert not SavedFilter.objects.exists()
