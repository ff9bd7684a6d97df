"""Load the reference data of every app (fixtures/), from the lowest floor up."""

from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.translation import gettext_noop

from apps.audit.context import every_department

APPS = ["core", "departments", "catalogue", "subjects"]


class Command(BaseCommand):
    help = "Load departments, calendar, rules, catalogue, regions and industries; run it again after an upgrade."

    def handle(self, *args: Any, **options: Any) -> None:
        for app in APPS:
            with every_department(channel="command", reason=gettext_noop("reference data")), transaction.atomic():
                summary = import_module(f"apps.{app}.reference").load()
            self.stdout.write(f"{app}: {summary}")
