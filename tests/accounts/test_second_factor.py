"""The second factor: asked for after the password, set up by force, used once, lost and reset."""

import re
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from apps.accounts import recovery_codes
from apps.accounts.models import Factor, LoginEvent, RecoveryCode
from apps.audit.context import acting
from apps.departments.models import TwoPersonChange, User
from apps.departments.terms import Act
from tests.factories import make_department, make_user

from .factories import ACCOUNT, LOGIN, SECOND, code, errors, events, log_in, person, web, with_app

pytestmark = pytest.mark.django_db
ADD_APP = f"{ACCOUNT}authenticator-app/"
ENROL = f"{ACCOUNT}enrol/"


@pytest.fixture
def asked_for(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


def secret_shown(page: Any) -> bytes:
    import base64

    return base64.b32decode(page.context["secret"].replace(" ", ""))


def test_a_right_password_opens_nothing_by_itself() -> None:
    with_app(person("wang"))
    client = web()
    assert log_in(client, "wang").url == SECOND
    assert client.get("/admin/").status_code == 302
    assert client.get(ACCOUNT).status_code == 302


def test_the_code_of_the_app_opens_the_page_that_was_asked_for() -> None:
    secret = with_app(person("wang"))
    client = web()
    client.post(f"{LOGIN}?next=/admin/account/", {"username": "wang", "password": "correct-horse-battery"})
    response = client.post(SECOND, {"code": code(secret)})
    assert (response.status_code, response.url) == (302, "/admin/account/")
    assert client.get(ACCOUNT).status_code == 200


def test_a_code_holds_once() -> None:
    secret = with_app(person("wang"))
    shown = code(secret)
    first, second = web(), web()
    for client in (first, second):
        log_in(client, "wang")
    assert first.post(SECOND, {"code": shown}).status_code == 302
    assert "not right" in errors(second.post(SECOND, {"code": shown}))
    # Nor does an older one that the clock would still allow.
    assert "not right" in errors(second.post(SECOND, {"code": code(secret, steps=-1)}))
    assert second.post(SECOND, {"code": code(secret, steps=1)}).status_code == 302


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_time_is_refused(steps: int) -> None:
    secret = with_app(person("wang"))
    client = web()
    log_in(client, "wang")
    assert "not right" in errors(client.post(SECOND, {"code": code(secret, steps=steps)}))


def test_the_code_of_another_person_is_refused() -> None:
    with_app(person("wang"))
    other = with_app(person("li"))
    client = web()
    log_in(client, "wang")
    assert "not right" in errors(client.post(SECOND, {"code": code(other)}))


def test_nobody_comes_to_the_second_step_without_the_first(monkeypatch: Any) -> None:
    secret = with_app(person("wang"))
    assert web().get(SECOND).url == LOGIN
    assert web().post(SECOND, {"code": code(secret)}).url == LOGIN
    late = web()
    log_in(late, "wang")
    from apps.accounts import logging_in

    monkeypatch.setattr(logging_in, "WAITING_SECONDS", -1)
    assert late.post(SECOND, {"code": code(secret)}).url == LOGIN


def test_a_password_changed_meanwhile_closes_the_second_step() -> None:
    user = person("wang")
    secret = with_app(user)
    client = web()
    log_in(client, "wang")
    user.set_password("another-Password-1")
    user.save()
    assert client.post(SECOND, {"code": code(secret)}).url == LOGIN


def test_the_secret_is_not_in_the_database() -> None:
    secret = with_app(person("wang"))
    row = Factor.objects.get()
    stored = bytes(row.secret) + bytes(row.wrapped_key)  # type: ignore[arg-type]
    import base64

    assert secret not in stored and base64.b32encode(secret) not in stored


def test_a_recovery_code_replaces_the_factor_once() -> None:
    user = person("wang")
    with_app(user)
    one = recovery_codes.make(user)[0]
    client = web()
    log_in(client, "wang")
    assert client.post(SECOND, {"code": one.upper().replace("-", " ")}).status_code == 302
    assert events(user)[-2:] == ["code-used", "login"]
    client = web()
    log_in(client, "wang")
    assert "not right" in errors(client.post(SECOND, {"code": one}))
    assert recovery_codes.left(user) == 9
    plain = one.replace("-", "")
    assert all(plain.encode() not in bytes(row.code) for row in RecoveryCode.objects.all())


def test_whoever_has_none_sets_one_up_before_anything_else(asked_for: None) -> None:
    user = person("wang", department=make_department("market"), role="clerk")
    client = web()
    log_in(client, "wang")
    for page in ("/admin/", "/admin/records/record/", ACCOUNT, f"{ACCOUNT}recovery-codes/"):
        assert client.get(page).url == ENROL
    assert client.get(ENROL).status_code == 200
    page = client.get(ADD_APP)
    picture = page.context["picture"]
    assert picture.startswith("data:image/svg+xml")
    secret = secret_shown(page)
    wrong = client.post(ADD_APP, {"name": "phone", "code": "000000"})
    assert secret_shown(wrong) == secret, "the picture scanned stays the right one"
    assert client.get("/admin/").url == ENROL
    done = client.post(ADD_APP, {"name": "phone", "code": code(secret)})
    codes = re.findall(r"<code>([a-z0-9-]+)</code>", done.content.decode())
    assert len(codes) == len(set(codes)) == 10
    assert "no-store" in done.headers["Cache-Control"]
    assert client.get("/admin/").status_code == 200
    assert events(user) == ["login", "factor-added"]
    # The code that set it up is used up as well.
    again = web()
    log_in(again, "wang")
    assert "not right" in errors(again.post(SECOND, {"code": code(secret)}))


def test_a_session_from_times_when_none_was_asked_for_is_worth_nothing(settings: Any) -> None:
    user = person("wang")
    client = web()
    log_in(client, "wang")
    with_app(user)
    settings.SECOND_FACTOR_REQUIRED = True
    assert client.get("/admin/").url == ENROL
    assert client.get(ENROL).url == LOGIN
    assert client.get(ADD_APP).status_code == 302
    assert Factor.objects.count() == 1


def test_changing_factors_asks_for_the_password_again(monkeypatch: Any) -> None:
    from apps.accounts import logging_in

    user = person("wang")
    with_app(user)
    client = web()
    client.force_login(user)
    confirm = f"{ACCOUNT}confirm/?next=%2Fadmin%2Faccount%2Fauthenticator-app%2F"
    assert client.get(ADD_APP).url == confirm
    factor = user.factors.get()
    assert client.post(f"{ACCOUNT}factors/{factor.pk}/remove/").url.startswith(f"{ACCOUNT}confirm/")
    assert client.post(f"{ACCOUNT}recovery-codes/").url.startswith(f"{ACCOUNT}confirm/")
    assert user.factors.exists() and not recovery_codes.left(user)
    assert client.post(confirm, {"password": "wrong"}).status_code == 200
    assert client.post(confirm, {"password": "correct-horse-battery"}).url == ADD_APP
    assert client.get(ADD_APP).status_code == 200
    assert client.post(f"{ACCOUNT}confirm/?next=//evil.example/", {"password": "correct-horse-battery"}).url == ACCOUNT
    monkeypatch.setattr(logging_in, "PROOF_SECONDS", -1)
    assert client.get(ADD_APP).url == confirm


def logged_in_with_app(user: User) -> Client:
    secret = with_app(user)
    client = web()
    log_in(client, user.username)
    client.post(SECOND, {"code": code(secret)})
    return client


def test_the_last_factor_stays_where_one_is_asked_for(asked_for: None) -> None:
    user = person("wang")
    client = logged_in_with_app(user)
    only = user.factors.get()
    with_app(user)
    client.post(f"{ACCOUNT}factors/{only.pk}/remove/")
    assert only not in user.factors.all()
    client.post(f"{ACCOUNT}factors/{user.factors.get().pk}/remove/")
    assert user.factors.count() == 1
    assert events(user).count("factor-removed") == 1


def test_nobody_removes_the_factor_of_another() -> None:
    user = person("wang")
    client = logged_in_with_app(user)
    other = person("li")
    with_app(other)
    assert client.post(f"{ACCOUNT}factors/{other.factors.get().pk}/remove/").status_code == 404
    assert other.factors.exists()


def test_without_a_factor_there_are_no_recovery_codes() -> None:
    user = person("wang")
    client = logged_in_with_app(user)
    client.post(f"{ACCOUNT}recovery-codes/")
    assert recovery_codes.left(user) == 10
    client.post(f"{ACCOUNT}factors/{user.factors.get().pk}/remove/")
    assert recovery_codes.left(user) == 0
    assert client.post(f"{ACCOUNT}recovery-codes/").status_code == 404


@pytest.fixture
def administrators() -> tuple[User, User]:
    """The system administrator, and the security administrator who is the second person."""
    root = make_department("zhengzhou", kind="government")
    return (
        make_user("system", department=root, role="system-administrator"),
        make_user("security", department=root, role="security-administrator"),
    )


def test_a_lost_factor_is_reset_by_two_persons_and_ends_the_sessions(administrators: tuple[User, User]) -> None:
    first, second = administrators
    system, security = web(), web()
    system.force_login(first)
    security.force_login(second)
    user = person("wang", email="wang@example.org")
    client = logged_in_with_app(user)
    recovery_codes.make(user)
    page = f"/admin/departments/user/{user.pk}/factors/"
    assert system.get(page).status_code == 200
    assert system.post(page, {"reason": " "}).status_code == 200
    assert not TwoPersonChange.objects.exists()
    assert system.post(page, {"reason": "手机丢失，本人到场"}).status_code == 302
    change = TwoPersonChange.objects.get(act=Act.RESET_FACTORS)
    assert user.factors.exists() and client.get("/admin/").status_code == 200, "one person alone changes nothing"
    decide = f"/admin/departments/twopersonchange/{change.pk}/do/confirm/"
    system.post(decide)
    assert user.factors.exists(), "nor does the same person twice"
    security.post(decide)
    assert not user.factors.exists() and not user.recovery_codes.exists()
    assert client.get("/admin/").status_code == 302
    event = LoginEvent.objects.get(kind="factors-reset")
    assert (event.user, event.by, event.reason, event.detail) == (user, first, "手机丢失，本人到场", "security")
    assert user.login_notices.filter(event=event).exists()
    # There is nothing left to reset.
    system.post(page, {"reason": "x"})
    assert TwoPersonChange.objects.count() == 1


def test_the_database_lets_nobody_else_touch_a_factor(administrators: tuple[User, User]) -> None:
    user, other = person("wang"), person("li")
    with_app(user)
    factor = user.factors.get()
    for actor in (administrators[0].pk, other.pk, None):
        with acting(user_id=actor):
            for change in (
                lambda: Factor.objects.filter(pk=factor.pk).delete(),
                lambda: Factor.objects.create(user=user, kind="app", name="x", secret=b"x"),
            ):
                with pytest.raises(IntegrityError), transaction.atomic():
                    change()
    for actor in (user.pk, other.pk):
        with acting(user_id=actor), pytest.raises(IntegrityError), transaction.atomic():
            Factor.objects.filter(pk=factor.pk).update(secret=b"mine")
    assert user.factors.count() == 1


def test_nobody_resets_an_administrator_or_oneself() -> None:
    root = make_department("zhengzhou", kind="government")
    administrator = make_user("system", department=root, role="system-administrator")
    auditor = make_user("auditor", department=root, role="audit-administrator")
    clerk = make_user(department=make_department(), role="clerk")
    system = web()
    system.force_login(administrator)
    for target in (auditor, administrator):
        for page in ("factors", "password"):
            assert system.post(f"/admin/departments/user/{target.pk}/{page}/", {"reason": "x"}).status_code == 403
    other = web()
    other.force_login(clerk)
    for page in ("factors", "password", "end-sessions"):
        address = f"/admin/departments/user/{auditor.pk}/{page}/"
        assert other.post(address, {"reason": "x"}).status_code in (403, 404)
    assert not LoginEvent.objects.exclude(kind="login").exists()


def test_the_code_counter_only_grows() -> None:
    """A clock set back does not open codes that were used."""
    user = person("wang")
    secret = with_app(user)
    future = int(timezone.now().timestamp()) // 30 + 100
    Factor.objects.update(counter=future)
    client = web()
    log_in(client, "wang")
    assert "not right" in errors(client.post(SECOND, {"code": code(secret)}))
