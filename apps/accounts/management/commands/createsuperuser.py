"""``manage.py createsuperuser`` is refused."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError


class Command(createsuperuser.Command):
    help = "Refused: there are three administrators instead of a superuser (create_administrator)."

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(
            "Credit City has no superusers: system, security and audit administrator are three persons. Make each with "
            "`manage.py create_administrator USERNAME NAME --role system-administrator` (or security-administrator, "
            "audit-administrator)."
        )
