"""``manage.py archive_months FOLDER``: old months of history and access log go to files, or come back from them."""

import datetime
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.archive import moving
from apps.audit.archive.files import ArchiveError, place
from apps.audit.seals.tables import SealedTable
from credit_city import roles


class Command(BaseCommand):
    help = str(
        gettext_lazy(
            "Move the months of history and access log that need not stay in the database to files: each is compared "
            "with its seals, then detached, and remains as a table by itself unless --drop is said. --attach brings "
            "months back."
        )
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help=_("folder of the files"))
        parser.add_argument(
            "--before", type=_month, metavar="YYYY-MM", help=_("only months before this one (default: all that may go)")
        )
        parser.add_argument(
            "--attach", type=_month, nargs="+", default=[], metavar="YYYY-MM", help=_("bring these months back")
        )
        parser.add_argument("--table", action="append", default=[], help=_("only this table; may be said again"))
        parser.add_argument("--drop", action="store_true", help=_("remove from the database what is in the file"))
        parser.add_argument("--dry-run", action="store_true", help=_("only tell what would be done"))

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(settings.LANGUAGE_CODE):
            tables = self._tables(options["table"])
            try:
                options["folder"].mkdir(mode=0o700, parents=True, exist_ok=True)
                with roles.connect(connection.settings_dict) as database:
                    if options["attach"]:
                        self._attach(database, tables, options)
                    else:
                        self._archive(database, tables, options)
            except ArchiveError as error:
                raise CommandError(str(error)) from error
            except OSError as error:
                raise CommandError(f"{error.filename or options['folder']}: {error.strerror or error}") from error

    def _tables(self, names: list[str]) -> list[SealedTable]:
        tables = moving.archivable()
        known = {table.name for table in tables}
        if unknown := [name for name in names if name not in known]:
            text = _("%(names)s: no such table is kept in months. Those that are: %(known)s.")
            raise CommandError(text % {"names": ", ".join(unknown), "known": ", ".join(sorted(known))})
        return [table for table in tables if not names or table.name in names]

    def _archive(self, database: psycopg.Connection, tables: list[SealedTable], options: dict[str, Any]) -> None:
        folder, before = options["folder"], options["before"]
        number = 0
        for table in tables:
            since = moving.online_since(table, timezone.now().date())
            if before and before > since:
                text = _("%(table)s stays in the database from %(since)s on: name no later month in --before.")
                raise CommandError(text % {"table": table.name, "since": f"{since:%Y-%m}"})
        for table in tables:
            since = moving.online_since(table, timezone.now().date())
            for month in moving.months_before(database, table, before or since):
                number += 1
                if options["dry_run"]:
                    rows = moving.rows_in(database, month)
                else:
                    rows = moving.archive(database, month, folder, drop=options["drop"]).rows
                told = {"month": month, "rows": rows, "file": place(folder, table.name, month.first)}
                self.stdout.write(_("%(month)s: %(rows)s rows to %(file)s") % told)
        done = _("%(number)s months would be archived.") if options["dry_run"] else _("%(number)s months archived.")
        self.stdout.write(done % {"number": number})

    def _attach(self, database: psycopg.Connection, tables: list[SealedTable], options: dict[str, Any]) -> None:
        folder, number = options["folder"], 0
        for table in tables:
            for first in options["attach"]:
                path = place(folder, table.name, first)
                if not path.is_file() and not options["table"]:
                    continue
                number += 1
                if not options["dry_run"]:
                    moving.attach(database, table, first, folder)
                self.stdout.write(_("%(table)s %(month)s from %(file)s") % {
                    "table": table.name, "month": f"{first:%Y-%m}", "file": path
                })  # fmt: skip
        if not number:
            raise CommandError(_("%(folder)s has no file of these months.") % {"folder": folder})
        done = (
            _("%(number)s months would be brought back.")
            if options["dry_run"]
            else _("%(number)s months brought back.")
        )
        self.stdout.write(done % {"number": number})


def _month(text: str) -> datetime.date:
    try:
        return datetime.datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise ArgumentTypeError(_("“%(text)s” is no month: write it as 2026-01.") % {"text": text}) from None
