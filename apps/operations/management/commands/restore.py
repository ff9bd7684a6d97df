"""``manage.py restore FOLDER``: a backup becomes a database again, checked, or nothing of it does."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.seals.findings import sentence
from apps.operations.backups.folder import BackupError
from apps.operations.backups.restoring import restore
from credit_city import postgres, roles


class Command(BaseCommand):
    help = str(
        gettext_lazy(
            "Restore a backup into a new or empty database: compare its files with their digests and its tables with "
            "the numbers of rows, make roles, rights and policies, and compare the history with its seals. The "
            "database gets its name when all of that is done, or not at all."
        )
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help=_("a folder that `manage.py backup` made"))
        parser.add_argument("--into", default="", metavar="DATABASE", help=_("default: that of DATABASE_URL"))
        parser.add_argument(
            "--jobs", type=int, choices=range(1, 9), default=2, help=_("connections that work at once (default: 2)")
        )
        parser.add_argument(
            "--despite-findings",
            action="store_true",
            help=_("keep the database though its history is not as it was sealed"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        owner = postgres.database_settings("owner", options["into"])
        with translation.override(settings.LANGUAGE_CODE):
            try:
                report = restore(
                    options["folder"].absolute(),
                    owner,
                    postgres.database_settings("app", options["into"]),
                    media=Path(settings.MEDIA_ROOT),
                    jobs=options["jobs"],
                    may_set_password=not os.environ.get("DATABASE_APP_URL"),
                    despite_findings=options["despite_findings"],
                    tell=self.stdout.write,
                )
            except (BackupError, roles.DatabaseError) as error:
                raise CommandError(str(error)) from error
            except OSError as error:
                raise CommandError(f"{error.filename or options['folder']}: {error.strerror or error}") from error
            for finding in report.findings:
                self.stdout.write(sentence(finding.as_json()))
            self.stdout.write(
                _("The database %(name)s is restored: seals up to %(seal)s, %(rows)s history rows compared.")
                % {"name": owner["NAME"], "seal": report.last_seal, "rows": report.rows}
            )
