"""Passwords: what they are made of, one-time ones, their age, and that none comes back."""

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts import rules
from apps.accounts.models import LoginEvent, PasswordUse
from apps.departments.models import User
from tests.factories import PASSWORD, make_department, make_user

from .factories import errors, events, log_in, person, web

pytestmark = pytest.mark.django_db
CHANGE = "/admin/password_change/"
NEW = "Brand-new-pass-9"


def change(client: Any, new: str = NEW, old: str = PASSWORD) -> Any:
    return client.post(CHANGE, {"old_password": old, "new_password1": new, "new_password2": new})


@pytest.mark.parametrize(
    ("password", "classes"),
    [("abc", 1), ("Abc", 2), ("Abc1", 3), ("Abc1-", 4), ("密码abc1", 3), ("1234567890", 1), ("", 0)],
)
def test_character_classes(password: str, classes: int) -> None:
    assert rules.character_classes(password) == classes


@pytest.mark.parametrize(
    "password", ["Short-1", "alllowercaseletters", "ALLUPPERandlower", "wangxiaoyan-A1", "Password123", "13812345678"]
)
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="wangxiaoyan", name="王晓燕", phone="13812345678"))


@pytest.mark.parametrize("password", ["Kaifeng-winter-88", "zhengzhou plum 7", "中原 Xinyong 2026"])
def test_strong_ones_are_taken(password: str) -> None:
    validate_password(password, User(username="wangxiaoyan", name="王晓燕"))


@pytest.fixture
def system() -> Any:
    root = make_department("zhengzhou", kind="government")
    client = web()
    client.force_login(make_user("system", department=root, role="system-administrator"))
    return client


def one_time(page: Any) -> str:
    found = re.search(r'<code class="acc-secret">(\S+)</code>', page.content.decode())
    assert found
    assert "no-store" in page.headers["Cache-Control"]
    return found[1]


def test_a_new_account_gets_a_one_time_password_that_must_be_changed(system: Any) -> None:
    form = {"username": "new", "name": "新人", "department": make_department("market").pk, "phone": "", "email": ""}
    password = one_time(system.post("/admin/departments/user/add/", form))
    client = web()
    assert log_in(client, "new", password).status_code == 302
    for page in ("/admin/", "/admin/account/", "/admin/account/enrol/"):
        assert client.get(page).url == CHANGE
    assert "Somebody else chose your password" in client.get(CHANGE).content.decode()
    assert change(client, password, password).status_code == 200, "it must be another one"
    assert change(client, NEW, password).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert log_in(web(), "new", password).status_code == 200
    # The next login asks for nothing more.
    later = web()
    log_in(later, "new", NEW)
    assert later.get("/admin/").status_code == 200


def test_a_one_time_password_on_request_ends_the_sessions(system: Any) -> None:
    user = person("wang")
    client = web()
    log_in(client, "wang")
    page = f"/admin/departments/user/{user.pk}/password/"
    assert system.get(page).status_code == 200
    assert system.post(page, {"reason": ""}).status_code == 200
    assert client.get("/admin/").status_code == 200
    password = one_time(system.post(page, {"reason": "忘记密码"}))
    assert client.get("/admin/").status_code == 302
    assert log_in(client, "wang").status_code == 200
    assert log_in(client, "wang", password).status_code == 302
    assert client.get("/admin/").url == CHANGE
    event = LoginEvent.objects.get(kind="password-issued")
    assert (event.by.username, event.reason) == ("system", "忘记密码")  # type: ignore[union-attr]
    assert not LoginEvent.objects.filter(detail__contains=password).exists()


def test_a_one_time_password_lapses(settings: Any) -> None:
    make_user("wang")
    PasswordUse.objects.update(set_at=timezone.now() - timedelta(days=settings.ONE_TIME_DAYS, minutes=1))
    assert "not used in time" in errors(log_in(web(), "wang"))
    assert "wrong" in errors(log_in(web(), "wang", "nonsense"))


def test_an_old_password_must_be_changed(settings: Any) -> None:
    user = person("wang")
    PasswordUse.objects.update(set_at=timezone.now() - timedelta(days=settings.PASSWORD_DAYS, minutes=1))
    client = web()
    log_in(client, "wang")
    assert client.get("/admin/").url == CHANGE
    assert "older than 90 days" in client.get(CHANGE).content.decode()
    change(client)
    assert client.get("/admin/").status_code == 200
    assert events(user) == ["login", "password-changed"]


def test_an_account_from_before_the_rules_changes_its_password() -> None:
    person("wang")
    PasswordUse.objects.all().delete()
    client = web()
    log_in(client, "wang")
    assert client.get("/admin/").url == CHANGE


def test_the_last_five_do_not_come_back() -> None:
    person("wang")
    client = web()
    log_in(client, "wang")
    used = [PASSWORD, *(f"Number-{number}-of-mine" for number in range(6))]
    for old, new in pairwise(used):
        assert change(client, new, old).status_code == 302
    for again in used[2:]:
        page = change(client, again, used[-1])
        assert "last 5" in str(page.context["form"].errors)
    assert change(client, used[1], used[-1]).status_code == 302, "the sixth may"
    assert PasswordUse.objects.count() == 5


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one() -> None:
    person("wang")
    here, there = web(), web()
    for client in (here, there):
        log_in(client, "wang")
    assert change(here).status_code == 302
    assert here.get("/admin/account/").status_code == 200
    assert there.get("/admin/account/").status_code == 302


def test_demo_accounts_keep_theirs(settings: Any) -> None:
    settings.DEMO = True
    user = make_user("wang", is_demo=True)
    user.passwords_used.update(set_at=timezone.now() - timedelta(days=1000))
    client = web()
    assert log_in(client, "wang").status_code == 302
    assert client.get("/admin/").status_code == 200
