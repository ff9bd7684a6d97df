"""Load the demo data: accounts, subjects, records. Only in demo mode, and only once."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext_noop

from apps.audit.context import every_department

APPS = ["departments", "subjects", "records", "objections"]


class Command(BaseCommand):
    help = "Load demo accounts and data (DEMO=1); what is there already stays as it is."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("Demo data is for demo mode only: set DEMO=1.")
        for app in APPS:
            with every_department(channel="command", reason=gettext_noop("demo data")), transaction.atomic():
                summary = import_module(f"apps.{app}.demo").load()
            self.stdout.write(f"{app}: {summary}")
