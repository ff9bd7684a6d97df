"""Demo cases of both kinds, over the last year; the same whenever drawn on the same day.

``make_cases`` draws any number of them, for the demo and for measuring. They come into being as cases do, step by
step, for the database refuses every other way; but many at once, and on days of the past. Nobody real is meant.
"""

import datetime
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from django.utils import timezone

from apps.audit.context import acting
from apps.core.calendars import current_calendar
from apps.core.dated_rules import deadline_under, pick_rule
from apps.core.models import Rule
from apps.departments.models import Department, User
from apps.departments.terms import Role
from apps.records.models import Record

from . import demo_scenes, states
from .applicants import Applicant, seal_applicant
from .models import Case, Event, Passage
from .numbers import case_number, next_number, progress_code
from .terms import term_of

SEED: Final = 20161
CENTRE: Final = "credit-centre"
REVIEWER: Final = "market.reviewer"
CASES: Final = 90
DAYS: Final = 200
BATCH: Final = 2000
NEWEST: Final = 12
"""Cases of the last days are open; the older ones have ended."""

WAYS: Final[dict[str, tuple[str, ...]]] = {
    states.RECEIVED: (),
    states.ACCEPTED: (states.ACCEPTED,),
    states.ROUTED: (states.ACCEPTED, states.ROUTED),
    states.ANSWERED: (states.ACCEPTED, states.ROUTED, states.ANSWERED),
    states.CLOSED: (states.ACCEPTED, states.ROUTED, states.ANSWERED, states.CLOSED),
    states.REFUSED: (states.REFUSED,),
}
"""State -> the states that lead there."""
_WHAT: Final = {
    states.ACCEPTED: "accept",
    states.ROUTED: "route",
    states.ANSWERED: "answer",
    states.CLOSED: "decide",
    states.REFUSED: "refuse",
}
_STATEMENTS: Final = {
    states.OBJECTION: (
        "公示的罚款金额与处罚决定书载明的金额不一致，请予更正。",
        "该处罚决定已被行政复议机关撤销，请予撤下。",
        "处罚对象并非本单位，系同名企业，请核实后更正。",
        "处罚决定日期登记有误，请按决定书更正。",
    ),
    states.REPAIR: (
        "已缴清罚款并完成整改，申请信用修复。",
        "违法行为已纠正，最短公示期已满，申请停止公示。",
        "已履行处罚决定确定的全部义务，现申请信用修复。",
    ),
}
_QUESTION: Final = "请核对决定书原件与报送内容是否一致，并说明理由。"
_ANSWER: Final = "经核对决定书原件，报送内容与决定书一致。"
_DECISION: Final = "经核查，公示信息与决定书一致，予以维持。"
_REFUSAL: Final = "申请人不是该信息的信用主体，也未提交授权委托书。"
_NAMES: Final = ("韩梅", "雷磊", "方圆", "石坚", "苏晓", "卢森", "白杨", "高远", "蓝天", "罗曼")


@dataclass
class Desk:
    """Who works on the cases."""

    centre: Department
    officers: Sequence[User]
    today: datetime.date


def load() -> str:
    """Add the cases once; a line that says how many there are. Nothing changes when any are there."""
    if Case.objects.exists():
        return "cases are there already"
    centre = Department.objects.get(slug=CENTRE)
    officers = list(User.objects.filter(groups__role__role=Role.CENTRE_OFFICER).order_by("username"))
    about = Record.objects.filter(
        state=Record.State.PUBLISHED, item__nature="negative", department__slug__in=("market-supervision", "taxation")
    )
    suited = about.exclude(subject__kind="natural_person").order_by("-decided_on", "pk")
    made = make_cases(list(suited[: CASES * 3 : 3]), Desk(centre, officers, timezone.localdate()), ended=0.6)
    reviewer = User.objects.get(username=REVIEWER)
    played = demo_scenes.play(demo_scenes.Cast(officers[0], officers[1], reviewer, _people()[0]))
    return f"{made + played} cases"


def make_cases(
    records: Sequence[Record], desk: Desk, *, ended: float = 0.0, kinds: Sequence[str] = states.KINDS
) -> int:
    """A case about each of the records, whose items and departments are at hand. Returns how many.

    ``ended``: the share of those that have come to their end.
    """
    draw = _Drawing(desk)
    drawn = [draw.case(record, ended, kinds) for record in records]
    _number([case for case, _target in drawn])
    for first in range(0, len(drawn), BATCH):
        with acting(user_id=desk.officers[0].pk, reason=""):
            draw.bring(drawn[first : first + BATCH])
    return len(drawn)


class _Drawing:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.chance = random.Random(SEED)
        self.calendar = current_calendar()
        self.rules = list(Rule.objects.all())
        self.due: dict[tuple[str, datetime.date], Any] = {}
        # Few people stand for many: a key for each of them would be most of the work.
        self.applicants = [seal_applicant(each) for each in _people()]

    def case(self, record: Record, ended: float, kinds: Sequence[str]) -> tuple[Case, str]:
        """A case as it comes in, and the state that it is to reach."""
        over = self.chance.random() < ended
        kind = self.chance.choice(kinds)
        back = self.chance.randrange(NEWEST + 8, DAYS) if over else self.chance.randrange(NEWEST)
        day = self._working_day(self.desk.today - datetime.timedelta(days=back))
        target = self.chance.choices(
            (states.CLOSED, states.REFUSED) if over else (*WAYS,)[:4], (7, 1) if over else (3, 4, 4, 2)
        )[0]
        case = Case(
            kind=kind,
            code=progress_code(),
            submission=uuid.uuid4(),
            record=record,
            department=self.desk.centre,
            relation=Case.Relation.REPRESENTATIVE,
            identity=Case.Identity.ORIGINAL,
            applicant=self.chance.choice(self.applicants),
            statement=self.chance.choice(_STATEMENTS[kind]),
            opened_on=day,
            began_on=day,
            filed_by=self.chance.choice(self.desk.officers),
            filed_at=_morning(day, self.chance.randrange(240)),
        )
        if kind == states.OBJECTION:
            case.ground = self.chance.choice(Case.Ground.values[:2])
        else:
            term = term_of(record, Case.Dishonesty.GENERAL, protected_field=False, rules=self.rules)
            case.dishonesty, case.term_rule = Case.Dishonesty.GENERAL, term.rule
            case.grantable_from = term.grantable_from
        self._begin(case, states.RECEIVED, day)
        return case, target

    def bring(self, drawn: Sequence[tuple[Case, str]]) -> None:
        """Insert them, and lead each to its state."""
        Case.objects.bulk_create([case for case, _target in drawn])
        self._log((case, "file", "", states.RECEIVED, case.statement, case.filed_at) for case, _target in drawn)
        for target, way in WAYS.items():
            here = [case for case, state in drawn if state == target]
            for place, state in enumerate(way, 1):
                self._lead(here, state, place)

    def _lead(self, cases: Sequence[Case], state: str, place: int) -> None:
        passed, events = [], []
        for case in cases:
            source, case.state = case.state, state
            day = min(self.desk.today, self.calendar.add_working_days(case.opened_on, place).date)
            if state in (states.ACCEPTED, states.REFUSED):
                case.handler = self.chance.choice(self.desk.officers)
            if state == states.ROUTED:
                case.routed_to = case.record.department
            if state == states.ANSWERED:
                case.finding = states.RIGHT if case.kind == states.OBJECTION else states.DISSENT
                case.finding_text = _ANSWER
            if state in (states.CLOSED, states.REFUSED):
                case.closed_at, case.decided_by = _morning(day, 300), case.handler
                case.outcome_text = _DECISION if state == states.CLOSED else _REFUSAL
                if state == states.CLOSED:
                    case.outcome = states.UPHELD if case.kind == states.OBJECTION else states.DENIED
            passed += self._begin(case, state, day)
            text = {states.ROUTED: _QUESTION, states.ANSWERED: _ANSWER}.get(state, case.outcome_text)
            events.append((case, _WHAT[state], source, state, text, _morning(day, 60 * place)))
        Case.objects.bulk_update(cases, _LED, batch_size=BATCH)
        Passage.objects.bulk_create(passed)
        self._log(events)

    def _begin(self, case: Case, state: str, day: datetime.date) -> list[Passage]:
        """Put the case into its stage; what it leaves."""
        period = states.stage(case.kind, state, case.routed_to_id is not None, case.finding)
        stage, left = period.stage if period else "", []
        if case.stage and stage != case.stage:
            began = case.stage_began_on or case.began_on
            lay_with = case.routed_to_id if case.stage == states.SOURCE else None
            left = [
                Passage(
                    case=case,
                    stage=case.stage,
                    department_id=lay_with or case.department_id,
                    began_on=began,
                    ended_on=day,
                    due=case.stage_due,
                    working_days=self.calendar.working_days_between(began, day),
                    in_time=case.stage_due is None or day <= case.stage_due,
                )
            ]
        if stage != case.stage:
            case.stage, case.stage_began_on = stage, day if stage else None
        if period is None:
            case.due = case.stage_due = None
            return left
        whole, whole_due = self._due(states.whole(case.kind, case.routed_to_id is not None), case, case.began_on)
        start = (case.stage_began_on if period.from_stage else None) or case.began_on
        rule, due = self._due(period.rule, case, start)
        case.whole_rule, case.whole_due, case.stage_rule, case.stage_due = whole, whole_due.date, rule, due.date
        case.due = min(due.date, whole_due.date)
        case.provisional = due.provisional or whole_due.provisional
        return left

    def _due(self, key: str, case: Case, start: datetime.date) -> Any:
        known = self.due.get((key, start))
        if known is None:
            rule = pick_rule(self.rules, key, case.opened_on)
            known = self.due[key, start] = rule, deadline_under(rule, start, self.calendar)
        return known

    def _working_day(self, day: datetime.date) -> datetime.date:
        return day if self.calendar.is_working_day(day) else self.calendar.add_working_days(day, 1).date

    def _log(self, events: Iterable[tuple[Case, str, str, str, str, datetime.datetime]]) -> None:
        Event.objects.bulk_create(
            Event(
                case=case,
                actor=case.handler or case.filed_by,
                what=what,
                source=source,
                target=target,
                text=text,
                at=at,
                for_applicant=what != "answer",
            )
            for case, what, source, target, text, at in events
        )


_LED: Final = [
    "state",
    "handler",
    "routed_to",
    "finding",
    "finding_text",
    "closed_at",
    "decided_by",
    "outcome",
    "outcome_text",
    "stage",
    "stage_began_on",
    "stage_rule",
    "stage_due",
    "whole_rule",
    "whole_due",
    "due",
    "provisional",
]


def _number(cases: Sequence[Case]) -> None:
    """Give them their numbers, in the order of their days."""

    def series(case: Case) -> tuple[str, int]:
        return case.kind, case.opened_on.year

    for (kind, year), group in groupby(sorted(cases, key=lambda each: (*series(each), each.filed_at)), key=series):
        together = list(group)
        last = next_number(kind, year, len(together))
        for number, case in enumerate(together, last - len(together) + 1):
            case.number = case_number(kind, year, number)


def _people() -> list[Applicant]:
    return [
        Applicant(name, "其他", f"DEMO{number:06d}", phone=f"1380000{number:04d}")
        for number, name in enumerate(_NAMES, 1)
    ]


def _morning(day: datetime.date, minutes: int) -> datetime.datetime:
    at = datetime.datetime.combine(day, datetime.time(9), timezone.get_current_timezone())
    return min(at + datetime.timedelta(minutes=minutes), timezone.now())
