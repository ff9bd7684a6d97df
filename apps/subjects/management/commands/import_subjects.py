"""Load a business register: ``manage.py import_subjects FILE [--dry-run] [--json]``."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from apps.audit.context import every_department
from apps.core.sheets import SheetError
from apps.subjects.loading import as_json, load_register
from apps.subjects.resources import read_register

SHOWN = 20


class Command(BaseCommand):
    """Exit code 0 when the file could be read, wrong rows or not; else 1 and one clear line."""

    help = "Load organisations from a business register (xlsx, xls, csv). Wrong rows are reported and left out."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check and count, change nothing")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *args: Any, file: Path, dry_run: bool, **options: Any) -> None:
        try:
            register = read_register(file)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}") from error
        except SheetError as error:
            raise CommandError(f"{file.name}: {error}") from error
        with every_department(channel="command", reason=_("Business register %(file)s") % {"file": file.name}):
            loaded = load_register(register, dry_run=dry_run, source=file.name)
        if options["json"]:
            json.dump(as_json(loaded, register), sys.stdout, ensure_ascii=False)
            self.stdout.write("")
            return
        summary = _(
            "%(rows)s rows in %(seconds)s s: %(created)s new, %(updated)s updated (%(renamed)s renamed), "
            "%(unchanged)s unchanged, %(duplicates)s repeated, %(rejected)s rejected."
        )
        self.stdout.write(summary % vars(loaded))
        for wrong in loaded.errors[:SHOWN]:
            text = _("Row %(row)s, %(column)s “%(value)s”: %(message)s")
            self.stdout.write(text % vars(wrong))
        if len(loaded.errors) > SHOWN:
            self.stdout.write(_("… and %(count)s more errors.") % {"count": len(loaded.errors) - SHOWN})
        if dry_run:
            self.stdout.write(_("Nothing was changed (trial run)."))
