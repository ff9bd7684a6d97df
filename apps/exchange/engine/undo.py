"""Taking a load back: its records, the subjects and keys it brought in. History keeps that they were there.

Nothing is taken back when something later rests on it: a record that was published, withdrawn, archived or changed, one
with files, or any row of any app that points at a record or a subject of the batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db import models
from django.utils.translation import gettext as _

from apps.audit.history import HistoryRow
from apps.records.models import Record
from apps.records.rules import WAITING
from apps.subjects.models import Identifier, PersonalData, PersonKey, Subject

from ..models import Batch, BatchEntry, BatchKey, BatchSubject
from . import stage

SHOWN: Final = 10
# What goes with a subject when it goes.
_PARTS: Final = (Identifier, PersonalData, BatchSubject)


def obstacles(batch: Batch) -> list[str]:
    """What rests on the batch, as texts for the user; empty when it can be taken back."""
    return [*_changed_records(batch), *_pointing(Record, BatchEntry, batch), *_used_subjects(batch)]


def refusal(found: list[str]) -> str:
    """The text that tells why a batch cannot be taken back."""
    more = _(" … and %(number)s more.") % {"number": len(found) - SHOWN} if len(found) > SHOWN else ""
    return _("The batch cannot be undone: ") + _("; ").join(found[:SHOWN]) + more


def _changed_records(batch: Batch) -> Iterator[str]:
    changed = (
        Record.objects.filter(batch_entry__batch=batch)
        .exclude(state__in=WAITING, version=1)
        .order_by("batch_entry__row")
        .values_list("batch_entry__row", "document_number", "state", "version")
    )
    labels = dict(Record.State.choices)
    for row, number, state, version in changed:
        what = labels[state] if state not in WAITING or version == 1 else _("changed since")
        yield _("row %(row)s, %(number)s: %(what)s") % {"row": row, "number": number, "what": what}


def _relations(model: type[models.Model], own: tuple[type[models.Model], ...]) -> Iterator[Any]:
    """Foreign keys of other models that lead to ``model``; history only looks as if it did."""
    for relation in model._meta.get_fields(include_hidden=True):
        if (relation.one_to_many or relation.one_to_one) and relation.auto_created and not relation.concrete:
            other: Any = relation.related_model
            if other not in own and not issubclass(other, HistoryRow):
                yield relation


def _pointing(model: Any, link: Any, batch: Batch) -> Iterator[str]:
    """Rows elsewhere that point at the batch's records."""
    for relation in _relations(model, (link,)):
        rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__batch_entry__batch": batch})
        if number := rows.count():
            yield _("%(number)s × %(name)s belong to its records") % {
                "number": number,
                "name": relation.related_model._meta.verbose_name,
            }


def _used_subjects(batch: Batch) -> Iterator[str]:
    for relation in _relations(Subject, _PARTS):
        rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__batch_entry__batch": batch})
        if relation.related_model is Record:
            rows = rows.exclude(batch_entry__batch=batch)
        # How often and by whom is nobody's business who may not see those rows.
        for name in rows.order_by().values_list(f"{relation.field.name}__name", flat=True).distinct():
            yield _("“%(subject)s” came with the batch and is in use elsewhere") % {"subject": name}
    merged = Subject._base_manager.filter(batch_entry__batch=batch, merged_into__isnull=False)
    for name in merged.values_list("name", flat=True):
        yield _("“%(subject)s” came with the batch and was merged") % {"subject": name}


def take_back(batch: Batch) -> None:
    """Remove what the batch brought in, in the caller's transaction. Ask ``obstacles`` first."""
    tables = {model: model._meta.db_table for model in (Record, Subject, PersonKey, Identifier, PersonalData)}
    entries, subjects, keys = (model._meta.db_table for model in (BatchEntry, BatchSubject, BatchKey))
    ours = [batch.pk]
    records = [pk for (pk,) in stage.query(f"DELETE FROM {entries} WHERE batch_id = %s RETURNING record_id", ours)]
    stage.execute(f"DELETE FROM {tables[Record]} WHERE id = ANY(%s)", [records])
    brought = [pk for (pk,) in stage.query(f"DELETE FROM {subjects} WHERE batch_id = %s RETURNING subject_id", ours)]
    for part in (Identifier, PersonalData):
        stage.execute(f"DELETE FROM {tables[part]} WHERE subject_id = ANY(%s)", [brought])
    stage.execute(f"DELETE FROM {tables[Subject]} WHERE id = ANY(%s)", [brought])
    made = [pk for (pk,) in stage.query(f"DELETE FROM {keys} WHERE batch_id = %s RETURNING key_id", ours)]
    if made:
        # A key under which somebody else sealed a value meanwhile stays.
        stage.execute(
            f"""
            DELETE FROM {tables[PersonKey]} k WHERE k.id = ANY(%s)
              AND NOT EXISTS (SELECT FROM {tables[PersonalData]} d WHERE d.key_id = k.id)
              AND k.id <> ALL (ARRAY(
                  SELECT (secret.value ->> 'key')::bigint FROM {tables[Record]} r, jsonb_each(r.confidential) secret
                  WHERE r.confidential <> '{{}}'))
            """,
            [made],
        )
