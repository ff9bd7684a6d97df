"""Fill a database with a city of any size, to measure on."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.audit.context import every_department
from apps.catalogue.models import InformationItem
from apps.core.models import CalendarYear
from apps.departments.models import Department
from apps.desk.city import offices, people, pools, records, subjects
from apps.records.models import Record

PERSONS = 0.01
"""Share of natural persons among the subjects: each costs two encryptions and a key."""


class Command(BaseCommand):
    help = (
        "Fill a database with invented subjects and records of ten years, skewed as in a real city. For measuring: "
        "the same --seed gives the same city. Codes are valid, history is written as for every change."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--subjects", type=_number, required=True, help="how many subjects to add, such as 20000")
        parser.add_argument("--records", type=_number, required=True, help="how many records to add, such as 100000")
        parser.add_argument("--seed", type=int, default=1, help="another number makes another city (default: 1)")
        parser.add_argument(
            "--departments",
            nargs="+",
            default=[],
            metavar="SLUG",
            help="the departments that report, the one with most records first (default: all that collect)",
        )
        parser.add_argument(
            "--jobs", type=int, choices=range(1, 9), default=1, help="connections that write at once (default: 1)"
        )
        parser.add_argument("--add", action="store_true", help="add to the records that are there already")
        parser.add_argument(
            "--into", metavar="DATABASE", default="", help="name of the database; needed outside demo and debug mode"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with every_department(channel="command", reason=gettext_noop("generated for measuring")):
            self._generate(options)

    def _generate(self, options: dict[str, Any]) -> None:
        seed, jobs, today = options["seed"], options["jobs"], timezone.localdate()
        with transaction.atomic():
            self._check(options)
            departments = self._departments(options["departments"])
        began = time.monotonic()
        persons = round(options["subjects"] * PERSONS)
        organisations = options["subjects"] - persons
        subjects.load(seed, organisations, today, self._clock(_("subjects"), organisations), jobs=jobs)
        people.load(seed, persons, self._clock(_("persons"), persons))
        with transaction.atomic():
            staff = offices.staffed(seed, departments, pools.kinds_on_record())
        if options["records"] and not staff:
            raise CommandError(_("There is no subject that a record could be about: give --subjects a number."))
        records.load(seed, options["records"], staff, today, self._clock(_("records"), options["records"]), jobs=jobs)
        self.stdout.write(_("Collecting statistics"))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.stdout.write(_("Done in %(seconds)d s.") % {"seconds": time.monotonic() - began})

    def _departments(self, slugs: list[str]) -> list[Department]:
        try:
            return offices.reporting(slugs)
        except ValueError as error:
            raise CommandError(
                _("--departments: there is no active department “%(slug)s” that has a unified social credit code.")
                % {"slug": error}
            ) from None

    def _check(self, options: dict[str, Any]) -> None:
        name = connection.settings_dict["NAME"]
        if options["into"] != name and (options["into"] or not (settings.DEMO or settings.DEBUG)):
            raise CommandError(
                _(
                    "This database is named “%(name)s”. Invented records do not belong among real ones; where that is "
                    "meant all the same, say --into %(name)s."
                )
                % {"name": name}
            )
        if not CalendarYear.objects.exists() or not InformationItem.objects.exists():
            raise CommandError(_("Departments, calendar or catalogue are missing: run load_reference first."))
        if not options["add"] and Record.objects.exists():
            raise CommandError(_("There are records already: say --add to add to them."))

    def _clock(self, what: str, total: int) -> Any:
        """Tells how far the work is and how fast, whenever it is told how many there are."""
        began = time.monotonic()

        def told(done: int) -> None:
            speed = done / max(time.monotonic() - began, 0.001)
            self.stdout.write(
                _("%(what)s: %(done)s of %(total)s, %(speed)s a second, %(left)d s left")
                % {
                    "what": what,
                    "done": f"{done:,}",
                    "total": f"{total:,}",
                    "speed": f"{speed:,.0f}",
                    "left": (total - done) / speed if speed else 0,
                }
            )

        return told


def _number(text: str) -> int:
    try:
        number = int(text.replace("_", "").replace(",", ""))
    except ValueError:
        number = -1
    if number < 0:
        raise ArgumentTypeError(_("“%(text)s” is no number of rows: write it like 20000.") % {"text": text})
    return number
