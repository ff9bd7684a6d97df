"""``manage.py prove_history MODEL KEY``: the history of one row with its proof, for ``tools/check_proof.py``."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.archive.files import ArchiveError
from apps.audit.archive.models import archived_months
from apps.audit.context import every_department
from apps.audit.seals.proofs import as_text, prove
from apps.audit.seals.tables import sealed_table_of


class Command(BaseCommand):
    help = str(gettext_lazy("Export the history of one row with the proof that it was sealed."))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help=_("such as records.record"))
        parser.add_argument("key", help=_("primary key of the row"))
        parser.add_argument(
            "--archive", type=Path, metavar="FOLDER", help=_("files of archived months, to be looked into as well")
        )
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=_("default: standard output"))

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(settings.LANGUAGE_CODE):
            text = self._proof(options["model"], options["key"], options["archive"])
            if options["output"] is None:
                self.stdout.write(text, ending="")
                return
            try:
                options["output"].write_text(text, encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{options['output']}: {error.strerror or error}") from error

    def _proof(self, name: str, key: str, archive: Path | None) -> str:
        try:
            model = apps.get_model(name)
        except (LookupError, ValueError):
            raise CommandError(_("There is no model “%(name)s”.") % {"name": name}) from None
        try:
            with every_department():
                if archive is None:
                    self._tell_of_the_archive(model)
                return as_text(prove(model, model._meta.pk.to_python(key), archive=archive))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except ArchiveError as error:
            raise CommandError(str(error)) from error
        except LookupError:
            text = _("No history is kept of %(name)s with the key %(key)s.") % {"name": name, "key": key}
            raise CommandError(text) from None

    def _tell_of_the_archive(self, model: Any) -> None:
        if months := archived_months(sealed_table_of(model).name):
            text = _("Entries from %(first)s to %(last)s are in the archive and not in this proof: --archive FOLDER.")
            bounds = {"first": f"{months[0].month:%Y-%m}", "last": f"{months[-1].month:%Y-%m}"}
            self.stderr.write(text % bounds)
