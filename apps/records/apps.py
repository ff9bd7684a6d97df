from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "apps.records"
    verbose_name = _("Credit records")

    def ready(self) -> None:
        from apps.subjects.access import person_visible_hooks

        person_visible_hooks.append(sees_record_about)


def sees_record_about(user: Any, subject_id: int) -> bool:
    """Whether the user may see a record about this subject: then a person's page opens to the user."""
    from .models import Record

    return Record.objects.visible_to(user).filter(subject=subject_id).exists()
