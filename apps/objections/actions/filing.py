"""Filing: an officer for a visitor now; a portal or an endpoint calls the same."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.context import acting
from apps.core.dated_rules import NoRule
from apps.core.text import visible_lines
from apps.departments.actions import NotVisible
from apps.departments.models import Department
from apps.departments.scope import acting_as, departments_of, forget_grants
from apps.records.models import Record

from .. import states
from ..applicants import Applicant, check_applicant, seal_applicant
from ..clocks import begin_stage
from ..models import Case, Evidence
from ..numbers import case_number, next_number, progress_code
from ..papers import keep
from ..querysets import HANDLES
from ..steps import log, text_of
from ..telling import tell
from ..terms import Term, term_of


@dataclass(frozen=True)
class Paper:
    """A paper that comes with the application."""

    upload: UploadedFile
    what: str = Evidence.What.PROOF


def handling_department(user: Any) -> Department | None:
    """The department for which ``user`` takes in cases: the own one, else the first where the person may."""
    departments = Department.objects.filter(pk__in=departments_of(user, HANDLES), is_active=True)
    return departments.filter(pk=user.department_id).first() or departments.first()


def file_case(
    *,
    user: Any,
    kind: str,
    record: Record,
    applicant: Applicant,
    relation: str,
    identity: str,
    statement: str,
    submission: uuid.UUID,
    wanted: str = "",
    ground: str = "",
    dishonesty: str = "",
    protected_field: bool = False,
    committed_on: datetime.date | None = None,
    corrected_on: datetime.date | None = None,
    opened_on: datetime.date | None = None,
    papers: Sequence[Paper] = (),
) -> Case:
    """Take in an objection or an application for repair; from this moment the record of an objection bears its mark.

    ``submission`` names the form: sent twice, it gives the case of the first time. ``opened_on`` is the day on which
    the application came in, today or earlier. Raises PermissionDenied, NotVisible, ValidationError by field.
    """
    forget_grants(user)
    with transaction.atomic(), acting_as(user, reason=""):
        department = handling_department(user)
        if department is None:
            raise PermissionDenied(_("You have no right to take in objections and applications for repair."))
        locked = Record.objects.visible_to(user).select_for_update(of=("self",)).filter(pk=record.pk).first()
        if locked is None:
            raise NotVisible
        # Asked under the lock: the same form may be on its way a second time.
        if known := Case.objects.visible_to(user).filter(submission=submission).first():
            return known
        day = opened_on or timezone.localdate()
        term = _check(locked, kind, ground, dishonesty, protected_field, day)
        case = Case(
            kind=kind,
            record=locked,
            department=department,
            submission=submission,
            relation=_one_of(Case.Relation, relation, "relation"),
            identity=_one_of(Case.Identity, identity, "identity"),
            ground=ground if kind == states.OBJECTION else "",
            statement=text_of(statement, "statement"),
            wanted=visible_lines(wanted),
            dishonesty=dishonesty if kind == states.REPAIR else "",
            protected_field=protected_field and kind == states.REPAIR,
            committed_on=committed_on,
            corrected_on=corrected_on,
            term_rule=term.rule if term else None,
            grantable_from=term.grantable_from if term else None,
            opened_on=day,
            began_on=day,
            filed_by=user,
        )
        case.applicant = seal_applicant(check_applicant(applicant, relation, locked.subject))
        case.number = case_number(kind, day.year, next_number(kind, day.year))
        case.code = progress_code()
        try:
            begin_stage(case, day)
        except NoRule as error:
            raise ValidationError({"opened_on": str(error)}) from error
        with acting(reason=case.number):
            case.save()
        for paper in papers:
            keep(case, paper.upload, user=user, what=paper.what, brought_by=Evidence.By.APPLICANT)
        event = log(case, user=user, what="file", target=case.state, text=case.statement, for_applicant=True)
        tell(case, event)
        return case


def _one_of(choices: Any, value: str, field: str) -> str:
    if value not in choices.values:
        raise ValidationError({field: _("Choose one of the values.")})
    return value


def _check(
    record: Record, kind: str, ground: str, dishonesty: str, protected_field: bool, day: datetime.date
) -> Term | None:
    if kind not in states.KINDS:
        raise ValidationError({"kind": _("Choose one of the values.")})
    if day > timezone.localdate():
        raise ValidationError({"opened_on": _("An application does not come in on a day that is still to come.")})
    if day < record.decided_on:
        raise ValidationError(
            {
                "opened_on": _("The record was decided on %(day)s: no application came in before.")
                % {"day": record.decided_on}
            }
        )
    if record.state != Record.State.PUBLISHED:
        raise ValidationError(
            {"record": _("The record is “%(state)s”: it is not shown.") % {"state": record.get_state_display()}}
        )
    running = Case.objects.filter(record=record, kind=kind, state__in=states.OPEN).first()
    if running is not None:
        raise ValidationError(
            {"record": _("A case about this record is open already: %(number)s.") % {"number": running.number}}
        )
    if kind == states.OBJECTION:
        _one_of(Case.Ground, ground, "ground")
        return None
    return term_of(record, _one_of(Case.Dishonesty, dishonesty, "dishonesty"), protected_field)
