"""The admin of department-owned rows: foreign rows are not there, buttons and bulk go through the action."""

import datetime
from typing import Any

import pytest
from django.test import Client

from apps.departments.models import Department, User
from tests.departments.desk import Officer, open_officer_pages
from tests.factories import grant, make_department, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.departments.desk")]

LIST = "/admin/departments/officer/"


@pytest.fixture
def market() -> Department:
    return make_department("market")


@pytest.fixture
def tax() -> Department:
    return make_department("tax")


@pytest.fixture
def reviewer(market: Department) -> User:
    user = make_user(department=market)
    for each in ("view_records", "enter_records", "review_records"):
        grant(user, each, market)
    open_officer_pages(user)
    return user


@pytest.fixture
def web(reviewer: User) -> Client:
    return browser(reviewer)


def browser(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def officer(department: Department, name: str = "王", **values: Any) -> Officer:
    return Officer.objects.create(department=department, name=name, since=datetime.date(2026, 1, 5), **values)


def told(response: Any) -> str:
    return " | ".join(str(message) for message in response.context["messages"])


def test_the_list_shows_own_rows_only(web: Client, market: Department, tax: Department) -> None:
    officer(market, "own")
    officer(tax, "foreign")
    page = web.get(LIST).content.decode()
    assert "own" in page and "foreign" not in page
    for query in ({"q": "foreign"}, {"department__id__exact": tax.pk}):
        found = web.get(LIST, query).context["cl"]
        assert "foreign" not in [each.name for each in found.result_list]
        assert found.result_count == len(found.result_list)


@pytest.mark.parametrize("page", ["change/", "history/", "delete/", "do/close/", "do/nothing/", "history/1/revert/"])
def test_a_foreign_row_is_not_there(web: Client, tax: Department, page: str) -> None:
    foreign = officer(tax)
    assert web.get(f"{LIST}{foreign.pk}/{page}").status_code == 404
    assert web.post(f"{LIST}{foreign.pk}/{page}", {"do-reason": "x"}).status_code == 404
    foreign.refresh_from_db()
    assert foreign.state == "open"


def test_a_row_that_does_not_exist_answers_the_same(web: Client) -> None:
    assert web.get(f"{LIST}999999/change/").status_code == 404
    assert web.get(f"{LIST}no-number/history/").status_code == 404


def test_the_history_of_a_deleted_row_is_closed(web: Client, market: Department) -> None:
    gone = officer(market)
    key = gone.pk
    gone.delete()
    assert web.get(f"{LIST}{key}/history/").status_code == 404


def test_departments_to_choose_are_those_where_one_may_enter(
    web: Client, reviewer: User, market: Department, tax: Department
) -> None:
    grant(reviewer, "view_records", tax)
    field = web.get(f"{LIST}add/").context["adminform"].form.fields["department"]
    assert list(field.queryset) == [market]
    assert field.initial == market.pk
    answer = web.post(f"{LIST}add/", {"department": tax.pk, "name": "李", "post": "", "since": "2026-01-05"})
    assert "department" in answer.context["adminform"].form.errors
    assert not Officer.objects.filter(name="李").exists()


def test_seeing_is_not_changing(market: Department) -> None:
    viewer = make_user()
    grant(viewer, "view_records", market)
    open_officer_pages(viewer)
    web, own = browser(viewer), officer(market)
    assert web.get(f"{LIST}{own.pk}/change/").status_code == 200
    assert web.post(f"{LIST}{own.pk}/change/", {"name": "x"}).status_code == 403
    assert web.get(f"{LIST}add/").status_code == 403
    assert web.get(f"{LIST}{own.pk}/change/").context["row_actions"] == []


def test_a_change_needs_a_reason_and_the_history_keeps_it(web: Client, reviewer: User, market: Department) -> None:
    own = officer(market)
    form = {"department": market.pk, "name": "王一", "post": "", "since": "2026-01-05"}
    refused = web.post(f"{LIST}{own.pk}/change/", form)
    assert refused.status_code == 200 and "reason" in refused.context["adminform"].form.errors
    assert web.post(f"{LIST}{own.pk}/change/", {**form, "reason": "typing error"}).status_code == 302
    last = own.history.first()
    assert (last.name, last.history_change_reason, last.history_user_id) == ("王一", "typing error", reviewer.pk)
    assert last.history_channel == "admin"


def test_the_page_offers_what_the_state_allows(web: Client, market: Department) -> None:
    def offered(row: Officer) -> list[str]:
        actions = web.get(f"{LIST}{row.pk}/change/").context["row_actions"]
        return [str(each["title"]) for each in actions]

    assert offered(officer(market)) == ["Close", "Set phone"]
    assert offered(officer(market, post="closed")) == ["Reopen", "Set phone"]


def test_an_action_asks_and_then_does(web: Client, market: Department) -> None:
    own = officer(market)
    address = f"{LIST}{own.pk}/do/close/"
    asked = web.get(address).content.decode()
    assert "do-reason" in asked and "Close: 王</h1>" in asked
    assert "reason" in web.post(address, {"do-reason": " "}).context["form"].errors
    assert told(web.post(address, {"do-reason": "retired"}, follow=True)) == "Done: Close – 王"
    own.refresh_from_db()
    assert own.state == "closed"
    # The page was old, or somebody pressed twice.
    assert "not possible" in told(web.post(address, {"do-reason": "again"}, follow=True))
    assert "not possible" in told(web.get(address, follow=True))


def test_what_an_action_asks_for_is_checked(web: Client, market: Department) -> None:
    own = officer(market)
    address = f"{LIST}{own.pk}/do/set-phone/"
    assert "phone" in web.post(address, {"do-phone": "1234567"}).context["form"].errors
    web.post(address, {"do-phone": "12345"})
    own.refresh_from_db()
    assert own.phone == "12345"


def test_a_get_changes_nothing(web: Client, market: Department) -> None:
    own = officer(market, post="closed")
    assert web.get(f"{LIST}{own.pk}/do/reopen/").status_code == 200
    own.refresh_from_db()
    assert own.state == "closed"


def bulk(web: Client, keys: list[int], **more: Any) -> Any:
    form = {"action": "close", "index": 0, "_selected_action": keys, **more}
    return web.post(LIST, form, follow=True)


def test_bulk_takes_each_row_through_the_action(web: Client, market: Department, tax: Department) -> None:
    own, closed, foreign = officer(market, "1"), officer(market, "2", post="closed"), officer(tax, "3")
    keys = [own.pk, closed.pk, foreign.pk]
    asked = bulk(web, keys)
    assert asked.context["bulk_keys"] == [own.pk, closed.pk]
    answer = bulk(web, asked.context["bulk_keys"], **{"do-confirmed": 1, "do-reason": "reform"})
    assert "1 done, 1 refused" in told(answer) and "×1" in told(answer)
    assert Officer.objects.get(pk=own.pk).state == "closed"
    assert Officer.objects.get(pk=foreign.pk).state == "open"
    assert Officer.objects.get(pk=own.pk).history.first().history_change_reason == "reform"


def test_select_all_reaches_own_rows_only_and_is_bounded(web: Client, market: Department, tax: Department) -> None:
    own = [officer(market, str(number)) for number in range(5)]
    foreign = officer(tax)
    form = {"select_across": 1, "do-confirmed": 1, "do-reason": "reform"}
    assert "5 done" in told(bulk(web, [own[0].pk], **form))
    assert Officer.objects.get(pk=foreign.pk).state == "open"
    officer(market, "one more")
    assert "At most 5 rows" in told(bulk(web, [own[0].pk], **form))


def test_bulk_is_offered_to_those_who_may(market: Department) -> None:
    viewer = make_user()
    grant(viewer, "view_records", market)
    open_officer_pages(viewer)
    own = officer(market)
    bulk(browser(viewer), [own.pk], **{"do-confirmed": 1, "do-reason": "x"})
    own.refresh_from_db()
    assert own.state == "open"


def test_the_department_filter_names_own_departments_only(web: Client, market: Department, tax: Department) -> None:
    officer(market)
    spec = web.get(LIST).context["cl"].filter_specs
    offered = {key for each in spec for key, _ in each.lookup_choices}
    assert tax.pk not in offered
