"""Change history: django-simple-history owns the models and pages, the database writes the rows."""

from typing import Any

import pgtrigger
from django.apps import apps
from django.db import models
from simple_history.models import HistoricalRecords

from .context import CHANNELS
from .triggers import HistoryTrigger


class HistoryRow(models.Model):
    """What a history row says besides the tracked fields: the door, the request, the database user."""

    partitioned_by = "history_date"
    online_months = 36

    history_channel = models.CharField(max_length=16, choices=CHANNELS, default="sql")
    history_request_id = models.CharField(max_length=64, default="", blank=True)
    history_database_user = models.CharField(max_length=64, default="", blank=True)

    sealed = True

    class Meta:
        abstract = True


class History(HistoricalRecords):
    """``history = History()`` on a model keeps every insert, update and delete of its rows, for good.

    ``excluded_fields`` names fields that must not be kept (a password hash).
    """

    def __init__(self, *, excluded_fields: list[str] | None = None) -> None:
        super().__init__(
            bases=(HistoryRow,),
            excluded_fields=excluded_fields,
            history_id_field=models.BigAutoField(primary_key=True),
            user_db_constraint=False,
        )

    # History is written far more often than read, and a lean table keeps a bulk change cheap: one index, by which the
    # past of a row is read, in the order of time. Periods are narrowed down by the months.

    def copy_fields(self, model: type[models.Model]) -> dict[str, models.Field]:
        """Copies of the tracked fields, without their indexes."""
        fields = super().copy_fields(model)
        for field in fields.values():
            field.db_index = False
        return fields

    def get_extra_fields(self, model: type[models.Model], fields: dict[str, models.Field]) -> dict[str, Any]:
        extra = super().get_extra_fields(model, fields)
        extra["history_date"].db_index = extra["history_user"].db_index = False
        # Who acted is kept, whatever becomes of the account.
        extra["history_user"].remote_field.on_delete = models.DO_NOTHING
        return extra

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        index = models.Index(fields=[model._meta.pk.name, "history_date"])
        return super().get_meta_options(model) | {"indexes": [index]}

    def finalize(self, sender: type[models.Model], **kwargs: Any) -> None:
        super().finalize(sender, **kwargs)
        if self.cls is not sender:
            return
        for signal, receiver in (
            (models.signals.post_save, self.post_save),
            (models.signals.post_delete, self.post_delete),
            (models.signals.pre_delete, self.pre_delete),
        ):
            signal.disconnect(receiver, sender=sender)
        history_model = getattr(sender, self.manager_name).model
        triggers = [
            HistoryTrigger(history_model=history_model, operation=operation)
            for operation in (pgtrigger.Insert, pgtrigger.Update, pgtrigger.Delete)
        ]
        pgtrigger.register(*triggers)(sender)


def history_models() -> list[type[models.Model]]:
    """All history models."""
    return [model for model in apps.get_models() if issubclass(model, HistoryRow)]


def is_tracked(model: type[models.Model]) -> bool:
    """Whether the changes of a model's rows are kept."""
    return hasattr(model._meta, "simple_history_manager_attribute")


def history_tables() -> list[str]:
    """The tables of the history models: append-only for the application role."""
    return [model._meta.db_table for model in history_models()]
