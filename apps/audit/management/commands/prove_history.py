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

from apps.audit.context import every_department
from apps.audit.seals.proofs import as_text, prove


class Command(BaseCommand):
    help = str(gettext_lazy("Export the history of one row with the proof that it was sealed."))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", help=_("such as records.record"))
        parser.add_argument("key", help=_("primary key of the row"))
        parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=_("default: standard output"))

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(settings.LANGUAGE_CODE):
            text = self._proof(options["model"], options["key"])
            if options["output"] is None:
                self.stdout.write(text, ending="")
                return
            try:
                options["output"].write_text(text, encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{options['output']}: {error.strerror or error}") from error

    def _proof(self, name: str, key: str) -> str:
        try:
            model = apps.get_model(name)
        except (LookupError, ValueError):
            raise CommandError(_("There is no model “%(name)s”.") % {"name": name}) from None
        try:
            with every_department():
                return as_text(prove(model, model._meta.pk.to_python(key)))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except LookupError:
            text = _("No history is kept of %(name)s with the key %(key)s.") % {"name": name, "key": key}
            raise CommandError(text) from None
