"""``manage.py make_months``: what the nightly job does, by hand."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from apps.audit.partitions import make_months_ahead


class Command(BaseCommand):
    help = "Make the monthly partitions of history that are missing: this month's and those of the next three."

    def handle(self, *args: Any, **options: Any) -> None:
        made = make_months_ahead()
        self.stdout.write(_("%(number)s monthly partitions made.") % {"number": made})
