"""Logging in as people do, for the tests of logins."""

import base64
import time
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from apps.accounts import authenticator_apps
from apps.accounts.models import Factor, LoginEvent, LoginLock, Notice, PasswordUse, RecoveryCode, Session
from apps.accounts.terms import EventKind, FactorKind, LockScope
from apps.audit.context import acting
from apps.departments.models import User
from tests.factories import PASSWORD, make_user
from tests.planting import Side, plants

LOGIN = "/admin/login/"
SECOND = "/admin/login/second-factor/"
ACCOUNT = "/admin/account/"


def person(username: str = "", **values: Any) -> User:
    """Somebody who has chosen the own password PASSWORD."""
    user = make_user(username, **values)
    PasswordUse.objects.filter(user=user).update(initial=False)
    return user


def web(address: str = "10.0.0.1", agent: str = "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0") -> Client:
    """A browser of its own, at an address."""
    return Client(REMOTE_ADDR=address, headers={"accept-language": "en", "user-agent": agent})


def log_in(client: Client, username: str, password: str = PASSWORD, **posted: Any) -> Any:
    return client.post(LOGIN, {"username": username, "password": password, **posted})


def errors(response: Any) -> str:
    """What the form of a page says against its input as a whole."""
    assert response.status_code == 200, response
    return " ".join(response.context["form"].non_field_errors())


def told(response: Any) -> str:
    """The messages that the next page will show."""
    return " ".join(str(each) for each in get_messages(response.wsgi_request))


def with_app(user: User) -> bytes:
    """Give a person an authenticator app that has shown no code yet; returns its secret."""
    secret = authenticator_apps.new_secret(user)
    with acting(user_id=user.pk):
        Factor.objects.create(
            user=user, kind=FactorKind.APP, name="phone", secret=secret.sealed, wrapped_key=secret.wrapped_key
        )
    return base64.b32decode(authenticator_apps.secret_text(user, secret).replace(" ", ""))


def code(secret: bytes, *, steps: int = 0) -> str:
    """The code that the app shows now, or so many half minutes later."""
    return TOTP(secret, 6, SHA1(), 30).generate(int(time.time()) + 30 * steps).decode()


def events(user: User | None) -> list[str]:
    """The kinds of events of a person, oldest first."""
    return list(LoginEvent.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


@plants(Session, LoginEvent, Notice, LoginLock, PasswordUse, Factor, RecoveryCode)
def plant_accounts(side: Side) -> None:
    """What the platform keeps of the logins of the side's clerk."""
    person, now = side.office.clerk, timezone.now()
    Session.objects.create(
        user=person,
        session_key=side.text(Session, "session_key"),
        session_data="",
        expire_date=now,
        agent=side.text(Session, "agent"),
    )
    agent, detail = side.text(LoginEvent, "agent"), side.text(LoginEvent, "detail")
    event = LoginEvent.objects.create(kind=EventKind.LOGIN, user=person, agent=agent, detail=detail)
    Notice.objects.create(event=event, user=person)
    LoginLock.objects.create(
        scope=LockScope.values[0], key=side.text(LoginLock, "key").encode(), user=person, last_at=now
    )
    PasswordUse.objects.create(user=person, password=side.text(PasswordUse, "password"), initial=False)
    with acting(user_id=person.pk):
        Factor.objects.create(
            user=person, kind=FactorKind.APP, name=side.text(Factor, "name"), secret=b"secret", wrapped_key=b"key"
        )
        RecoveryCode.objects.create(user=person, code=side.text(RecoveryCode, "code").encode())
