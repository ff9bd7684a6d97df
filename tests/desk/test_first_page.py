"""The admin's first page and its sidebar, per role."""

import pytest
from django.test import Client
from django.utils import timezone

from apps.records.models import Record
from tests.factories import installing, make_department, make_user
from tests.leaks.pages import Page
from tests.records.factories import Office, enter, put


def page(user: object, language: str = "zh-hans") -> str:
    client = Client(headers={"accept-language": language})
    client.force_login(user)  # type: ignore[arg-type]
    response = client.get("/admin/")
    assert response.status_code == 200
    return response.content.decode()


def test_a_clerk_sees_the_own_draft_and_no_foreign_one(market: Office, tax: Office) -> None:
    mine, foreign = enter(market), enter(tax)
    text = page(market.clerk)
    assert mine.document_number in text
    assert foreign.document_number not in text
    assert "我的草稿" in text


def test_the_page_speaks_english_too(market: Office) -> None:
    assert "My drafts" in page(market.clerk, "en")


def test_numbers_of_all_departments_are_for_the_leading_group_office(market: Office, tax: Office) -> None:
    number = put(enter(market), Record.State.PUBLISHED, published_at=timezone.now()).document_number
    city = make_department("zhengzhou")
    market.department.parent = city
    with installing():
        market.department.save()
    office = make_department("leading-group-office", parent=city)
    text = page(make_user("lead", department=office, role="office-lead"), "en")
    assert "Timeliness by department" in text
    assert number not in text, "numbers, no rows"
    assert "Timeliness" not in page(tax.clerk, "en")


@pytest.mark.parametrize("role", ["system-administrator", "security-administrator", "audit-administrator"])
def test_administrators_see_pages_of_their_own_and_no_records(market: Office, role: str) -> None:
    number = enter(market).document_number
    text = page(make_user(role, role=role))
    assert number not in text
    assert "/admin/records/record/" not in text


@pytest.mark.parametrize(
    ("role", "home"),
    [
        ("clerk", ""),
        ("reviewer", ""),
        ("viewer", ""),
        ("centre-officer", "credit-centre"),
        ("office-lead", "leading-group-office"),
        ("system-administrator", "zhengzhou"),
        ("security-administrator", "zhengzhou"),
        ("audit-administrator", "zhengzhou"),
    ],
)
def test_every_link_of_the_desk_leads_to_a_page(market: Office, role: str, home: str) -> None:
    enter(market)
    kind = "government" if home == "zhengzhou" else "office"
    department = make_department(home, kind=kind) if home else market.department
    user = getattr(market, role, None) or make_user(role, department=department, role=role)
    client = Client()
    client.force_login(user)
    links = {link for link in Page("/admin/", client.get("/admin/").text).links if link.startswith("/admin/")}
    assert len(links) > 3
    wrong = {link: client.get(link, follow=True).status_code for link in links - {"/admin/logout/"}}
    assert set(wrong.values()) == {200}, {link: status for link, status in wrong.items() if status != 200}


def test_the_number_of_queries_does_not_grow_with_the_rows(
    market: Office, django_assert_max_num_queries: object
) -> None:
    for _ in range(8):
        put(enter(market), Record.State.SUBMITTED)
    client = Client()
    client.force_login(market.reviewer)
    client.get("/admin/")
    with django_assert_max_num_queries(32):  # type: ignore[operator]
        client.get("/admin/")
