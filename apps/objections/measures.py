"""What the supervisor's board shows: numbers alone, in a fixed number of queries."""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Aggregate, Count, FloatField, Q
from django.db.models.functions import TruncMonth
from django.utils import timezone

from apps.departments.models import Department

from . import states
from .models import Case, Passage
from .querysets import CasePartQuerySet, CaseQuerySet

MONTHS: Final = 12


class Median(Aggregate):
    """The value in the middle, between two where there are as many above as below."""

    template = "percentile_cont(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True)
class Span:
    """The time that the board looks at: from ``first`` to ``last``, both included."""

    first: datetime.date
    last: datetime.date

    @classmethod
    def of(cls, year: int | None, today: datetime.date) -> "Span":
        """A calendar year, or the last twelve months, the current one included."""
        if year:
            return cls(datetime.date(year, 1, 1), datetime.date(year, 12, 31))
        months = today.year * 12 + today.month - MONTHS
        return cls(datetime.date(months // 12, months % 12 + 1, 1), today)

    @property
    def months(self) -> list[datetime.date]:
        """The first day of each month."""
        found, day = [], self.first
        while day <= self.last:
            found.append(day)
            day = (day + datetime.timedelta(days=32)).replace(day=1)
        return found

    @property
    def moments(self) -> tuple[datetime.datetime, datetime.datetime]:
        """The same as moments: from the first one to the one with which it is over."""
        midnight = datetime.time()
        after = self.last + datetime.timedelta(days=1)
        first, end = (timezone.make_aware(datetime.datetime.combine(day, midnight)) for day in (self.first, after))
        return first, end


@dataclass(frozen=True)
class StageLine:
    """Open cases of a stage."""

    stage: str
    open: int
    overdue: int
    today: int
    paused: int

    @property
    def label(self) -> str:
        return str(Case.Stage(self.stage).label)


def stage_lines(cases: CaseQuerySet, today: datetime.date) -> list[StageLine]:
    """Where the open cases lie, and how they stand against their day."""
    rows = (
        cases.running()
        .order_by()
        .values("stage")
        .annotate(
            open=Count("pk"),
            overdue=Count("pk", filter=Q(due__lt=today)),
            today=Count("pk", filter=Q(due=today)),
            paused=Count("pk", filter=Q(paused_on__isnull=False)),
        )
    )
    found = {row["stage"]: StageLine(**row) for row in rows}
    return [found.get(stage, StageLine(stage, 0, 0, 0, 0)) for stage in states.STAGES]


@dataclass(frozen=True)
class PassageLine:
    """Stages that cases have passed in a department: how many, the median of their working days, how many in time."""

    department: Department
    stage: str
    passed: int
    median: float
    in_time: int

    @property
    def label(self) -> str:
        return str(Case.Stage(self.stage).label)

    @property
    def share(self) -> float:
        """Percent in time, one decimal."""
        return round(100 * self.in_time / self.passed, 1)


def passage_lines(passages: CasePartQuerySet, span: Span) -> list[PassageLine]:
    """By department and stage, the slowest first. Two queries."""
    rows = (
        passages.filter(ended_on__range=(span.first, span.last))
        .order_by()
        .values("department", "stage")
        .annotate(passed=Count("pk"), median=Median("working_days"), in_time=Count("pk", filter=Q(in_time=True)))
        .order_by("-median", "department", "stage")
    )
    found = list(rows)
    departments = Department.objects.in_bulk({row["department"] for row in found})
    return [PassageLine(**{**row, "department": departments[row["department"]]}) for row in found]


@dataclass(frozen=True)
class MonthLine:
    """Cases of one month."""

    month: datetime.date
    received: int
    ended: int


def month_lines(cases: CaseQuerySet, span: Span) -> list[MonthLine]:
    """Cases received and ended by month, oldest first. Two queries."""
    received = cases.filter(opened_on__range=(span.first, span.last)).annotate(month=TruncMonth("opened_on"))
    ended = cases.filter(_ended_in(span)).annotate(month=TruncMonth("closed_at"))
    came, went = (
        dict(each.order_by().values("month").annotate(number=Count("pk")).values_list("month", "number"))
        for each in (received, ended)
    )
    left = {timezone.localdate(moment): number for moment, number in went.items()}
    return [MonthLine(month, came.get(month, 0), left.get(month, 0)) for month in span.months]


@dataclass(frozen=True)
class OutcomeLine:
    """How cases of a kind have ended."""

    kind: str
    outcome: str
    cases: int
    share: float

    @property
    def label(self) -> str:
        return str(Case.Kind(self.kind).label)


def outcome_lines(cases: CaseQuerySet, span: Span) -> list[OutcomeLine]:
    """Outcomes by kind, with their share in percent; a case that was refused or retracted has its state instead."""
    rows: Any = (
        cases.filter(_ended_in(span))
        .order_by()
        .values("kind", "state", "outcome")
        .annotate(number=Count("pk"))
        .order_by("kind", "-number", "state")
    )
    rows = list(rows)
    found = []
    for row in rows:
        of_kind = sum(each["number"] for each in rows if each["kind"] == row["kind"])
        label = Case.Outcome(row["outcome"]).label if row["outcome"] else Case.State(row["state"]).label
        found.append(OutcomeLine(row["kind"], str(label), row["number"], round(100 * row["number"] / of_kind, 1)))
    return found


def _ended_in(span: Span) -> Q:
    first, end = span.moments
    return Q(closed_at__gte=first, closed_at__lt=end)


@dataclass(frozen=True)
class Board:
    """All that the board shows."""

    stages: list[StageLine]
    passages: list[PassageLine]
    months: list[MonthLine]
    outcomes: list[OutcomeLine]

    def total(self, name: str) -> int:
        """The sum of a column over the stages."""
        return sum(getattr(line, name) for line in self.stages)


def board(user: Any, kind: str, year: int | None, today: datetime.date) -> Board:
    """The board of whoever handles cases. Six queries."""
    cases, passages = Case.objects.visible_to(user), Passage.objects.visible_to(user)
    if kind:
        cases, passages = cases.filter(kind=kind), passages.filter(case__kind=kind)
    span = Span.of(year, today)
    return Board(
        stage_lines(cases, today),
        passage_lines(passages, span),
        month_lines(cases, span),
        outcome_lines(cases, span),
    )
