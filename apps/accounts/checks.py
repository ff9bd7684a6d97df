"""What must not be the case outside demo mode (``manage.py check --deploy --database default``)."""

from collections.abc import Sequence
from typing import Any, Final

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

from apps.departments.models import User

TAG: Final = "accounts"


@checks.register(TAG, checks.Tags.database, deploy=True)
def check_superusers(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[checks.CheckMessage]:
    """No active superuser: one person would be all three administrators. Asks the database where it is named."""
    if settings.DEMO or not databases:
        return []
    names = list(User.objects.filter(is_superuser=True, is_active=True).values_list("username", flat=True))
    if not names:
        return []
    return [
        checks.Error(
            f"There are superusers: {', '.join(names)}.",
            hint="UPDATE departments_user SET is_superuser = false WHERE is_superuser; administrators are made with "
            "`manage.py create_administrator`.",
            id="accounts.E001",
        )
    ]


@checks.register(TAG, checks.Tags.security, deploy=True)
def check_second_factor(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """Only demo mode may do without the second factor."""
    if settings.DEMO or settings.SECOND_FACTOR_REQUIRED:
        return []
    return [
        checks.Error(
            "SECOND_FACTOR_REQUIRED is off outside demo mode.",
            hint="Leave the setting as credit_city/settings.py has it.",
            id="accounts.E002",
        )
    ]


def refuse_unsafe() -> None:
    """For the start of the web server: raises ImproperlyConfigured when one of these checks fails."""
    found = checks.run_checks(tags=[TAG], include_deployment_checks=True, databases=["default"])
    if found:
        raise ImproperlyConfigured("; ".join(f"{each.msg} {each.hint}" for each in found))
