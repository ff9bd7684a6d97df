"""The credit centre, its officers, applicants and cases for the tests of objections and repair."""

import datetime
import uuid
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from apps.departments.models import Department, User
from apps.objections.actions import Paper, file_case
from apps.objections.applicants import Applicant, seal_applicant
from apps.objections.clocks import begin_stage
from apps.objections.models import Case, Event, Evidence, Letter, Passage, Pause
from apps.objections.papers import keep, keep_letter
from apps.objections.steps import log
from apps.records.models import Record
from tests.factories import make_department, make_user
from tests.planting import OURS, Part, Side, plants
from tests.records import factories as records
from tests.records.files import PDF, upload
from tests.subjects import factories as subjects

_numbers = count(1)


@dataclass
class Centre:
    """The credit centre with two officers."""

    department: Department
    officer: User
    second: User


def centre() -> Centre:
    """The credit centre below the city, which oversees every department of ``office()``."""
    city = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    letterhead = {"letter_mark": "郑信", "address": "政务服务中心6号窗口", "phone": "0371-00000000"}
    department = make_department("credit-centre", parent=city, **letterhead)

    def officer() -> User:
        return make_user(f"officer-{next(_numbers)}", department=department, role="centre-officer", is_staff=True)

    return Centre(department, officer(), officer())


def office(slug: str = "market-supervision", **values: Any) -> records.Office:
    """A department of the city with its people."""
    city = make_department("zhengzhou", kind=Department.Kind.GOVERNMENT)
    return records.office(slug, parent=city, **values)


def published(of: records.Office, **values: Any) -> Record:
    """A public record of the department."""
    return records.put(records.enter(of, **values), Record.State.PUBLISHED)


def applicant(**values: Any) -> Applicant:
    """Somebody with a right identity number, another one each time."""
    number = subjects.identity_number(next(_numbers) % 1000, born="19850505")
    return Applicant(
        **{"name": "欧阳申请", "document_kind": "身份证", "number": number, "phone": "13800001234", **values}
    )


def paper(what: str = Evidence.What.PROOF, name: str = "证明.pdf") -> Paper:
    """A paper as it comes with an application."""
    return Paper(upload(name, PDF), what)


def objection(of: Centre, record: Record, **values: Any) -> Case:
    """An objection to the record, just taken in."""
    return file_case(
        **{
            "user": of.officer,
            "kind": Case.Kind.OBJECTION,
            "record": record,
            "applicant": applicant(),
            "relation": Case.Relation.REPRESENTATIVE,
            "identity": Case.Identity.ORIGINAL,
            "ground": Case.Ground.WRONG,
            "statement": "罚款金额与决定书不符",
            "wanted": "更正罚款金额",
            "submission": uuid.uuid4(),
            "papers": [paper()],
            **values,
        }
    )


def repair(of: Centre, record: Record, **values: Any) -> Case:
    """An application for repair, with its papers, just taken in."""
    return file_case(
        **{
            "user": of.officer,
            "kind": Case.Kind.REPAIR,
            "record": record,
            "applicant": applicant(),
            "relation": Case.Relation.REPRESENTATIVE,
            "identity": Case.Identity.ORIGINAL,
            "statement": "已缴纳罚款并完成整改",
            "dishonesty": Case.Dishonesty.GENERAL,
            "committed_on": datetime.date(2026, 1, 5),
            "corrected_on": datetime.date(2026, 1, 4),
            "submission": uuid.uuid4(),
            "papers": [paper(Evidence.What.CORRECTION), paper(Evidence.What.COMMITMENT)],
            **values,
        }
    )


def _identity(side: Side) -> str:
    return subjects.identity_number(side.place % 1000, born="19660606" if side.first == OURS else "19550505")


UNDER_RULES: Final = 78
"""So many weeks later the rules of repair are in force."""


@plants(Case, Pause, Passage, Event, Evidence, Letter, overseen_by="handle_objections")
def plant_cases(side: Side) -> None:
    """A case of each kind that lies with the department, with all that can hang on it."""
    if side.part is Part.HIDDEN:
        return
    own = Record.objects.filter(pk__gt=side.first, department=side.office.department, state=Record.State.PUBLISHED)
    record, reviewer = own.order_by("pk")[0], side.office.reviewer
    for kind in Case.Kind:
        person = Applicant(
            name=side.text(Case, "applicant.name"),
            document_kind="身份证",
            number=side.mark(Case, "applicant.number", _identity(side)),
            phone=side.text(Case, "applicant.phone"),
            address=side.text(Case, "applicant.address"),
        )
        case = Case(
            kind=kind,
            number=side.text(Case, "number"),
            code=side.text(Case, "code"),
            submission=uuid.uuid4(),
            record=record,
            department=side.office.department,
            relation=Case.Relation.AGENT,
            identity=Case.Identity.ORIGINAL,
            applicant=seal_applicant(person),
            statement=side.text(Case, "statement"),
            wanted=side.text(Case, "wanted"),
            opened_on=side.day(Case, "opened_on", UNDER_RULES),
            began_on=side.day(Case, "began_on", UNDER_RULES),
            filed_by=reviewer,
        )
        case.save()
        case.state = Case.State.ACCEPTED
        case.save()
        case.state, case.routed_to = Case.State.ROUTED, side.office.department
        case.finding_text = side.text(Case, "finding_text")
        begin_stage(case, case.began_on)
        case.stage_due, case.whole_due = side.day(Case, "stage_due"), side.day(Case, "whole_due")
        case.save()
        day = side.day(Pause, "begun_on")
        Pause.objects.create(
            case=case,
            ground=Pause.Ground.EXPERT,
            reason=side.text(Pause, "reason"),
            begun_on=day,
            ended_on=day,
            begun_by=reviewer,
        )
        Passage.objects.create(
            case=case,
            stage=Case.Stage.CENTRE,
            department=side.office.department,
            began_on=day,
            ended_on=day,
            working_days=0,
            in_time=True,
        )
        log(case, user=reviewer, what="note", text=side.text(Event, "text"))
        name, inside = side.text(Evidence, "name"), side.text(Evidence, "file")
        keep(
            case,
            upload(f"{name}.pdf", PDF + f"%{inside}\n".encode()),
            user=reviewer,
            what=Evidence.What.PROOF,
            brought_by=Evidence.By.SOURCE,
        )
        letter = Letter(
            case=case,
            # The only kind that the department reads too.
            kind="verification-request",
            number=side.text(Letter, "number"),
            name=f"{side.text(Letter, 'name')}.pdf",
            dated=day,
            added_by=reviewer,
        )
        keep_letter(letter, PDF + f"%{side.text(Letter, 'file')}\n".encode())
