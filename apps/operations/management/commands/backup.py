"""``manage.py backup FOLDER``: the database as of one moment, the stored files, and what proves both."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.operations.backups.folder import BackupError
from apps.operations.backups.making import make


class Command(BaseCommand):
    help = str(
        gettext_lazy(
            "Save the database as of one moment and the stored files to a new folder, with the number of rows of each "
            "table and the digest of each file. Master keys are not in it."
        )
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help=_("a folder that does not exist yet"))
        parser.add_argument(
            "--jobs", type=int, choices=range(1, 9), default=2, help=_("connections that dump at once (default: 2)")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"].absolute()
        with translation.override(settings.LANGUAGE_CODE):
            try:
                manifest = make(folder, connection.settings_dict, media=Path(settings.MEDIA_ROOT), jobs=options["jobs"])
            except BackupError as error:
                raise CommandError(str(error)) from error
            except OSError as error:
                raise CommandError(f"{error.filename or folder}: {error.strerror or error}") from error
            self.stdout.write(
                _("%(folder)s: %(tables)s tables, %(rows)s rows. To be read with the master keys %(keys)s.")
                % {
                    "folder": folder,
                    "tables": len(manifest.tables),
                    "rows": sum(manifest.tables.values()),
                    "keys": ", ".join(manifest.master_keys),
                }
            )
