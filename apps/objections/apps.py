from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ObjectionsConfig(AppConfig):
    name = "apps.objections"
    verbose_name = _("Objections and repair")

    def ready(self) -> None:
        from apps.notices import events, kinds
        from apps.records import hooks

        from . import telling
        from .beside import beside_record

        for kind in telling.NOTICES:
            kinds.register(kind)
        for event in telling.EVENTS:
            events.register(event)
        hooks.beside_record.append(beside_record)
