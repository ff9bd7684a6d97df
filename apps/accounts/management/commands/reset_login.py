"""``manage.py reset_login``: lets a person in again whom no system administrator may help, another administrator."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.accounts import actions
from apps.audit.context import acting
from apps.departments.models import User


class Command(BaseCommand):
    help = (
        "Take away a person's second factors, end the sessions and print a one-time password. For administrators, "
        "whose logins nobody resets from a page."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="goes into the log of logins")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['username']}.")
        try:
            with transaction.atomic(), acting(channel="command"):
                actions.reset_factors(target=user, reason=options["reason"])
                password = actions.issue_password(user=None, target=user, reason=options["reason"])
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{user.username}: one-time password {password}")
