from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class DepartmentsConfig(AppConfig):
    name = "apps.departments"
    verbose_name = _("Departments and people")

    def ready(self) -> None:
        from . import duties

        post_migrate.connect(duties.install, sender=self, dispatch_uid="departments.duties")
        checks.register(duties.check_duties, checks.Tags.database)
