"""Install the administrators of the demo; ``manage.py`` runs this as the owner."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils.translation import gettext_noop

from apps.audit.context import acting
from apps.departments import demo, reference


class Command(BaseCommand):
    help = "Install departments and the demo's administrators as the owner (DEMO=1); load_demo does the rest."

    def handle(self, *args: Any, **options: Any) -> None:
        with acting(channel="command", reason=gettext_noop("demo data")), transaction.atomic():
            reference.load()
            summary = demo.load_administrators()
        self.stdout.write(summary)
