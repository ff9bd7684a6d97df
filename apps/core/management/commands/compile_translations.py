"""``manage.py compile_translations``: .po to .mo, without the gettext programs."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.core import translations


class Command(BaseCommand):
    help = "Compile the message catalogues whose compiled form is missing or older."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        written = sum(translations.compile_catalogue(path) for path in translations.catalogues())
        self.stdout.write(f"{written} message catalogues compiled")
