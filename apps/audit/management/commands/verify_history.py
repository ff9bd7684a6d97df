"""``manage.py verify_history``: is the history still what was sealed?

Exit code 0: it is. 1: it is not, each finding on a line of its own. 2: the verification could not be done.
"""

import datetime
import json
import os
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.seals.findings import Report, sentence
from apps.audit.seals.verification import keep, verify

FOUND, FAILED = 1, 2
_MOST_PROCESSES = 4


class Command(BaseCommand):
    help = str(
        gettext_lazy(
            "Compare the history with its seals: name each row that was changed, removed or added, and each seal that "
            "is broken. Exit code 0: all is as it was sealed; 1: it is not; 2: it could not be found out."
        )
    )

    # A failing check would end with the code of a finding.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", type=_day, metavar="YYYY-MM-DD", help=_("only rows sealed from this day on"))
        parser.add_argument("--published", type=Path, help=_("a copy of the published list (default: the own file)"))
        parser.add_argument(
            "--archive", type=Path, metavar="FOLDER", help=_("files of archived months, to be compared as well")
        )
        parser.add_argument("--json", action="store_true", help=_("one JSON object on standard output"))
        parser.add_argument(
            "--processes",
            type=int,
            choices=range(1, _MOST_PROCESSES + 1),
            default=min(os.cpu_count() or 1, _MOST_PROCESSES),
            help=_("on how many connections to compare (default: %(default)s)"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(settings.LANGUAGE_CODE):
            published: Path | None = options["published"]
            if published is None and settings.SEALS_FILE.exists():
                published = settings.SEALS_FILE
            try:
                report = verify(
                    since=options["since"],
                    published=published,
                    archive=options["archive"],
                    processes=options["processes"],
                )
                keep(report)
            except Exception as error:
                # Whatever went wrong, it must not pass for a finding.
                if options["traceback"]:
                    raise
                text = _("The verification could not be done: %(kind)s: %(error)s")
                raise CommandError(
                    text % {"kind": type(error).__name__, "error": str(error).strip()}, returncode=FAILED
                ) from error
            self._tell(report, as_json=options["json"])
        if not report.intact:
            raise SystemExit(FOUND)

    def _tell(self, report: Report, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
            return
        for finding in report.findings:
            self.stdout.write(sentence(finding.as_json()))
        self.stdout.write(
            _("Seals %(first)s to %(last)s, %(rows)s rows compared, %(unsealed)s not sealed yet.")
            % {
                "first": report.first_seal,
                "last": report.last_seal,
                "rows": report.rows,
                "unsealed": report.unsealed,
            }
        )
        if report.archived:
            text = _("%(rows)s rows are in the archive and were not looked at: --archive FOLDER compares them.")
            self.stdout.write(text % {"rows": report.archived})
        if report.intact:
            self.stdout.write(_("The history is as it was sealed."))
        else:
            count = _("%(count)s findings: the history is NOT as it was sealed.") % {"count": len(report.findings)}
            self.stdout.write(count)


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(_("“%(text)s” is no day: write it as 2026-01-31.") % {"text": text}) from None
