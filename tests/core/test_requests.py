"""Requests that hold what cannot be kept get an answer in words, not a breakdown."""

import pytest
from django.test import Client

from apps.departments.models import Department
from tests.factories import make_department, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def web() -> Client:
    make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_user(department=make_department("market"), role="clerk"))
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/admin/records/record/?state__exact=%00",
        "/admin/departments/department/?kind=a%00b",
        "/admin/subjects/region/%00/change/",
        "/admin/subjects/region/%00/history/",
        "/admin/records/record/add/?item=%00",
        "/admin/records/record/deadline/?item=%00",
        "/admin/autocomplete/?app_label=subjects&model_name=subject&field_name=region&term=%00",
    ],
)
def test_a_nul_character_is_the_request_s_fault(web: Client, address: str) -> None:
    answer = web.get(address)
    assert answer.status_code == 400
    assert "This request was not understood" in answer.text


def test_a_host_that_the_site_does_not_know(web: Client) -> None:
    answer = web.get("/admin/", SERVER_NAME="elsewhere.example")
    assert answer.status_code == 400
    assert "The site does not answer at this address" in answer.text
    assert "ALLOWED_HOSTS" in answer.text


def test_a_name_of_a_filter_with_a_nul_character(web: Client) -> None:
    answer = web.post(
        "/admin/departments/savedfilter/save/", {"page": "records.record", "name": "a\x00", "query": "q=1"}
    )
    assert answer.status_code == 400


def test_more_text_than_one_page_takes(web: Client) -> None:
    answer = web.post("/admin/departments/savedfilter/save/", {"page": "records.record", "name": "长" * 1_000_000})
    assert answer.status_code == 400
    assert "shorten what you typed" in answer.text


@pytest.mark.parametrize("key", ["", "abc", "\x00", "-1", "9" * 30, "１"])
def test_a_chosen_row_that_cannot_be_one(key: str) -> None:
    market = make_department("market")
    reviewer = Client()
    reviewer.force_login(make_user(department=market, role="reviewer"))
    data = {"action": "publish", "_selected_action": [key, "1"], "select_across": "0"}
    assert reviewer.post("/admin/records/record/", data).status_code == 302


@pytest.mark.parametrize("key", ["abc", "\x00", "NaN", "9" * 30])
def test_a_related_row_that_cannot_be_one_is_refused_beside_its_field(key: str) -> None:
    root = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    system = Client()
    system.force_login(make_user(department=root, role="system-administrator"))
    form = system.post("/admin/departments/department/add/", {"name": "甲", "parent": key}).context["adminform"].form
    assert "parent" in form.errors
    form = system.post("/admin/departments/user/add/", {"username": "a", "department": key}).context["adminform"].form
    assert "department" in form.errors


def test_a_month_after_which_there_are_no_dates(web: Client) -> None:
    answer = web.get("/admin/records/record/?decided_on__year=9999&decided_on__month=12")
    assert answer.status_code == 302 and "e=1" in answer.url
