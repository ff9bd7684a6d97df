"""``manage.py seed_calendar``: the announced years of the working-day calendar."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.core.reference import seed_calendar


class Command(BaseCommand):
    help = "Enter the working-day calendar of the announced years. Safe to repeat: edited days stay."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"calendar years: {seed_calendar()}")
