"""What the end of a case does to the record, in the transaction of the decision."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.catalogue import rules as catalogue
from apps.catalogue.specs import item_spec
from apps.records.content import is_subject
from apps.records.counterparty import Choice
from apps.records.entry import KEEP, rewrite
from apps.records.errors import DuplicateRecord, Refused
from apps.records.models import Record
from apps.records.reading import identifiers_of, stored_value, subject_values
from apps.subjects.merging import hold

from . import states
from .models import Case

on_repaired: list[Callable[[Record, Case], None]] = []
"""``hook(record, case)``: what else ends when a record is repaired (measures lifted, lists left), in the same
transaction. Registered in ``AppConfig.ready`` by the app that keeps it."""


def locked_record(case: Case) -> Record:
    """The record of a case, locked until the transaction ends, and its subject safe from a merge.

    The subject first, as a merge goes: a record that is changed twice looks its subject up once more at the commit.
    """
    hold(case.record.subject)
    return Record.objects.select_for_update(of=("self",)).get(pk=case.record_id)


def apply(case: Case, user: Any) -> None:
    """Carry out the outcome of a case on its record. Raises ValidationError when that is not possible any more."""
    record = locked_record(case)
    with acting(reason=_reason(case)):
        {
            states.CORRECTED: _correct,
            states.REMOVED: _remove,
            states.UNRESOLVED: _annotate,
            states.UPHELD: _leave,
            states.GRANTED: _repair,
            states.DENIED: _pass_by,
        }[case.outcome](record, case, user)


def _reason(case: Case) -> str:
    return f"{case.number} {case.get_outcome_display()}：{case.outcome_text}"[:500]


def _leave(record: Record, case: Case, user: Any) -> None:
    _clear(record)


def _pass_by(record: Record, case: Case, user: Any) -> None:
    """What an objection left open stays written beside the record."""


def _clear(record: Record, **also: Any) -> None:
    if record.annotation:
        also["annotation"] = ""
    for name, value in also.items():
        setattr(record, name, value)
    if also:
        record.save(update_fields=list(also))


def lift_annotation(case: Case) -> None:
    """An objection that is examined once more has not ended as unresolved; the record bears its mark instead."""
    _clear(locked_record(case))


def _annotate(record: Record, case: Case, user: Any) -> None:
    # It is kept with the record and shown to everybody: in the language of the authority.
    with translation.override(settings.LANGUAGE_CODE):
        text = _("The subject objects to this record; it could not be established who is right (%(day)s).")
        record.annotation = text % {"day": timezone.localdate()}
    record.save(update_fields=["annotation"])


def _remove(record: Record, case: Case, user: Any) -> None:
    if record.state != Record.State.PUBLISHED:
        return _clear(record)
    today = timezone.localdate()
    return _clear(
        record,
        state=Record.State.WITHDRAWN,
        withdrawal=Record.Withdrawal.OBJECTION,
        withdrawal_reason=_reason(case),
        withdrawal_decided_on=today,
        withdrawal_due=today,
        withdrawn_at=timezone.now(),
    )


def _repair(record: Record, case: Case, user: Any) -> None:
    if record.state == Record.State.PUBLISHED:
        record.state = Record.State.REPAIRED
        record.save(update_fields=["state"])
    for hook in on_repaired:
        hook(record, case)


def _correct(record: Record, case: Case, user: Any) -> None:
    if record.state != Record.State.PUBLISHED:
        raise ValidationError(
            _("The record is “%(state)s” meanwhile and is not corrected.") % {"state": record.get_state_display()}
        )
    if record.annotation:
        record.annotation = ""
    labels = {each.code: each.label for each in correctable(record)}
    before = values_of(record)
    after = values_of(corrected(record, case.correction, user))
    case.changes = [{"field": labels[code], "before": before[code], "after": after[code]} for code in case.correction]


def correctable(record: Record) -> list[Any]:
    """The fields of a record that a case can correct: those that tell what was decided.

    Not who it is about, which is another record, and nothing confidential.
    """
    spec = item_spec(record.item)
    return [each for each in spec.fields if not is_subject(each) and not each.confidential]


def values_of(record: Record) -> dict[str, str]:
    """The correctable values of a record as a person types them, by field code."""
    known = subject_values(record.subject, identifiers_of([record.subject])[record.subject_id])
    return {each.code: catalogue.to_edge(each, stored_value(record, each, known)) or "" for each in correctable(record)}


def corrected(record: Record, changes: Mapping[str, Any], user: Any) -> Record:
    """Rewrite a locked record with other values of some fields. Raises ValidationError by field code."""
    if not changes:
        raise ValidationError({"correction": _("Say first what is to be corrected.")})
    spec = item_spec(record.item)
    kept = {code: KEEP for code in record.confidential if code in spec.by_code}
    raw = {**values_of(record), **kept, **changes}
    try:
        return rewrite(user=user, obj=record, values=raw, version=record.version, choice=Choice(record.subject))
    except Refused as error:
        raise ValidationError(error.message_dict) from error
    except DuplicateRecord as error:
        raise ValidationError({"correction": str(error)}) from error
