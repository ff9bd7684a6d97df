from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "apps.core"
    verbose_name = _("Basics")

    def ready(self) -> None:
        from .list_drawing import draw_once

        draw_once()
