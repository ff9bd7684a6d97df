"""Demo cases of today, led through their steps by the actions of the desk: the ends that a drawn case does not reach.

They need what an action checks (a term that is over, papers, two persons), so that the record and the letters follow as
they do in use. Nobody real is meant.
"""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.core.calendars import current_calendar
from apps.core.terms import SubjectKind
from apps.departments.models import User
from apps.records.models import Record

from . import actions, effects, states
from .applicants import Applicant
from .models import Case, Evidence, Pause

_SHEET: Final = (
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
    b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>\nendobj\n"
    b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"
)
"""A blank sheet stands for each paper."""
_QUESTION: Final = "请核对决定书原件与报送内容是否一致。"


@dataclass(frozen=True)
class Cast:
    """Who plays: two officers of the centre, the reviewer of the department, and an applicant."""

    officer: User
    second: User
    reviewer: User
    applicant: Applicant


def play(cast: Cast) -> int:
    """Lead a case to each end, about old penalties of the reviewer's department. Returns how many: one for each scene,
    as long as there are records for them."""
    year_ago = timezone.localdate() - datetime.timedelta(days=365)
    records = (
        Record.objects.filter(
            state=Record.State.PUBLISHED,
            item__code="penalty-legal",
            department=cast.reviewer.department,
            decided_on__lte=year_ago,
            data__has_key="fine_amount",
        )
        .exclude(subject__kind=SubjectKind.NATURAL_PERSON)
        .exclude(pk__in=Case.objects.values("record"))
        .order_by("-decided_on", "pk")[: len(_SCENES)]
    )
    for scene, record in zip(_SCENES, records, strict=False):
        scene(cast, record)
    return len(records)


def _corrected(cast: Cast, record: Record) -> None:
    """The department finds the fine wrong; from then on the record says the half."""
    case = _objection(cast, record, "公示的罚款金额与处罚决定书载明的金额不一致，请予更正。")
    case = actions.accept(user=cast.officer, obj=case)
    case = actions.route(user=cast.officer, obj=case, question=_QUESTION)
    case = actions.find_wrong(user=cast.reviewer, obj=case, grounds="经核对决定书原件，罚款金额登记有误。")
    half = f"{Decimal(effects.values_of(record)['fine_amount']) / 2:f}"
    case = actions.prepare_correction(user=cast.officer, obj=case, values={"fine_amount": half})
    actions.decide_corrected(user=cast.officer, obj=case, grounds=f"决定书载明罚款金额为{half}万元，予以更正。")


def _waits_for_the_second_officer(cast: Cast, record: Record) -> None:
    case = actions.accept(user=cast.officer, obj=_objection(cast, record, "该处罚决定已被行政复议机关撤销，请予撤下。"))
    actions.decide_removed(user=cast.officer, obj=case, grounds="行政复议决定书载明处罚决定已被撤销。")


def _removed(cast: Cast, record: Record) -> None:
    case = actions.accept(user=cast.officer, obj=_objection(cast, record, "该处罚决定已被人民法院判决撤销，请予撤下。"))
    case = actions.decide_removed(user=cast.officer, obj=case, grounds="生效判决载明处罚决定已被撤销。")
    actions.approve(user=cast.second, obj=case)


def _unresolved(cast: Cast, record: Record) -> None:
    """Nobody can tell: the record is annotated."""
    case = actions.accept(user=cast.officer, obj=_objection(cast, record, "当日本单位未在该地址经营。"))
    case = actions.route(user=cast.officer, obj=case, question=_QUESTION)
    case = actions.find_uncertain(user=cast.reviewer, obj=case, grounds="现场笔录未载明具体门牌，无法核实。")
    actions.decide_unresolved(user=cast.officer, obj=case, grounds="现有材料无法核实。")


def _paused(cast: Cast, record: Record) -> None:
    """The clock stands still until the applicant brings what is missing."""
    case = actions.accept(user=cast.officer, obj=_objection(cast, record, "处罚决定书送达日期登记有误，请予更正。"))
    actions.pause(
        user=cast.officer,
        obj=case,
        ground=Pause.Ground.SUPPLEMENT,
        grounds="处罚决定书原件\n送达回证复印件",
        bring_by=current_calendar().add_working_days(timezone.localdate(), 5).date,
    )


def _retracted(cast: Cast, record: Record) -> None:
    case = _objection(cast, record, "请核实处罚事由。")
    actions.retract(user=cast.officer, obj=case, reason="申请人已与作出处罚决定的单位核实，不再申请。")


def _granted(cast: Cast, record: Record) -> None:
    """The record has been shown for its shortest term, the department consents: it is shown no longer."""
    case = _file(
        cast,
        record,
        states.REPAIR,
        "已缴清罚款并完成整改，申请信用修复。",
        [Evidence.What.CORRECTION, Evidence.What.COMMITMENT],
        dishonesty=Case.Dishonesty.GENERAL,
        committed_on=timezone.localdate(),
        corrected_on=timezone.localdate() - datetime.timedelta(days=7),
    )
    case = actions.accept(user=cast.officer, obj=case)
    case = actions.route(user=cast.officer, obj=case, question="请审核是否符合修复条件。")
    case = actions.consent(user=cast.reviewer, obj=case, grounds="罚款已缴清，整改已验收。")
    actions.decide_granted(user=cast.officer, obj=case, grounds="最短公示期已满，义务已履行。")


_SCENES: Final = (
    _corrected, _waits_for_the_second_officer, _removed, _unresolved, _paused, _retracted, _granted,
)  # fmt: skip


def _objection(cast: Cast, record: Record, statement: str) -> Case:
    return _file(cast, record, states.OBJECTION, statement, [Evidence.What.PROOF], ground=Case.Ground.WRONG)


def _file(
    cast: Cast, record: Record, kind: str, statement: str, papers: Sequence[Evidence.What], **values: Any
) -> Case:
    return actions.file_case(
        user=cast.officer,
        kind=kind,
        record=record,
        applicant=cast.applicant,
        relation=Case.Relation.REPRESENTATIVE,
        identity=Case.Identity.ORIGINAL,
        statement=statement,
        submission=uuid.uuid4(),
        papers=[
            actions.Paper(SimpleUploadedFile(f"{what.label}.pdf", _SHEET, "application/pdf"), what) for what in papers
        ],
        **values,
    )
