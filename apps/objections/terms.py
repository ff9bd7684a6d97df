"""From which day a repair can be granted: the rules of the term, asked for a record."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.dated_rules import NoRule
from apps.core.models import Rule
from apps.records.models import Record
from apps.records.rules import NEGATIVE

from . import repair_terms

Term = repair_terms.RepairTerm


def repair_rules() -> Sequence[Rule]:
    """All dated rules of repair, one query."""
    return list(Rule.objects.filter(key__startswith="repair."))


@dataclass(frozen=True)
class Advice:
    """What an officer is told before an application is filed: the class proposed and why, and each class's term."""

    classification: repair_terms.Classification
    terms: dict[str, Term]


def published_on(record: Record) -> datetime.date | None:
    """The local day on which the record was published."""
    return timezone.localdate(record.published_at) if record.published_at else None


def penalty_kinds(record: Record) -> list[str]:
    """The kinds of penalty (处罚类别) that the record names."""
    kinds = record.data.get("penalty_kinds") or []
    return [str(each) for each in kinds] if isinstance(kinds, list) else [str(kinds)]


def term_of(record: Record, dishonesty: str, protected_field: bool, rules: Sequence[Rule] | None = None) -> Term:
    """The term of a record of this class. Raises ValidationError when no rule knows the class or the day."""
    if record.item.nature != NEGATIVE:
        raise ValidationError({"record": _("Only dishonesty information is repaired.")})
    rules = repair_rules() if rules is None else rules
    try:
        known = repair_terms.regime_classes(rules, record.decided_on)
        if dishonesty not in known:
            raise ValidationError(
                {"dishonesty": _("The rules in force on %(day)s do not know this class.") % {"day": record.decided_on}}
            )
        return repair_terms.earliest(
            rules,
            decided_on=record.decided_on,
            published_on=published_on(record),
            dishonesty=repair_terms.Dishonesty(dishonesty),
            protected_field=protected_field,
        )
    except NoRule as error:
        raise ValidationError(
            {"record": _("No rule of repair was in force on %(day)s.") % {"day": record.decided_on}}
        ) from error


def advise(record: Record, protected_field: bool = False) -> Advice:
    """The class that the penalty suggests, and the term of every class that the regime of the decision knows.

    Raises ValidationError as ``term_of``.
    """
    rules = repair_rules()
    try:
        known = repair_terms.regime_classes(rules, record.decided_on)
        classification = repair_terms.classify(rules, record.decided_on, penalty_kinds(record))
    except NoRule as error:
        raise ValidationError(
            {"record": _("No rule of repair was in force on %(day)s.") % {"day": record.decided_on}}
        ) from error
    return Advice(classification, {each: term_of(record, each, protected_field) for each in known})
