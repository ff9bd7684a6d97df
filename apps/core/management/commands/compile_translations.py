"""``manage.py compile_translations``: .po to .mo, without the gettext programs."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation.reloader import translation_file_changed

from apps.core import translations


class Command(BaseCommand):
    help = "Compile the message catalogues whose compiled form is missing or older."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        written = list(filter(translations.compile_catalogue, translations.catalogues()))
        for path in written:
            # A process reads a catalogue once; what this one says from now on is in the new one.
            translation_file_changed(None, path.with_suffix(".mo"))
        self.stdout.write(f"{len(written)} message catalogues compiled")
