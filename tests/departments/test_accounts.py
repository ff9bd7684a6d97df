"""Logging in, demo accounts, the language a person chose, and the departments of the fixtures."""

import csv
from typing import Any

import pytest
from django.core.management.base import CommandError
from django.test import Client

from apps.core.identifiers import check_uscc
from apps.departments import demo, reference
from apps.departments.models import Department, RoleGroup, User
from tests.factories import PASSWORD, installing, make_department, make_user

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


def log_in(username: str, password: str, client: Client | None = None) -> Any:
    client = client or Client(headers={"accept-language": "en"})
    return client.post(LOGIN, {"username": username, "password": password})


def errors(response: Any) -> str:
    return " ".join(response.context["form"].non_field_errors())


def test_a_login_leads_to_the_desk() -> None:
    make_user("wang")
    response = log_in("wang", PASSWORD)
    assert (response.status_code, response.url) == (302, "/admin/")


def test_a_closed_account_is_explained_to_its_owner_only() -> None:
    make_user("wang", is_active=False)
    assert "deactivated" in errors(log_in("wang", PASSWORD))
    wrong = errors(log_in("wang", "wrong password"))
    assert wrong == errors(log_in("nobody", "wrong password"))
    assert "deactivated" not in wrong


def test_demo_accounts_need_demo_mode(settings: Any) -> None:
    settings.DEMO = True
    reference.load()
    with pytest.raises(CommandError, match="load_demo_administrators"):
        demo.load()
    with installing():
        assert demo.load_administrators() == demo.load_administrators()
    assert demo.load() == demo.load()
    assert User.objects.filter(is_demo=True).count() == len(demo.ACCOUNTS) == 11
    for account in demo.ACCOUNTS:
        user = User.objects.get(username=account.username)
        assert list(RoleGroup.objects.filter(group__user=user).values_list("role", "department__slug")) == [
            (account.role, account.department)
        ]
    client = Client(headers={"accept-language": "en"})
    assert log_in("market.clerk", demo.PASSWORD, client).status_code == 302
    assert client.get("/admin/password_change/").status_code == 200

    settings.DEMO = False
    assert "demo mode" in errors(log_in("market.clerk", demo.PASSWORD))
    # A session from demo times is worth nothing either.
    assert client.get("/admin/password_change/").status_code == 302


def test_demo_accounts_are_not_made_outside_demo_mode(settings: Any) -> None:
    settings.DEMO = False
    for load in (demo.load_administrators, demo.load):
        with pytest.raises(CommandError, match="DEMO=1"):
            load()
    assert not User.objects.exists()


def test_the_login_page_offers_both_languages() -> None:
    client = Client()
    page = client.get(LOGIN).content.decode()
    assert "简体中文" in page and "English" in page
    answer: Any = client.post("/i18n/setlang/", {"language": "en", "next": LOGIN})
    assert answer.url == LOGIN
    assert 'lang="en"' in client.get(LOGIN).content.decode()


def test_the_language_is_kept_with_the_person() -> None:
    user = make_user("wang")
    first = Client(headers={"accept-language": "zh-hans"})
    log_in("wang", PASSWORD, first)
    first.post("/i18n/setlang/", {"language": "en"})
    user.refresh_from_db()
    assert user.language == "en"

    # Another machine, where somebody else worked in Chinese before.
    second = Client()
    second.cookies["django_language"] = "zh-hans"
    answer = log_in("wang", PASSWORD, second)
    assert answer.cookies["django_language"].value == "en"
    # A preference is no change of the account.
    assert User.history.filter(id=user.pk).count() == 1


def test_the_departments_of_the_fixture() -> None:
    reference.load()
    assert Department.objects.filter(kind=Department.Kind.COLLECTING).count() == 38
    codes = list(Department.objects.values_list("uscc", flat=True))
    assert len(set(codes)) == len(codes)
    assert not [code for code in codes if check_uscc(code).error]
    bureau = Department.objects.get(slug="jinshui-market-supervision")
    assert bureau.path == "zhengzhou/jinshui/jinshui-market-supervision/"
    assert not bureau.is_within(Department.objects.get(slug="market-supervision"))
    assert Department.objects.get(slug="credit-centre").is_within(Department.objects.get(slug="development-reform"))
    districts = Department.objects.filter(kind=Department.Kind.DISTRICT)
    assert districts.count() == 16
    for district in districts:
        assert district.children.filter(slug=f"{district.slug}-market-supervision").exists()


def test_loading_again_respects_what_a_person_edited(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.audit.context import acting

    reference.load()
    market, tax = (Department.objects.get(slug=slug) for slug in ("market-supervision", "taxation"))
    with acting(user_id=make_user().pk, reason="real code"):
        Department.objects.filter(pk=market.pk).update(short_name="市监局")
    rows = list(csv.DictReader(reference.FILE.open(encoding="utf-8")))
    for row in rows:
        row["short_name"] = f"新{row['short_name']}"[:20]
    changed = tmp_path / "departments.csv"
    with changed.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    monkeypatch.setattr(reference, "FILE", changed)
    assert "0 new" in reference.load()
    market.refresh_from_db()
    tax.refresh_from_db()
    assert (market.short_name, tax.short_name) == ("市监局", "新税务局")


def test_a_department_can_not_stand_below_itself() -> None:
    from django.core.exceptions import ValidationError

    top = make_department("top")
    below = make_department("below", parent=top)
    top.parent = below
    with pytest.raises(ValidationError):
        top.full_clean()
