"""``manage.py seal_history``: seal what is new, as the background job does every few minutes."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.seals.publication import PublicationError, publish
from apps.audit.seals.sealing import AlreadySealing, seal_history


class Command(BaseCommand):
    help = str(gettext_lazy("Seal the new history rows and add the seals to the published list."))

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(settings.LANGUAGE_CODE):
            try:
                seals = seal_history()
            except AlreadySealing:
                raise CommandError(
                    _("Another process is sealing at this moment; nothing is left to do here.")
                ) from None
            for seal in seals:
                self.stdout.write(
                    _("Seal %(number)s: %(rows)s rows, root %(root)s")
                    % {"number": seal.number, "rows": seal.rows, "root": bytes(seal.root).hex()}
                )
            if not seals:
                self.stdout.write(_("Nothing new to seal."))
            try:
                publish()
            except PublicationError as error:
                raise CommandError(str(error)) from error
            except OSError as error:
                raise CommandError(f"{error.filename or settings.SEALS_FILE}: {error.strerror or error}") from error
