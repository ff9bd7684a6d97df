"""Merging duplicates, and taking a merge back exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import every_department
from apps.audit.history import HistoryRow
from apps.core.terms import SubjectKind

from .models import Identifier, PersonalData, Subject, SubjectMerge, SubjectName

PERMISSION = "subjects.merge_subject"
# Rows of these are dealt with by name, or stay with the duplicate: a merge is about both, a document is the person's.
_APART = (SubjectMerge, SubjectName, PersonalData)


def movable() -> Iterator[tuple[str, type[models.Model], str]]:
    """All foreign keys to Subject whose rows move along: label (``records.Record.subject``), model, field.

    Left out are history, what ``_APART`` names, and rows whose own key is the subject: those extend the one they name.
    """
    for relation in Subject._meta.related_objects:
        field, model = relation.field, relation.related_model
        if not isinstance(model, type) or issubclass(model, (*_APART, HistoryRow)) or field.primary_key:
            continue
        yield f"{model._meta.label}.{field.name}", model, field.name


@transaction.atomic
def merge_subjects(*, user: Any, duplicate: Subject, remaining: Subject, reason: str) -> SubjectMerge:
    """Let ``remaining`` stand for ``duplicate``: all rows of the duplicate move, its names and codes lead to the other.

    The duplicate itself stays, marked, so that the merge can be taken back.

    Raises PermissionDenied without ``subjects.merge_subject``; ValidationError with a list of everything that speaks
    against it: no reason, one of both merged already, a person and an organisation, the unified code is the
    duplicate's, rows that both have.
    """
    _check_permission(user)
    if not reason.strip():
        raise ValidationError({"reason": _("Please give a reason.")})
    with every_department(user_id=user.pk, reason=reason.strip()):
        locked = {one.pk: one for one in _locked([duplicate.pk, remaining.pk])}
        if len(locked) < 2:
            raise ValidationError(_("A subject cannot be merged into itself."))
        duplicate, remaining = locked[duplicate.pk], locked[remaining.pk]
        if wrong := [*_objections(duplicate, remaining), *_collisions(user, duplicate, remaining)]:
            raise ValidationError(wrong)
        moved: dict[str, list[Any]] = {}
        for label, model, field in movable():
            rows = model._base_manager.filter(**{field: duplicate})
            if keys := list(rows.select_for_update(of=("self",)).values_list("pk", flat=True).order_by("pk")):
                moved[label] = keys
                model._base_manager.filter(pk__in=keys).update(**{field: remaining})
        moved |= _move_names(duplicate, remaining)
        made = _add_traces(duplicate, remaining)
        duplicate.merged_into = remaining
        duplicate.save(update_fields=["merged_into"])
        return SubjectMerge.objects.create(
            duplicate=duplicate, remaining=remaining, reason=reason.strip(), moved=moved, made=made, merged_by=user
        )


@transaction.atomic
def reverse_merge(*, user: Any, merge: SubjectMerge, reason: str) -> SubjectMerge:
    """Take a merge back: every row that moved returns, what the merge added goes, everything else stays.

    Rows that reached the remaining subject later stay with it. Raises PermissionDenied; ValidationError when it was
    taken back already, when the remaining subject was merged further since, or when a row that moved has gone.
    """
    _check_permission(user)
    if not reason.strip():
        raise ValidationError({"reason": _("Please give a reason.")})
    with every_department(user_id=user.pk, reason=reason.strip()):
        locked: SubjectMerge = SubjectMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
        if locked.reversed_at is not None:
            raise ValidationError(_("This merge was taken back already."))
        subjects = {one.pk: one for one in _locked([locked.duplicate_id, locked.remaining_id])}
        duplicate, remaining = subjects[locked.duplicate_id], subjects[locked.remaining_id]
        if remaining.merged_into_id is not None:
            text = _("“%(name)s” was merged into another subject since. Take that merge back first.")
            raise ValidationError(text % {"name": remaining})
        fields = {label: (model, field) for label, model, field in movable()}
        fields["subjects.SubjectName.subject"] = (SubjectName, "subject")
        for label, keys in locked.made.items():
            model = {"subjects.SubjectName": SubjectName, "subjects.Identifier": Identifier}[label]
            model._base_manager.filter(pk__in=keys).delete()
        for label, keys in locked.moved.items():
            model, field = fields[label]
            rows = model._base_manager.filter(pk__in=keys, **{f"{field}_id": remaining.pk})
            found = rows.update(**{f"{field}_id": duplicate.pk})
            if found != len(keys):
                text = _("%(count)s rows (%(model)s) that were moved along have gone or belong to another subject now.")
                missing = {"count": len(keys) - found, "model": model._meta.verbose_name_plural}
                raise ValidationError(text % missing)
        duplicate.merged_into = None
        duplicate.save(update_fields=["merged_into"])
        locked.reversed_by, locked.reversed_at = user, timezone.now()
        locked.save(update_fields=["reversed_by", "reversed_at"])
    return locked


def hold(subject: Subject) -> Subject:
    """The subject as it stands, or the one it was merged into, safe from a merge until the transaction ends.

    Whoever links a row to a subject holds it first: a row that came while its subject is merged would stay behind.
    Raises Subject.DoesNotExist when it was removed meanwhile.
    """
    key = subject.pk
    while True:
        # The same lock that a foreign key takes: holders do not wait for each other, a merge waits for all of them.
        rows = Subject.objects.raw(f"SELECT * FROM {Subject._meta.db_table} WHERE id = %s FOR KEY SHARE", [key])
        held: Subject | None = next(iter(rows), None)
        if held is None:
            raise Subject.DoesNotExist
        if held.merged_into_id is None:
            return held
        key = held.merged_into_id


def preview(user: Any, duplicate: Subject, remaining: Subject) -> tuple[dict[str, int], list[str]]:
    """What would move (plural name of the model -> number of rows), and what speaks against the merge."""
    counts: dict[str, int] = {}
    with transaction.atomic(), every_department():
        for _label, model, field in movable():
            if number := model._base_manager.filter(**{field: duplicate}).count():
                name = str(model._meta.verbose_name_plural)
                counts[name] = counts.get(name, 0) + number
        return counts, [*_objections(duplicate, remaining), *_collisions(user, duplicate, remaining)]


def _check_permission(user: Any) -> None:
    if not user.has_perm(PERMISSION):
        raise PermissionDenied(_("You have no right to merge subjects."))


def _locked(keys: list[int]) -> list[Subject]:
    # Always in the order of the keys: two merges at once wait for each other, never in a circle.
    return list(Subject.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))


def _objections(duplicate: Subject, remaining: Subject) -> Iterator[str]:
    if duplicate.pk == remaining.pk:
        yield _("A subject cannot be merged into itself.")
    for one in (duplicate, remaining):
        if one.merged_into_id is not None:
            yield _("“%(name)s” is merged into another subject already.") % {"name": one}
    kinds = {duplicate.kind, remaining.kind}
    if SubjectKind.NATURAL_PERSON in kinds and len(kinds) > 1:
        yield _("A natural person and an organisation cannot be one subject.")
    if duplicate.uscc and not remaining.uscc:
        text = _("“%(name)s” has the unified social credit code: let that one remain.")
        yield text % {"name": duplicate}


def _collisions(user: Any, duplicate: Subject, remaining: Subject) -> Iterator[str]:
    """Rows of the duplicate that a unique constraint forbids beside a row of the remaining subject.

    Those that ``user`` may not see are counted, not named.
    """
    for _label, model, field in movable():
        for constraint in _unique_together(model, field):
            fields, condition = constraint
            twins = model._base_manager.filter(
                condition, **{field: remaining}, **{name: OuterRef(name) for name in fields if name != field}
            )
            rows = model._base_manager.filter(condition, Exists(twins), **{field: duplicate})
            scoped: Any = model._default_manager
            seen = rows.filter(pk__in=scoped.visible_to(user)) if hasattr(scoped, "visible_to") else rows
            for row in seen.order_by("pk")[:20]:
                text = _("%(model)s “%(row)s”: both subjects have it. Withdraw or change one of the two first.")
                yield text % {"model": model._meta.verbose_name, "row": row}
            if number := rows.count() - seen.count():
                text = _("%(model)s: both subjects have %(number)d that you may not see. Ask the departments.")
                yield text % {"model": model._meta.verbose_name, "number": number}


def _unique_together(model: type[models.Model], field: str) -> Iterator[tuple[tuple[str, ...], Q]]:
    """Fields and condition of each unique constraint that ``field`` takes part in."""
    key = model._meta.get_field(field)
    if isinstance(key, models.Field) and key.unique:
        yield (field,), Q()
    for names in model._meta.unique_together:
        if field in names:
            yield tuple(names), Q()
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and field in constraint.fields:
            yield tuple(constraint.fields), constraint.condition or Q()


def _move_names(duplicate: Subject, remaining: Subject) -> dict[str, list[Any]]:
    """Former names move, but for those that the remaining subject bears or bore itself."""
    borne = {remaining.match_name, *remaining.names.values_list("match_name", flat=True)}
    rows = SubjectName.objects.filter(subject=duplicate).exclude(match_name__in=borne)
    keys = list(rows.values_list("pk", flat=True).order_by("pk"))
    SubjectName.objects.filter(pk__in=keys).update(subject=remaining)
    return {"subjects.SubjectName.subject": keys} if keys else {}


def _add_traces(duplicate: Subject, remaining: Subject) -> dict[str, list[Any]]:
    """The duplicate's own name and code lead to the remaining subject from now on."""
    made: dict[str, list[Any]] = {}
    borne = {remaining.match_name, *remaining.names.values_list("match_name", flat=True)}
    if duplicate.kind != SubjectKind.NATURAL_PERSON and duplicate.match_name not in borne:
        name = SubjectName.objects.create(subject=remaining, name=duplicate.name, match_name=duplicate.match_name)
        made["subjects.SubjectName"] = [name.pk]
    if duplicate.uscc:
        code, _made = Identifier.objects.get_or_create(
            scheme=Identifier.Scheme.USCC, value=duplicate.uscc, defaults={"subject": remaining}
        )
        made["subjects.Identifier"] = [code.pk] if _made else []
    return {label: keys for label, keys in made.items() if keys}
