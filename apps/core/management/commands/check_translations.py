"""``manage.py check_translations``: no text without its translation."""

import shutil
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core import translations


class Command(BaseCommand):
    help = "Fail when a text is in no message catalogue, not translated, fuzzy, or translated in two ways."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        paths = translations.catalogues()
        lines = [line for path in paths for line in translations.gaps(path)]
        lines += translations.clashes(paths)
        if shutil.which("xgettext"):
            lines += translations.untold()
        else:
            self.stderr.write("xgettext is missing: texts that are in no catalogue are not found. Install gettext.")
        if lines:
            raise CommandError("\n".join([*lines, f"{len(lines)} entries to translate in {len(paths)} catalogues"]))
        self.stdout.write(f"{len(paths)} message catalogues complete")
