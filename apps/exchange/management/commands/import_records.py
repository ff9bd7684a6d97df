"""Import a file of records from the command line, in the foreground."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.catalogue.models import InformationItem
from apps.catalogue.specs import item_spec
from apps.core.sheets import Limits, SheetError
from apps.departments.models import Department, User
from apps.departments.scope import acting_as
from apps.exchange import runs, vault
from apps.exchange.engine.annotate import annotate
from apps.exchange.engine.read import FileRefused
from apps.exchange.engine.run import Job, Report, run
from apps.exchange.messages import message
from apps.exchange.models import Batch


class Command(BaseCommand):
    help = str(
        _(
            "Import a spreadsheet of records. All rows are checked; the right ones are loaded as records submitted for "
            "review, the wrong ones are reported. --all-or-nothing loads nothing when any row is wrong."
        )
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--item", required=True, help=gettext("code of the information item, such as penalty-legal")
        )
        parser.add_argument("--department", required=True, help=gettext("slug or unified social credit code"))
        parser.add_argument("--user", required=True, help=gettext("login name of the clerk who answers for the file"))
        parser.add_argument("--dry-run", action="store_true", help=gettext("check only; nothing is stored"))
        parser.add_argument("--all-or-nothing", action="store_true", help=gettext("load nothing when any row is wrong"))
        parser.add_argument(
            "--annotated", type=Path, metavar="OUT.xlsx", help=gettext("write the file with its errors marked")
        )
        parser.add_argument(
            "--only-rejected", action="store_true", help=gettext("only the wrong rows in the annotated file")
        )
        parser.add_argument("--json", action="store_true", help=gettext("one JSON object on standard output"))

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(settings.LANGUAGE_CODE):
            try:
                self._import(options)
            except (FileRefused, SheetError, vault.TooLarge) as error:
                raise CommandError(f"{options['file']}: {error}") from error
            except (PermissionDenied, ValidationError) as error:
                text = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
                raise CommandError(text) from error
            except OSError as error:
                raise CommandError(f"{error.filename or options['file']}: {error.strerror or error}") from error
            except DatabaseError as error:
                # The database quotes the row in its messages; personal data must not get into a log.
                if options["traceback"]:
                    raise
                text = gettext("The database refused the work (%(kind)s).") % {"kind": type(error).__name__}
                raise CommandError(text) from None

    def _import(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        item, department, user = self._who(options)
        with acting_as(user, channel="command"):
            runs.check_right(user=user, item=item, department=department)
            batch = None
            if options["dry_run"]:
                report = run(Job(item, department, user), path, keep=False, partial=not options["all_or_nothing"])
            else:
                batch, report = self._keep(path, item, department, user, partial=not options["all_or_nothing"])
        if options["annotated"]:
            marks = runs.marks_of(report)
            book = annotate(path, item_spec(item), marks, only_rejected=options["only_rejected"])
            options["annotated"].write_bytes(book)
        if options["json"]:
            self.stdout.write(json.dumps(as_dict(report, batch), ensure_ascii=False))
        else:
            self._tell(report, batch, dry_run=options["dry_run"])

    def _who(self, options: dict[str, Any]) -> tuple[InformationItem, Department, User]:
        item = InformationItem.objects.filter(code=options["item"]).first()
        if item is None:
            codes = ", ".join(InformationItem.objects.values_list("code", flat=True))
            raise CommandError(
                gettext("There is no information item “%(code)s”, only: %(codes)s.")
                % {"code": options["item"], "codes": codes}
            )
        departments = Department.objects.all()
        department = (
            departments.filter(slug=options["department"]).first()
            or departments.filter(uscc=options["department"]).first()
        )
        if department is None:
            raise CommandError(
                gettext("There is no department with the slug or code “%(name)s”.") % {"name": options["department"]}
            )
        user = User.objects.filter(username=options["user"], is_active=True).first()
        if user is None:
            raise CommandError(gettext("There is no active user “%(name)s”.") % {"name": options["user"]})
        return item, department, user

    def _keep(
        self, path: Path, item: InformationItem, department: Department, user: User, *, partial: bool
    ) -> tuple[Batch, Report]:
        """Batch and records in one transaction: a killed command leaves neither."""
        batch = None
        try:
            with transaction.atomic():
                batch = runs.receive(
                    user=user,
                    item=item,
                    department=department,
                    name=path.name,
                    chunks=_chunks(path),
                    limit=Limits().size,
                    state=Batch.State.LOADING,
                )
                batch.mode = Batch.Mode.PARTIAL if partial else Batch.Mode.ALL
                report = runs.work(batch, keep=True)
                if batch.state == Batch.State.FAILED:
                    raise FileRefused("refused", batch.failure)
        except BaseException:
            if batch is not None:
                vault.files.remove(batch.stored_name)
            raise
        return batch, report

    def _tell(self, report: Report, batch: Batch | None, *, dry_run: bool) -> None:
        found = as_dict(report, batch)
        for error in found["errors"]:
            self.stdout.write(f"{error['row']}\t{error['column']}\t{error['value']}\t{error['message']}")
        self.stdout.write(
            str(
                _(
                    "%(rows)s rows: %(accepted)s right, %(rejected)s wrong, %(duplicates)s on record already, "
                    "%(subjects_created)s new subjects; %(seconds)s s"
                )
            )
            % found
        )
        if dry_run:
            self.stdout.write(gettext("Checked only; nothing was stored."))
        elif not report.kept:
            self.stdout.write(
                gettext("Nothing was loaded. Correct the wrong rows, or accept the right ones in the admin.")
            )


def as_dict(report: Report, batch: Batch | None) -> dict[str, Any]:
    """The answer as one object; ``loaded`` tells whether the right rows were stored."""
    errors = [
        {
            "row": row["row"],
            "column": row["column"],
            "value": row["value"],
            "code": row["code"],
            "message": message(row["code"], json.loads(row["params"])),
        }
        for row in report.errors.iter_rows(named=True)
    ]
    return {
        "rows": report.rows,
        "accepted": report.accepted,
        "rejected": report.rejected,
        "duplicates": report.duplicates,
        "subjects_created": report.subjects_created,
        "seconds": report.seconds,
        "batch": batch.pk if batch else None,
        "loaded": report.kept,
        "edition": report.edition,
        "errors": errors,
    }


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk
