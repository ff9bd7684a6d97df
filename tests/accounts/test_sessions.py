"""Sessions: how long they last, who sees and ends them, and what ends them by itself."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from apps.accounts.models import Session
from apps.accounts.tasks import clear_sessions
from apps.departments.models import Membership, User
from apps.departments.roles import give_role
from apps.departments.terms import Role
from tests.factories import installing, make_department, make_user

from .factories import ACCOUNT, events, log_in, person, web

pytestmark = pytest.mark.django_db
END = f"{ACCOUNT}sessions/end/"


def later(session: Session, **passed: Any) -> None:
    """Let time pass for a session, as if the clock had been put on."""
    gone = timedelta(**passed)
    Session.objects.filter(pk=session.pk).update(seen_at=session.seen_at - gone, expire_date=session.expire_date - gone)


def test_a_session_knows_whose_it_is_and_from_where() -> None:
    user = person("wang")
    client = web("10.3.2.1")
    log_in(client, "wang")
    row = Session.objects.get(user=user)
    assert (row.address, str(row.device)) == ("10.3.2.1", "Firefox · Windows")
    assert row.pk not in client.get(ACCOUNT).content.decode(), "the key opens the session: no page shows it"


def test_idle_for_too_long_ends_it(settings: Any) -> None:
    user = person("wang")
    client = web()
    log_in(client, "wang")
    later(user.sessions.get(), seconds=settings.SESSION_COOKIE_AGE - 60)
    assert client.get(ACCOUNT).status_code == 200
    assert user.sessions.get().expire_date > timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE - 5)
    later(user.sessions.get(), seconds=settings.SESSION_COOKIE_AGE + 1)
    assert client.get(ACCOUNT).status_code == 302


def test_no_work_makes_it_last_for_ever(settings: Any) -> None:
    user = person("wang")
    client = web()
    log_in(client, "wang")
    settings.SESSION_LONGEST_SECONDS = 600
    later(user.sessions.get(), seconds=120)
    assert client.get(ACCOUNT).status_code == 200
    assert user.sessions.get().expire_date <= timezone.now() + timedelta(seconds=600)
    settings.SESSION_LONGEST_SECONDS = 1
    later(user.sessions.get(), seconds=120)
    client.get(ACCOUNT)
    later(user.sessions.get(), seconds=2)
    assert client.get(ACCOUNT).status_code == 302


def test_a_page_that_asks_by_itself_keeps_nothing_alive(client: Any) -> None:
    """The progress of a batch, whether there is one or not: the session is looked at before the page."""
    user = person("wang", department=make_department("market"), role="clerk")
    client = web()
    log_in(client, "wang")
    later(user.sessions.get(), seconds=300)
    before = user.sessions.get()
    client.get("/admin/exchange/batch/1/progress/")
    assert user.sessions.get().expire_date == before.expire_date
    client.get("/admin/exchange/batch/")
    assert user.sessions.get().expire_date > before.expire_date


def test_work_is_noted_once_a_minute(django_assert_num_queries: Any) -> None:
    user = person("wang")
    client = web()
    log_in(client, "wang")
    later(user.sessions.get(), seconds=61)
    client.get(ACCOUNT)
    first = user.sessions.get().seen_at
    client.get(ACCOUNT)
    assert user.sessions.get().seen_at == first


def test_people_see_and_end_their_own_alone() -> None:
    user, other = person("wang"), person("li")
    here, there, foreign = web("10.0.0.1"), web("10.0.0.2", "Chrome/140 Android"), web("10.0.0.3")
    log_in(here, "wang")
    log_in(there, "wang")
    log_in(foreign, "li")
    page = here.get(ACCOUNT)
    text = page.content.decode()
    assert "10.0.0.2" in text and "Chrome · Android" in text and "10.0.0.3" not in text
    from apps.accounts.sessions import handle

    foreign_handle = handle(other.sessions.get().pk)
    here.post(END, {"session": foreign_handle})
    assert foreign.get(ACCOUNT).status_code == 200
    wanted = next(each["handle"] for each in page.context["sessions"] if not each["own"])
    here.post(END, {"session": wanted})
    assert there.get(ACCOUNT).status_code == 302
    assert here.get(ACCOUNT).status_code == 200
    assert events(user)[-1] == "session-ended"


def test_all_others_end_at_once() -> None:
    person("wang")
    clients = [web(), web(), web()]
    for client in clients:
        log_in(client, "wang")
    clients[0].post(END)
    assert [client.get(ACCOUNT).status_code for client in clients] == [200, 302, 302]


def test_the_system_administrator_ends_them_with_a_reason() -> None:
    root = make_department("zhengzhou", kind="government")
    system = web()
    system.force_login(make_user("system", department=root, role="system-administrator"))
    user = person("wang")
    client = web()
    log_in(client, "wang")
    page = f"/admin/departments/user/{user.pk}/end-sessions/"
    system.post(page, {"reason": ""})
    assert client.get(ACCOUNT).status_code == 200
    system.post(page, {"reason": "电脑失窃"})
    assert client.get(ACCOUNT).status_code == 302


def test_a_change_of_roles_or_standing_ends_them() -> None:
    market = make_department("market")
    user = person("wang", department=market, role="clerk")

    def ends(change: Any) -> bool:
        client = web()
        log_in(client, "wang")
        assert client.get(ACCOUNT).status_code == 200
        change()
        return not Session.objects.filter(user=user).exists() and client.get(ACCOUNT).status_code == 302

    def promote() -> None:
        with installing():
            give_role(target=user, role=Role.REVIEWER, department=market)

    assert ends(promote)
    assert ends(lambda: Membership.objects.filter(user=user).delete())
    assert ends(lambda: User.objects.filter(pk=user.pk).update(is_active=False))
    User.objects.filter(pk=user.pk).update(is_active=True)
    client = web()
    log_in(client, "wang")
    User.objects.filter(pk=user.pk).update(phone="123")
    assert client.get(ACCOUNT).status_code == 200, "another phone number is no reason"


@pytest.mark.django_db(transaction=True)
def test_a_change_by_psql_ends_them_too(owner_connection: psycopg.Connection) -> None:
    user = person("wang")
    client = web()
    log_in(client, "wang")
    owner_connection.execute("UPDATE departments_user SET is_active = false WHERE id = %s", [user.pk])
    assert not Session.objects.exists()
    assert client.get(ACCOUNT).status_code == 302


def test_ended_sessions_are_removed_at_night() -> None:
    user = person("wang")
    log_in(web(), "wang")
    log_in(web(), "wang")
    later(user.sessions.first(), days=1)
    clear_sessions(0)
    assert user.sessions.count() == 1
