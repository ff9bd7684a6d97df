"""``manage.py create_administrator``: the first administrators of an installation."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.accounts import actions
from apps.audit.context import acting
from apps.departments.models import Department, User
from apps.departments.roles import ROOT, give_role
from apps.departments.terms import ADMINISTRATORS, Role


class Command(BaseCommand):
    help = "Make a system, security or audit administrator, and print a one-time password."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username", help="the login name")
        parser.add_argument("name", help="the full name")
        parser.add_argument("--role", required=True, choices=sorted(role.value for role in ADMINISTRATORS))
        parser.add_argument("--email", default="", help="where notices of logins go")

    def handle(self, *args: Any, **options: Any) -> None:
        department = Department.objects.filter(slug=ROOT).first()
        if department is None:
            raise CommandError(f"Department {ROOT} is missing: run load_reference first.")
        reason = "first administrators"
        user = User(username=options["username"], name=options["name"], email=options["email"], department=department)
        try:
            with transaction.atomic(), acting(channel="command", reason=reason):
                user.set_unusable_password()
                user.full_clean()
                user.save()
                give_role(target=user, role=Role(options["role"]), department=department)
                password = actions.issue_password(user=None, target=user, reason=reason)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{user.username}: one-time password {password}")
