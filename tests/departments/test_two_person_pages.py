"""The pages of two-person changes: who finds what there, and what the buttons do."""

from typing import Any

import pytest
from django.test import Client

from apps.departments.models import Department, Membership, RoleGroup, TwoPersonChange, User
from apps.departments.terms import Act
from apps.departments.two_persons import CONFIRM, State, propose
from apps.desk.numbers import change_piles
from tests.departments.test_row_admin import browser, told
from tests.factories import make_department, make_user

pytestmark = pytest.mark.django_db

LIST = "/admin/departments/twopersonchange/"


@pytest.fixture
def people(root: Department) -> dict[str, User]:
    roles = {
        "first": "security-administrator",
        "second": "security-administrator",
        "system": "system-administrator",
        "audit": "audit-administrator",
    }
    return {name: make_user(name, department=root, role=role) for name, role in roles.items()}


@pytest.fixture
def role(people: dict[str, User], market: Department) -> TwoPersonChange:
    clerks = RoleGroup.objects.get(department=market, role="clerk").group
    return propose(user=people["first"], act=Act.ROLE, person=make_user("wang"), group=clerks, reason="入职")


@pytest.fixture
def end(people: dict[str, User], market: Department) -> TwoPersonChange:
    return propose(user=people["system"], act=Act.END_FOUR_EYES, department=market, reason="人员不足")


def shown(web: Client) -> set[int]:
    return {change.pk for change in web.get(LIST).context["cl"].result_list}


def buttons(web: Client, change: TwoPersonChange) -> list[str]:
    return [str(each["title"]) for each in web.get(f"{LIST}{change.pk}/change/").context["row_actions"]]


def test_each_administrator_finds_what_concerns_the_own_office(
    people: dict[str, User], role: TwoPersonChange, end: TwoPersonChange
) -> None:
    web = {name: browser(user) for name, user in people.items()}
    assert shown(web["first"]) == shown(web["audit"]) == {role.pk, end.pk}
    assert shown(web["system"]) == {end.pk}, "who holds which role is not for this office"
    assert web["system"].get(f"{LIST}{role.pk}/change/").status_code == 404
    assert web["system"].get(f"{LIST}{role.pk}/history/").status_code == 404
    assert web["system"].get(LIST, {"q": "wang"}).context["cl"].result_count == 0
    assert buttons(web["first"], role) == ["Take back"]
    assert buttons(web["second"], role) == ["Confirm", "Refuse"]
    assert buttons(web["first"], end) == ["Confirm", "Refuse"]
    assert buttons(web["system"], end) == ["Take back"]
    assert buttons(web["audit"], role) == buttons(web["audit"], end) == []


def test_the_second_person_confirms_on_the_page(people: dict[str, User], role: TwoPersonChange) -> None:
    first, second = browser(people["first"]), browser(people["second"])
    address = f"{LIST}{role.pk}/do/confirm/"
    assert "You proposed this" in told(first.post(address, follow=True))
    assert not Membership.objects.filter(user=role.person).exists()
    assert "Done: Confirm" in told(second.post(address, follow=True))
    assert Membership.objects.filter(user=role.person).exists()
    assert buttons(second, role) == []
    page = second.get(f"/admin/departments/membership/{Membership.objects.get(user=role.person).pk}/change/")
    assert "proposed by 人员 first (first), confirmed by 人员 second (second)" in page.content.decode()


def test_a_refusal_asks_why(people: dict[str, User], role: TwoPersonChange) -> None:
    web = browser(people["second"])
    address = f"{LIST}{role.pk}/do/refuse/"
    assert "reason" in web.post(address, {"do-reason": " "}).context["form"].errors
    web.post(address, {"do-reason": "不在编"})
    role.refresh_from_db()
    assert (role.state, role.answer) == (State.REFUSED, "不在编")


def test_adding_leads_to_the_proposal(people: dict[str, User], market: Department) -> None:
    person = make_user("li")
    form = {"user": person.pk, "department": market.pk, "role": "clerk", "reason": "入职"}
    answer: Any = browser(people["first"]).post("/admin/departments/membership/add/", form, follow=True)
    change = TwoPersonChange.objects.get()
    assert answer.redirect_chain == [(f"{LIST}{change.pk}/change/", 302)]
    assert "takes effect when a second person confirms it" in told(answer)
    again = browser(people["second"]).post("/admin/departments/membership/add/", form)
    assert "proposed this already" in str(again.context["adminform"].form.non_field_errors())


def test_the_desk_shows_what_waits_for_whom(
    people: dict[str, User], role: TwoPersonChange, end: TwoPersonChange, market: Department
) -> None:
    def counts(name: str) -> dict[str, int]:
        return {pile.icon: pile.count for pile in change_piles(User.objects.get(pk=people[name].pk))}

    assert counts("first") == {"how_to_reg": 1, "hourglass_top": 1}
    assert counts("second") == {"how_to_reg": 2, "hourglass_top": 0}
    assert counts("system") == {"hourglass_top": 1}
    assert counts("audit") == {}
    assert change_piles(make_user(department=market, role="clerk")) == []
    desk = browser(people["second"]).get("/admin/").content.decode()
    assert f"{LIST}{role.pk}/change/" in desk and "Waiting for a second person" in desk
    CONFIRM(user=people["second"], obj=role)
    assert counts("second")["how_to_reg"] == 1


def test_a_department_is_moved_by_a_proposal_only(
    people: dict[str, User], root: Department, market: Department
) -> None:
    east = make_department("east", parent=root)
    web = browser(people["system"])
    address = f"/admin/departments/department/{market.pk}/"
    form = web.get(f"{address}change/").context["adminform"].form
    assert not {"parent", "four_eyes", "slug"} & set(form.fields)
    form = web.get(f"{address}do/propose-move/").context["form"]
    assert east in form.fields["parent"].queryset
    answer = web.post(f"{address}do/propose-move/", {"do-parent": market.pk, "do-reason": "x"})
    assert "below itself" in str(answer.context["form"].errors)
    answer = web.post(f"{address}do/propose-move/", {"do-parent": east.pk, "do-reason": "机构改革"})
    change = TwoPersonChange.objects.get()
    assert answer.url == f"{LIST}{change.pk}/change/"  # type: ignore[attr-defined]
    market.refresh_from_db()
    assert market.parent == root
    browser(people["first"]).post(f"{LIST}{change.pk}/do/confirm/")
    market.refresh_from_db()
    assert market.parent == east


def test_setting_back_is_no_way_round(people: dict[str, User], root: Department, market: Department) -> None:
    east = make_department("east", parent=root)
    there = propose(user=people["system"], act=Act.MOVE, department=market, parent=east, reason="x")
    CONFIRM(user=people["first"], obj=there)
    before = market.history.earliest()
    web = browser(people["system"])
    address = f"/admin/departments/department/{market.pk}/history/{before.pk}/revert/"
    assert web.post(address, {"reason": "x"}).status_code == 403
    market.refresh_from_db()
    assert market.parent == east


def test_an_administrator_is_not_switched_on_again_with_the_role(people: dict[str, User], root: Department) -> None:
    gone = make_user(department=root, role="audit-administrator")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    form = {"username": gone.username, "name": gone.name, "department": root.pk, "is_active": "on", "is_staff": "on"}
    answer = browser(people["system"]).post(f"/admin/departments/user/{gone.pk}/change/", {**form, "reason": "返岗"})
    assert "is_active" in answer.context["adminform"].form.errors
    gone.refresh_from_db()
    assert not gone.is_active


def test_the_pages_tell_nothing_of_the_business(people: dict[str, User], role: TwoPersonChange) -> None:
    for user in people.values():
        web = browser(user)
        for page in ("", f"{role.pk}/change/", f"{role.pk}/history/"):
            answer = web.get(LIST + page)
            if answer.status_code == 200:
                links = answer.content.decode()
                assert not [app for app in ("records", "subjects", "exchange") if f"/admin/{app}/" in links]
