"""``manage.py check_translations``: no text without its translation."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import translations


class Command(BaseCommand):
    help = "Fail when a message catalogue has an entry that is missing or fuzzy."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        paths = translations.catalogues()
        lines = [line for path in paths for line in translations.gaps(path)]
        if lines:
            raise CommandError("\n".join([*lines, f"{len(lines)} entries to translate in {len(paths)} catalogues"]))
        self.stdout.write(f"{len(paths)} message catalogues complete")
