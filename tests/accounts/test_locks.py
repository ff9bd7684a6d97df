"""After repeated failures one has to wait: who, how long, and who has not."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts import rules
from apps.accounts.models import LoginEvent, LoginLock
from tests.factories import PASSWORD, make_department, make_user

from .factories import SECOND, code, errors, events, log_in, person, web, with_app

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("failures", "minutes"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (10, 32), (11, 60), (10_000, 60)]
)
def test_the_wait_grows(failures: int, minutes: int) -> None:
    assert rules.wait(failures, 5) == timedelta(minutes=minutes)


def test_the_right_password_does_not_help_while_locked() -> None:
    person("wang")
    stranger = web()
    for _attempt in range(5):
        assert "wrong" in errors(log_in(stranger, "wang", "nonsense"))
    assert "try again in 1 minute," in errors(log_in(stranger, "wang"))
    # Another device that the owner never used is no way round, nor are other capital letters.
    assert "try again" in errors(log_in(web("10.9.9.9"), "wang"))
    assert "try again" in errors(log_in(web("10.9.9.9"), "WANG"))


def test_a_lock_says_nothing_about_the_account() -> None:
    make_user("wang", is_active=False)
    answers = []
    for name in ("wang", "nobody-of-this-name"):
        client = web()
        answers.append([errors(log_in(client, name, "nonsense")) for _attempt in range(7)])
    assert answers[0] == answers[1]


def test_the_owner_gets_in_from_a_known_device_while_others_guess() -> None:
    person("wang")
    own = web("10.0.0.1")
    assert log_in(own, "wang").status_code == 302
    own.post("/admin/logout/")
    for _attempt in range(6):
        log_in(web("10.6.6.6"), "wang", "nonsense")
    assert "try again" in errors(log_in(web("10.6.6.6"), "wang"))
    assert log_in(own, "wang").status_code == 302


def test_a_known_device_has_its_own_count() -> None:
    person("wang")
    own = web()
    log_in(own, "wang")
    own.post("/admin/logout/")
    for _attempt in range(5):
        log_in(own, "wang", "nonsense")
    assert "try again" in errors(log_in(own, "wang"))


def test_the_time_over_one_may_try_again_and_waits_longer() -> None:
    person("wang")
    client = web()
    for _attempt in range(5):
        log_in(client, "wang", "nonsense")
    LoginLock.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert "wrong" in errors(log_in(client, "wang", "nonsense"))
    assert "2 minutes" in errors(log_in(client, "wang"))
    LoginLock.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert log_in(client, "wang").status_code == 302
    assert not LoginLock.objects.filter(user__username="wang").exists()


def test_old_failures_are_forgotten() -> None:
    person("wang")
    for _attempt in range(4):
        log_in(web(), "wang", "nonsense")
    LoginLock.objects.update(last_at=timezone.now() - timedelta(hours=25))
    for _attempt in range(4):
        assert "wrong" in errors(log_in(web(), "wang", "nonsense"))


def test_one_address_that_tries_many_names_is_locked_and_known_devices_there_are_not(settings: Any) -> None:
    settings.ADDRESS_FAILURES = 8
    person("wang")
    person("li")
    colleague = web("10.0.0.1")
    log_in(colleague, "wang")
    colleague.post("/admin/logout/")
    for number in range(8):
        log_in(web("10.0.0.1"), f"name-{number}", "nonsense")
    assert "try again" in errors(log_in(web("10.0.0.1"), "li"))
    assert log_in(colleague, "wang").status_code == 302
    assert log_in(web("10.0.0.2"), "li").status_code == 302


def test_behind_a_proxy_the_address_is_what_the_proxy_wrote(settings: Any) -> None:
    settings.BEHIND_PROXY = True
    person("wang")
    client = web("127.0.0.1")
    client.post(
        "/admin/login/",
        {"username": "wang", "password": "nonsense"},
        headers={"x-forwarded-for": "1.1.1.1, 10.7.7.7"},
    )
    assert LoginEvent.objects.get().address == "10.7.7.7"
    # Without the header nobody is taken for the proxy itself.
    log_in(client, "wang", "nonsense")
    assert LoginEvent.objects.first().address is None  # type: ignore[union-attr]
    assert list(LoginLock.objects.filter(scope="address").values_list("address", flat=True)) == ["10.7.7.7"]


def test_the_second_factor_is_locked_too() -> None:
    user = person("wang")
    secret = with_app(user)
    client = web()
    log_in(client, "wang")
    for _attempt in range(5):
        assert "not right" in errors(client.post(SECOND, {"code": "000000"}))
    assert "try again" in errors(client.post(SECOND, {"code": code(secret)}))


def test_failures_and_locks_are_on_record_without_what_was_typed() -> None:
    user = person("wang")
    for _attempt in range(6):
        log_in(web("10.1.2.3"), "wang", "MyRealPassword1")
    log_in(web("10.1.2.3"), "SecretTypedIntoTheWrongField1", "x")
    assert events(user) == ["failure"] * 5 + ["locked"]
    assert events(None) == ["failure"]
    for row in [*LoginEvent.objects.values_list(), *LoginLock.objects.values_list()]:
        assert "MyRealPassword1" not in str(row) and "SecretTyped" not in str(row)


def test_the_system_administrator_unlocks_with_a_reason() -> None:
    root = make_department("zhengzhou", kind="government")
    system = web()
    system.force_login(make_user("system", department=root, role="system-administrator"))
    clerk = web()
    clerk.force_login(make_user(department=make_department(), role="clerk"))
    user = person("wang")
    for _attempt in range(5):
        log_in(web("10.6.6.6"), "wang", "nonsense")
    lock = LoginLock.objects.get(user=user)
    page = f"/admin/accounts/loginlock/{lock.pk}/unlock/"
    assert "wang" in system.get("/admin/accounts/loginlock/").content.decode()
    assert clerk.get("/admin/accounts/loginlock/").status_code == 403
    assert clerk.post(page, {"reason": "x"}).status_code in (403, 404)
    assert system.post(page, {"reason": ""}).status_code == 200
    assert LoginLock.objects.filter(pk=lock.pk).exists()
    assert system.post(page, {"reason": "本人来电"}).status_code == 302
    event = LoginEvent.objects.get(kind="unlocked")
    assert (event.user, event.by.username, event.reason) == (user, "system", "本人来电")  # type: ignore[union-attr]
    assert log_in(web("10.6.6.6"), "wang", PASSWORD).status_code == 302
