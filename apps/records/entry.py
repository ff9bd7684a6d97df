"""Entering a record and changing what it says. One set of rules for the form, an endpoint and a command.

``values`` are raw values by field code, as typed; amounts in the field's unit. They are judged by the catalogue's
rules, the same as the import's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.catalogue import rules as catalogue
from apps.catalogue.models import InformationItem, ItemProvider
from apps.catalogue.shapes import ItemSpec
from apps.catalogue.specs import item_spec
from apps.departments.actions import Action
from apps.departments.models import Department
from apps.departments.scope import acting_as, departments_of, forget_grants, may
from apps.subjects.models import Subject

from . import rules
from .actions import second_person
from .attachments import FIELD as FILES
from .attachments import attach, problems_of
from .clocks import Clocks, named_end
from .content import Content, is_subject, split
from .counterparty import Choice, accepted_codes, fill_from, held, resolve
from .errors import ChangedMeanwhile, DuplicateRecord, Refused
from .models import Record
from .sealing import open_sealed, seal_all

KEEP: Final = object()
"""As a confidential value in a change: what is stored stays."""


def items_for(department: Department) -> Any:
    """The items in force that the department provides: itself or through a department above it."""
    slugs = department.path.rstrip("/").split("/")
    providers = ItemProvider.objects.filter(department__slug__in=slugs).values("item")
    return InformationItem.objects.filter(state=InformationItem.State.ACTIVE).filter(
        Q(any_provider=True) | Q(pk__in=providers)
    )


def entering_departments(user: Any) -> Any:
    """The departments for which ``user`` may enter records."""
    return Department.objects.filter(pk__in=departments_of(user, "enter_records"), is_active=True)


def authority_codes(department: Department) -> frozenset[str]:
    """Codes of the authorities whose decisions the department reports: its own and those of the ones below it."""
    below = Department.objects.filter(path__startswith=department.path).exclude(uscc=None)
    return frozenset(code for code in below.values_list("uscc", flat=True) if code)


def prefill(spec: ItemSpec, department: Department) -> dict[str, Any]:
    """What a new record of the department begins with: authority and source are the department itself."""
    known = {
        "authority_name": department.name,
        "authority_code": department.uscc or "",
        "source_name": department.name,
        "source_code": department.uscc or "",
    }
    return {spec.by_role[role].code: value for role, value in known.items() if role in spec.by_role}


@dataclass(frozen=True)
class Judged:
    """A row that passed all rules, with its subject."""

    content: Content
    values: Mapping[str, Any]
    subject: Subject


def _judge(
    *,
    user: Any,
    item: InformationItem,
    spec: ItemSpec,
    department: Department,
    values: Mapping[str, Any],
    choice: Choice,
    uploads: Sequence[UploadedFile],
    record: Record | None = None,
) -> Judged:
    """All that is wrong at once: raises Refused with texts by field code, and with the match where one must choose."""
    subject = choice.subject
    raw = dict(values) | (fill_from(spec, subject) if subject else {})
    row = catalogue.parse_row(spec, raw, timezone.localdate(), overridden=accepted_codes(spec, choice))
    wrong: dict[str, list[str]] = {code: [each.text for each in found] for code, found in row.errors.items()}
    content = split(spec, row.values)

    def refuse(role: str, text: str) -> None:
        wrong.setdefault(spec.by_role[role].code if role in spec.by_role else "", []).append(text)

    code = content.columns["authority_code"] or department.uscc or ""
    if code and code not in authority_codes(department):
        refuse(
            "authority_code",
            _("“%(code)s” is neither %(department)s nor a department below it. Each reports its own.")
            % {"code": code, "department": department},
        )
    ends = content.columns["disclosed_to"]
    if ends and content.columns["decided_on"] and ends < content.columns["decided_on"]:
        refuse("disclosed_to", _("The disclosure cannot end before the decision."))
    if problems := problems_of(uploads, record):
        wrong[FILES] = problems
    match = None
    try:
        subject = resolve(user=user, spec=spec, item=item, values=row.values, raw=raw, choice=choice, errors=wrong)
        # A record on file is locked itself; a merge waits for it, and must not be waited for in turn.
        if subject and not wrong and not (record and record.subject_id == subject.pk):
            subject = held(subject, spec, item)
    except Refused as error:
        match = error.match
        for name, texts in error.message_dict.items():
            # What the choice is about says more than the plain check of the same field.
            wrong[name] = texts
    if subject and rules.refuses_simplified(
        subject.kind, item.nature, (content.columns["document_name"], content.columns["document_number"]), content.data
    ):
        refuse(
            "document_number",
            _("A penalty by simplified procedure on a natural person is neither reported nor used (HN13)."),
        )
    if wrong or subject is None:
        raise Refused(wrong or {"": [_("The subject is missing.")]}, match)
    return Judged(content, row.values, subject)


def _fill(record: Record, judged: Judged, item: InformationItem, spec: ItemSpec) -> None:
    columns = judged.content.columns
    for name, value in columns.items():
        setattr(record, name, value)
    record.authority_name = record.authority_name or record.department.name
    record.authority_code = record.authority_code or record.department.uscc or ""
    record.source_name = record.source_name or record.department.name
    record.source_code = record.source_code or record.department.uscc or ""
    record.subject = judged.subject
    record.data = judged.content.data
    record.confidential = seal_all(spec, judged.content.confidential, judged.values, judged.subject)
    clocks = Clocks(item, timezone.localdate())
    due = clocks.due(record.decided_on)
    record.deadline, record.deadline_provisional, record.deadline_rule_id = due.date, due.provisional, due.rule
    record.archive_on = clocks.archive_on(record.decided_on, named_end(item, record.disclosed_to, judged.content.data))


def _save(record: Record) -> None:
    """Save, or raise DuplicateRecord with the record that stands in the way."""
    keys: dict[str, Any] = {
        "department_id": record.department_id,
        "item_id": record.item_id,
        "subject_id": record.subject_id,
        "document_number": record.document_number,
    }
    twin = Record.objects.twins(**keys).exclude(pk=record.pk).first()
    if twin is None:
        try:
            with transaction.atomic():
                record.save()
            return
        except IntegrityError as error:
            if "record_once" not in str(error):
                raise
            # Somebody entered the same a moment ago.
            twin = Record.objects.twins(**keys).exclude(pk=record.pk).get()
    raise DuplicateRecord(twin)


def enter_record(
    *,
    user: Any,
    item: InformationItem,
    department: Department,
    values: Mapping[str, Any],
    choice: Choice | None = None,
    attachments: Sequence[UploadedFile] = (),
    reason: str = "",
) -> Record:
    """Enter a record as a draft of ``department``.

    ``choice``: which subject is meant, where the values alone do not decide (``counterparty.Choice``).
    Raises PermissionDenied, Refused (ValidationError by field code, all errors at once, with the match where a person
    has to choose the subject) or DuplicateRecord.
    """
    forget_grants(user)
    with transaction.atomic(), acting_as(user, reason=reason):
        if not may(user, "enter_records", department.pk):
            raise PermissionDenied(_("You have no right to enter records for %(name)s.") % {"name": department})
        if not Department.objects.filter(pk=department.pk, is_active=True).exists():
            raise Refused({"": [_("%(name)s is no longer active.") % {"name": department}]})
        if not items_for(department).filter(pk=item.pk).exists():
            raise Refused({"": [_("%(name)s does not report “%(item)s”.") % {"name": department, "item": item}]})
        spec = item_spec(item)
        judged = _judge(
            user=user,
            item=item,
            spec=spec,
            department=department,
            values=values,
            choice=choice or Choice(),
            uploads=attachments,
        )
        record = Record(item=item, department=department, author=user)
        _fill(record, judged, item, spec)
        _save(record)
        attach(record, attachments, user)
        return record


def rewrite(
    *,
    user: Any,
    obj: Record,
    values: Mapping[str, Any],
    version: int,
    choice: Choice | None = None,
    attachments: Sequence[UploadedFile] = (),
) -> Record:
    """Change the content of a locked record, in the caller's transaction, context and right.

    For actions that correct a record as a part of what they do; people use ``edit_draft`` and ``correct``. Raises as
    these.
    """
    if obj.version != version:
        raise ChangedMeanwhile(
            _("Somebody else changed this record after you opened it. Look at that change, then make yours again.")
        )
    spec = item_spec(obj.item)
    kept = open_sealed(obj) if any(value is KEEP for value in values.values()) else {}
    values = {code: kept.get(code, "") if value is KEEP else value for code, value in values.items()}
    judged = _judge(
        user=user,
        item=obj.item,
        spec=spec,
        department=obj.department,
        values=values,
        choice=choice or (Choice() if any(is_subject(spec.by_code[code]) for code in values) else Choice(obj.subject)),
        uploads=attachments,
        record=obj,
    )
    _fill(obj, judged, obj.item, spec)
    obj.version += 1
    obj.editor = user if user.pk != obj.author_id else obj.editor
    _save(obj)
    attach(obj, attachments, user)
    return obj


def _may_correct(user: Any, record: Record) -> Any:
    """What is public is corrected by somebody who may review, and not by its author alone."""
    if record.state != rules.PUBLISHED:
        return ""
    if not may(user, "review_records", record.department_id):
        return _("The record is published: a reviewer of your department corrects it.")
    return second_person(user, record)


edit_draft: Action[Record] = Action(
    name="edit",
    label=gettext_lazy("Edit"),
    permission="enter_records",
    perform=rewrite,
    states=rules.EDITABLE,
    icon="edit",
)
"""Change a draft or a returned record: ``edit_draft(user=, obj=, values=, version=, choice=None, attachments=())``.

Raises like ``enter_record``, and ChangedMeanwhile when ``version`` is not the one the person saw."""

correct: Action[Record] = Action(
    name="correct",
    label=gettext_lazy("Correct"),
    permission="enter_records",
    perform=rewrite,
    states=rules.CORRECTABLE,
    asks_reason=True,
    description=gettext_lazy("For a slip of the pen. A decision that was revoked or varied is withdrawn instead."),
    icon="edit_note",
    applies=_may_correct,
)
"""Change a submitted or published record, with a reason: as ``edit_draft``. Its state stays."""
