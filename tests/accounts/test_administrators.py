"""The first administrators of an installation, and that there is no superuser in production."""

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from apps.accounts.checks import check_second_factor, check_superusers, refuse_unsafe
from apps.accounts.models import LoginEvent
from apps.departments import reference
from apps.departments.models import RoleGroup, User
from tests.factories import installing, make_user

from .factories import errors, log_in, web, with_app

pytestmark = pytest.mark.django_db


def test_the_first_administrators_come_from_a_command(capsys: Any) -> None:
    reference.load()
    with installing():
        call_command("create_administrator", "kai", "冯凯", "--role", "system-administrator")
    password = capsys.readouterr().out.split()[-1]
    user = User.objects.get(username="kai")
    assert [each.role for each in RoleGroup.objects.filter(group__user=user)] == ["system-administrator"]
    assert not user.is_superuser
    client = web()
    assert log_in(client, "kai", password).status_code == 302
    assert client.get("/admin/").url == "/admin/password_change/"
    assert LoginEvent.objects.get(kind="password-issued").channel == "command"


def test_the_command_refuses_what_a_page_would_refuse() -> None:
    with pytest.raises(CommandError, match="load_reference"):
        call_command("create_administrator", "kai", "冯凯", "--role", "system-administrator")
    reference.load()
    make_user("kai")
    with pytest.raises(CommandError):
        call_command("create_administrator", "kai", "冯凯", "--role", "system-administrator")
    with pytest.raises(CommandError):
        call_command("create_administrator", "li", "李", "--role", "clerk")
    assert not User.objects.filter(username="li").exists()


def test_an_administrator_gets_in_again_by_a_command(capsys: Any) -> None:
    user = make_user("auditor", role="audit-administrator")
    with_app(user)
    with installing():
        call_command("reset_login", "auditor", "--reason", "手机丢失")
    password = capsys.readouterr().out.split()[-1]
    assert not user.factors.exists()
    assert log_in(web(), "auditor", password).status_code == 302
    assert set(LoginEvent.objects.filter(reason="手机丢失").values_list("kind", flat=True)) == {
        "factors-reset",
        "password-issued",
    }
    with pytest.raises(CommandError, match="no account"):
        call_command("reset_login", "nobody", "--reason", "x")


@pytest.mark.parametrize("arguments", [[], ["--username", "root", "--noinput"]])
def test_no_command_makes_a_superuser(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="create_administrator"):
        call_command("createsuperuser", *arguments)


def test_production_does_not_start_with_a_superuser(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    refuse_unsafe()
    boss = make_user("boss", is_superuser=True)
    with pytest.raises(ImproperlyConfigured, match="boss"):
        refuse_unsafe()
    assert [each.id for each in check_superusers(None, databases=["default"])] == ["accounts.E001"]
    settings.DEMO = True
    refuse_unsafe()
    settings.DEMO = False
    User.objects.filter(pk=boss.pk).update(is_active=False)
    refuse_unsafe()


def test_production_does_not_start_without_the_second_factor(settings: Any) -> None:
    settings.SECOND_FACTOR_REQUIRED = False
    assert [each.id for each in check_second_factor(None)] == ["accounts.E002"]
    settings.DEMO = True
    assert not check_second_factor(None)


def test_a_superuser_does_not_log_in_outside_demo_mode(settings: Any) -> None:
    boss = make_user("boss", is_superuser=True)
    assert "three administrators" in errors(log_in(web(), "boss"))
    assert "wrong" in errors(log_in(web(), "boss", "nonsense"))
    client = web()
    client.force_login(boss)
    assert client.get("/admin/").status_code == 302
