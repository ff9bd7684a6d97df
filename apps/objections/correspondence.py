"""The letters of a case: which can be made as it stands, and the facts that go into each.

Letters are in Chinese, the language of the authority. A letter is numbered, made and kept at once; what was made is
what was sent.
"""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.core.dated_rules import NoRule, rule_at
from apps.core.models import Rule
from apps.core.terms import SubjectKind
from apps.letters import contents
from apps.letters.errors import LetterError
from apps.letters.rendering import chinese_date, render
from apps.subjects.people import open_person

from . import repair_terms, states
from .applicants import Applicant, open_applicant
from .models import Case, Evidence, Letter, Pause
from .numbers import next_number
from .papers import keep_letter
from .terms import term_of


@dataclass(frozen=True)
class Kind:
    """A letter: ``mark`` stands in its number after the office's own, ``possible`` says whether it fits the case."""

    code: str
    mark: str
    possible: Callable[[Case], bool]
    make: Callable[[Case, dict[str, Any]], contents.Letter]


def write_letter(case: Case, code: str, *, user: Any) -> Letter:
    """Make, number and keep a letter of a locked case. Raises ValidationError that says what is missing in it."""
    kind = KINDS[code]
    today = timezone.localdate()
    # The first part of the number is taken by a letter that is made: a failure gives it back with the transaction.
    sequence = next_number(f"letter.{kind.mark}", today.year)
    number = f"{case.department.letter_mark}{kind.mark}〔{today.year}〕{sequence}号"
    with translation.override(settings.LANGUAGE_CODE):
        try:
            content = kind.make(case, _common(case, number, today))
            pdf = render(content)
        except LetterError as error:
            raise ValidationError(str(error)) from error
        except NoRule as error:
            raise ValidationError(str(error)) from error
    letter = Letter(
        case=case, kind=code, number=number, name=f"{content.title}-{number}.pdf", dated=today, added_by=user
    )
    return keep_letter(letter, pdf)


# What all letters say


def _common(case: Case, number: str, today: datetime.date) -> dict[str, Any]:
    department, record = case.department, case.record
    return {
        "number": number,
        "date": today,
        "office": contents.Office(
            name=department.name,
            address=_known(department.address, _("the address of %(name)s") % {"name": department}),
            phone=_known(department.phone, _("the telephone of %(name)s") % {"name": department}),
        ),
        "record": contents.RecordFacts(
            subject=_party(case).name,
            item=record.item.name,
            document_number=record.document_number,
            source=record.source_name,
        ),
        "progress_code": case.code,
        "basis": case.whole_rule.source if case.whole_rule else "",
    }


def _known(text: str, what: str) -> str:
    if not text:
        raise ValidationError(_("For letters enter %(what)s on the page of the department.") % {"what": what})
    return text


def _party(case: Case) -> contents.Party:
    subject = case.record.subject
    if subject.kind != SubjectKind.NATURAL_PERSON:
        return contents.Party(name=subject.name)
    return contents.Party(name=open_person(subject).name, person=True)


def _to_applicant(case: Case, common: dict[str, Any]) -> dict[str, Any]:
    place = f"{case.department.name}（{case.department.address}）"
    return {**common, "addressee": _party(case), "progress_at": place, "received_on": case.opened_on}


def _to_department(case: Case, common: dict[str, Any]) -> dict[str, Any]:
    asked = case.routed_to or case.record.department
    # With the progress code the applicant asks; the department names the number of the case.
    said = {"progress_code": case.number, "received_on": case.opened_on}
    return {**common, **said, "addressee": contents.Party(name=asked.name)}


def _papers(case: Case) -> tuple[str, ...]:
    return _kinds(case.evidence.filter(brought_by=Evidence.By.APPLICANT)) or (str(Evidence.What.IDENTITY.label),)


def _papers_for_source(case: Case) -> tuple[str, ...]:
    return _kinds(case.evidence.filter(Evidence.for_source, brought_by=Evidence.By.APPLICANT))


def _kinds(papers: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(each.get_what_display()) for each in papers))


def _due(case: Case, day: datetime.date | None) -> contents.DueDay:
    return contents.DueDay(date=day or case.whole_due or case.opened_on, provisional=case.provisional)


def _rule(case: Case, key: str) -> Rule:
    return rule_at(key, case.opened_on)


def _remedies() -> contents.Remedies:
    today = timezone.localdate()
    return contents.Remedies(
        review_office=str(rule_at("remedy.review-office", today).value),
        reconsideration_office=str(rule_at("remedy.reconsideration-office", today).value),
        reconsideration_days=rule_at("remedy.reconsideration", today).amount,
        court=str(rule_at("remedy.court", today).value),
        litigation_months=rule_at("remedy.litigation", today).amount,
    )


def _matter(case: Case) -> contents.Matter:
    return contents.Matter(case.kind)


# Objection


def _objection_receipt(case: Case, common: dict[str, Any]) -> contents.Letter:
    return contents.ObjectionReceipt(
        **_to_applicant(case, common),
        grounds=str(case.get_ground_display()),
        disputed=case.statement,
        papers=_papers(case),
        self_days=_rule(case, "objection.self").amount,
        source_days=_rule(case, "objection.source").amount,
        total_days=_rule(case, "objection.total").amount,
        due=_due(case, case.whole_due),
    )


def _objection_accepted(case: Case, common: dict[str, Any]) -> contents.Letter:
    return contents.ObjectionAccepted(
        **_to_applicant(case, common),
        accepted_on=_day_of(case, "accept"),
        checked_by=case.routed_to.name if case.routed_to else "",
        due=_due(case, case.whole_due),
    )


def _objection_refused(case: Case, common: dict[str, Any]) -> contents.Letter:
    return contents.ObjectionRefused(**_to_applicant(case, common), reason=case.outcome_text, remedies=_remedies())


def _verification_request(case: Case, common: dict[str, Any]) -> contents.Letter:
    return contents.VerificationRequest(
        **_to_department(case, common),
        grounds=str(case.get_ground_display()),
        disputed=case.statement,
        question=_question(case),
        evidence=_papers_for_source(case),
        days=_rule(case, "objection.source").amount,
        due=_due(case, case.stage_due),
    )


def _objection_outcome(case: Case, common: dict[str, Any]) -> contents.Letter:
    return contents.ObjectionOutcome(
        **_to_applicant(case, common),
        outcome=contents.Outcome(case.outcome),
        checked_by=case.routed_to.name if case.routed_to and case.finding else "",
        findings=case.finding_text or case.outcome_text,
        reason=case.outcome_text,
        done_on=timezone.localdate(case.closed_at),
        changes=tuple(contents.Change(**each) for each in case.changes),
        annotation=case.record.annotation if case.outcome == states.UNRESOLVED else "",
        remedies=_remedies(),
    )


# Repair


def _repair_receipt(case: Case, common: dict[str, Any]) -> contents.Letter:
    return contents.RepairReceipt(
        **_to_applicant(case, common),
        papers=_papers(case),
        site_days=_rule(case, "repair.answer.site").amount,
        department_days=_rule(case, "repair.answer.department").amount,
        due=_due(case, case.whole_due),
    )


def _repair_accepted(case: Case, common: dict[str, Any]) -> contents.Letter:
    return contents.RepairAccepted(
        **_to_applicant(case, common),
        accepted_on=_day_of(case, "accept"),
        decided_by=(case.routed_to or case.record.department).name,
        due=_due(case, case.whole_due),
    )


def _not_before(case: Case) -> dict[str, Any]:
    term = _term(case)
    if term.grantable_from is None:
        return {"publicity_ends": term.publicity_ends_on}
    return {"apply_from": term.grantable_from} if term.grantable_from > timezone.localdate() else {}


def _term(case: Case) -> repair_terms.RepairTerm:
    return term_of(case.record, case.dishonesty, case.protected_field)


def _arithmetic(case: Case) -> str:
    term = _term(case)
    return (
        f"自{chinese_date(term.counted_from_day)}起计算，最短公示期{term.shortest_months}个月，"
        f"至{chinese_date(term.ends_on)}届满"
    )


def _repair_refused(case: Case, common: dict[str, Any]) -> contents.Letter:
    return contents.RepairRefused(
        **_to_applicant(case, common), reason=case.outcome_text, remedies=_remedies(), **_not_before(case)
    )


def _review_request(case: Case, common: dict[str, Any]) -> contents.Letter:
    return contents.ReviewRequest(
        **_to_department(case, common),
        dishonesty=f"{case.get_dishonesty_display()}失信",
        earliest=case.grantable_from or _term(case).publicity_ends_on,
        arithmetic=_arithmetic(case),
        opinion=_question(case),
        papers=_papers_for_source(case),
        days=_rule(case, "repair.answer.department").amount,
        due=_due(case, case.stage_due),
    )


def _repair_outcome(case: Case, common: dict[str, Any]) -> contents.Letter:
    decided_by = (case.routed_to or case.record.department).name
    to = _to_applicant(case, common)
    if case.outcome == states.GRANTED:
        return contents.RepairGranted(
            **to,
            decided_by=decided_by,
            findings=case.finding_text or case.outcome_text,
            stopped_on=timezone.localdate(case.closed_at),
        )
    later = _not_before(case)
    return contents.RepairDenied(
        **to,
        decided_by=decided_by,
        reason=case.outcome_text,
        remedies=_remedies(),
        arithmetic=_arithmetic(case) if later else "",
        **later,
    )


def _commitment(case: Case, common: dict[str, Any]) -> contents.Letter:
    applicant = open_applicant(case) or Applicant("", "", "")
    party, subject = _party(case), case.record.subject
    return contents.CommitmentLetter(
        **{**common, "number": ""},
        addressee=contents.Party(name=case.department.name),
        applicant=party,
        identity_kind=applicant.document_kind if party.person else "统一社会信用代码",
        identity_number=applicant.number if party.person else subject.uscc or "",
        representative="" if party.person else applicant.name,
        decided_on=case.record.decided_on,
        content=str(case.record.data.get("content") or case.record.document_name or case.record.item.name),
    )


# The clock


def _supplement(case: Case, common: dict[str, Any]) -> contents.Letter:
    pause = _pause(case)
    return contents.Supplement(
        **_to_applicant(case, common),
        matter=_matter(case),
        papers=tuple(line.strip() for line in pause.reason.splitlines() if line.strip()),
        bring_by=pause.bring_by or pause.begun_on,
        paused_on=pause.begun_on,
    )


def _paused(case: Case, common: dict[str, Any]) -> contents.Letter:
    pause = _pause(case)
    return contents.ClockPaused(
        **_to_applicant(case, common),
        matter=_matter(case),
        paused_on=pause.begun_on,
        reason=f"{pause.get_ground_display()}：{pause.reason}",
    )


def _resumed(case: Case, common: dict[str, Any]) -> contents.Letter:
    pause = _pause(case)
    return contents.ClockResumed(
        **_to_applicant(case, common),
        matter=_matter(case),
        paused_on=pause.begun_on,
        resumed_on=pause.ended_on or timezone.localdate(),
        reason=f"{pause.get_ground_display()}：{pause.reason}",
        due=_due(case, case.whole_due),
    )


def _pause(case: Case) -> Pause:
    pause = case.pauses.order_by("pk").last()
    if pause is None:
        raise ValidationError(_("The clock was never paused."))
    return pause


def _day_of(case: Case, what: str) -> datetime.date:
    event = case.events.filter(what=what).order_by("pk").last()
    return timezone.localdate(event.at) if event else case.opened_on


def _question(case: Case) -> str:
    event = case.events.filter(what="route").order_by("pk").last()
    return event.text if event else ""


def _is(kind: str, *where: str) -> Callable[[Case], bool]:
    return lambda case: case.kind == kind and case.state in where


def _is_paused(*, for_papers: bool) -> Callable[[Case], bool]:
    def possible(case: Case) -> bool:
        return case.is_paused and (_pause(case).ground == Pause.Ground.SUPPLEMENT) == for_papers

    return possible


_RUNNING = (states.ACCEPTED, states.ROUTED, states.ANSWERED, states.PROPOSED)
KINDS: Final = {
    kind.code: kind
    for kind in (
        Kind("objection-receipt", "异收", _is(states.OBJECTION, states.RECEIVED), _objection_receipt),
        Kind("objection-accepted", "异受", _is(states.OBJECTION, *_RUNNING), _objection_accepted),
        Kind("objection-refused", "异不受", _is(states.OBJECTION, states.REFUSED), _objection_refused),
        Kind("verification-request", "核函", _is(states.OBJECTION, states.ROUTED), _verification_request),
        Kind("objection-outcome", "异结", _is(states.OBJECTION, states.CLOSED), _objection_outcome),
        Kind("commitment-letter", "修承", _is(states.REPAIR, states.RECEIVED), _commitment),
        Kind("repair-receipt", "修收", _is(states.REPAIR, states.RECEIVED), _repair_receipt),
        Kind("repair-accepted", "修受", _is(states.REPAIR, *_RUNNING), _repair_accepted),
        Kind("repair-refused", "修不受", _is(states.REPAIR, states.REFUSED), _repair_refused),
        Kind("review-request", "审函", _is(states.REPAIR, states.ROUTED), _review_request),
        Kind("repair-outcome", "修结", _is(states.REPAIR, states.CLOSED), _repair_outcome),
        Kind("supplement", "补", _is_paused(for_papers=True), _supplement),
        Kind("clock-paused", "停", _is_paused(for_papers=False), _paused),
        Kind(
            "clock-resumed",
            "续",
            lambda case: case.is_open and not case.is_paused and case.pauses.exists(),
            _resumed,
        ),
    )
}
"""All letters of cases by their code. ``manage.py sample_letters`` shows what they look like."""
