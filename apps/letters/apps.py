from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LettersConfig(AppConfig):
    name = "apps.letters"
    verbose_name = _("Letters")

    def ready(self) -> None:
        from . import checks  # noqa: F401
