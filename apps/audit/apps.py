from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "apps.audit"
    verbose_name = _("Audit")

    def ready(self) -> None:
        from . import checks

        register(checks.every_model_declares, Tags.models)
        register(checks.database_holds_to_it, Tags.database)
        register(checks.history_is_kept, Tags.database)
        register(checks.tables_are_tended, Tags.database)
