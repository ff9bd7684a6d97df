from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "apps.notices"
    verbose_name = _("Notices")

    def ready(self) -> None:
        from . import kinds
        from .delivering import WEBHOOK_FAILS

        kinds.register(WEBHOOK_FAILS)
