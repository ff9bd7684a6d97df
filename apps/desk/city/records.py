"""Records of a generated city: ten years of them, each as an import stores it, led on to where its age brought it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

import polars as pl
from django.conf import settings
from django.db import transaction
from django.db.models import Count

from apps.catalogue.models import InformationItem
from apps.catalogue.shapes import ItemSpec
from apps.catalogue.specs import item_specs
from apps.core.calendars import current_calendar
from apps.core.dated_rules import NoRule, pick_rule
from apps.core.models import Rule
from apps.core.workdays import WorkCalendar
from apps.exchange.engine.staging import json_member
from apps.records import bulk, rules
from apps.records.clocks import REMOVED_ON, WITHDRAWAL_BY_DEPARTMENT, is_list
from apps.records.content import COLUMNS
from apps.records.models import Record

from . import content
from .draws import Draws
from .offices import Office
from .pools import Pools
from .staging import insert, stage, written

State = Record.State

SLICE: Final = 100_000
YEARS: Final = 10
_GROWTH: Final = 1.4
"""The number of decisions up to a day grows with this power of the time."""
_OPEN_DAYS: Final = 14
_OPEN: Final = (0.30, 0.55, 0.65)
"""Of the last days' decisions: up to the first share drafts, then submitted, then returned, the rest published."""
_WITHDRAWN: Final = 0.015
_WITHDRAWN_AFTER: Final = datetime.timedelta(days=30)
_LATE: Final = 0.12
"""Share published late, taken over all departments; one department has up to twice as much, another hardly any."""
_RETURNED_BECAUSE: Final = "请补充上传决定书扫描件。"
_WITHDRAWN_BECAUSE: Final = "行政复议决定撤销原决定"

_CLOCKS: Final = {
    "decided_on": pl.Date,
    "named_end": pl.Date,
    "deadline": pl.Date,
    "provisional": pl.Boolean,
    "rule": pl.Int64,
    "archive_on": pl.Date,
}


def load(
    seed: int,
    count: int,
    offices: Sequence[Office],
    today: datetime.date,
    told: Callable[[int], None],
    *,
    jobs: int = 1,
) -> None:
    """Add ``count`` records in the order of their decisions; ``told`` hears how many there are so far."""
    with transaction.atomic():
        city = City(seed, count, offices, today)
    slices = (list(city.slice(start, min(start + SLICE, count))) for start in range(0, count, SLICE))
    done = 0
    for rows in written(slices, _insert, jobs):
        done += rows
        told(done)


def _insert(frames: Sequence[pl.DataFrame]) -> int:
    rows = 0
    for frame in frames:
        stage(frame)
        rows += insert(Record, _COLUMNS)
    return rows


class City:
    """All that records are drawn from, read once."""

    def __init__(self, seed: int, count: int, offices: Sequence[Office], today: datetime.date) -> None:
        self.seed, self.count, self.today = seed, count, today
        self.items = {item.pk: item for office in offices for item in office.items}
        self.specs = item_specs(self.items.values())
        self._desks = _desks(offices)
        calendar = current_calendar()
        self._days = _days(today, calendar)
        self._withdrawals = _withdrawals(self._days[0], today, calendar)
        self._pools = Pools()
        # What a department has already; its new documents are numbered from there.
        self._numbered = dict(Record.objects.order_by().values_list("department").annotate(Count("pk")))
        self._sequences = pl.DataFrame(schema={"department_id": pl.Int64, "year": pl.Int32, "taken": pl.Int64})

    def slice(self, start: int, end: int) -> Iterator[pl.DataFrame]:
        """Records number ``start`` up to ``end``, a frame for each item, as the staging table takes them.

        Ask for one slice after the other: documents are numbered on.
        """
        numbers = pl.int_range(start, end, dtype=pl.Int64, eager=True)
        draws = Draws(self.seed, numbers)
        days = ((numbers + 0.5) / self.count) ** (1 / _GROWTH) * len(self._days)
        frame = pl.DataFrame(
            {
                "number": numbers,
                "desk": draws.place("desk", self._desks["weight"].to_list()),
                "decided_on": self._days.gather(days.cast(pl.Int64).clip(0, len(self._days) - 1)),
            }
        )
        frame = self._sequenced(frame.join(self._desks, on="desk", how="left", maintain_order="left"))
        for part in frame.partition_by("item_id", maintain_order=True):
            yield self._made(self.items[part["item_id"][0]], part)

    def _sequenced(self, frame: pl.DataFrame) -> pl.DataFrame:
        """With ``sequence``, the running number among the documents of a department and year."""
        own = ["department_id", "year"]
        frame = frame.with_columns(pl.col("decided_on").dt.year().alias("year"))
        frame = frame.join(self._sequences, on=own, how="left", maintain_order="left").with_columns(
            (pl.col("taken").fill_null(0) + pl.int_range(1, pl.len() + 1).over(own)).alias("sequence")
        )
        taken = frame.group_by(own).agg(pl.col("sequence").max().alias("taken"))
        self._sequences = pl.concat([self._sequences, taken]).group_by(own).agg(pl.col("taken").max())
        return frame.drop("taken", "year")

    def _made(self, item: InformationItem, frame: pl.DataFrame) -> pl.DataFrame:
        draws, spec = Draws(self.seed, frame["number"]), self.specs[item.pk]
        used = pl.col("department_id").replace_strict(self._numbered, default=0, return_dtype=pl.Int64)
        frame = frame.with_columns(pl.col("sequence") + used).hstack(
            self._pools.of(item.subject_kinds).draw(draws, frame["decided_on"])
        )
        rows = content.Rows(spec, draws, frame)
        columns, values = content.columns(rows), content.values(rows, self.today)
        frame = frame.with_columns(
            *(column.alias(name) for name, column in columns.items()),
            _json(spec, values).alias("data"),
            _named_end(item, columns, values).alias("named_end"),
        )
        return self._led(draws, self._timed(item, frame)).select(_STAGED)

    def _timed(self, item: InformationItem, frame: pl.DataFrame) -> pl.DataFrame:
        """With deadlines and ends of disclosure: one computation for each day, as an import does it."""
        pairs = frame.select("decided_on", "named_end").unique().rows()
        table = bulk.clock_table(item, pairs, self.today)
        lines = [
            (day, end, table.due[day].date, table.due[day].provisional, table.due[day].rule, table.archive_on[day, end])
            for day, end in pairs
        ]
        clocks = pl.DataFrame(lines, schema=_CLOCKS, orient="row")
        return frame.join(clocks, on=["decided_on", "named_end"], how="left", nulls_equal=True, maintain_order="left")

    def _led(self, draws: Draws, frame: pl.DataFrame) -> pl.DataFrame:
        """With the state to which its age has brought each record, and who brought it there when.

        Every moment of a record is a day and a minute of it; entries are of the morning, decisions of the afternoon.
        """
        today = pl.lit(self.today)
        late = draws.unit("late") < (frame["department_id"] * 7 % 10) / 5 * _LATE
        frame = frame.with_columns(
            draws.unit("state").alias("lot"),
            late.alias("late"),
            draws.below("minute", 200).alias("minute"),
            (frame["deadline"].fill_null(frame["decided_on"].dt.offset_by("11d"))).alias("until"),
            frame["clerks"].list.get(draws.below("author", frame["clerks"].list.len())).alias("author_id"),
        )
        recent, lot = (today - pl.col("decided_on")).dt.total_days() <= _OPEN_DAYS, pl.col("lot")
        span = (pl.col("until") - pl.col("decided_on")).dt.total_days()
        pace = pl.lit(draws.unit("pace"))
        published = (
            pl.when("late")
            .then(pl.col("until") + _days_of(pace * 14 + 1))
            .otherwise(pl.col("decided_on") + _days_of(pace * span + 1))
        )
        frame = frame.with_columns(
            pl.when(recent & (lot < _OPEN[0]))
            .then(pl.lit(State.DRAFT.value))
            .when(recent & (lot < _OPEN[1]))
            .then(pl.lit(State.SUBMITTED.value))
            .when(recent & (lot < _OPEN[2]))
            .then(pl.lit(State.RETURNED.value))
            .when(~recent & (lot > 1 - _WITHDRAWN))
            .then(pl.lit(State.WITHDRAWN.value))
            .when(pl.col("archive_on") < today)
            .then(pl.lit(State.ARCHIVED.value))
            .otherwise(pl.lit(State.PUBLISHED.value))
            .alias("state"),
            pl.min_horizontal(pl.col("decided_on") + _days_of(pl.lit(draws.unit("entry")) * 2), today).alias(
                "entered_on"
            ),
        )
        state = pl.col("state")
        decided = state.is_in([State.PUBLISHED.value, State.ARCHIVED.value, State.WITHDRAWN.value])
        frame = frame.with_columns(
            pl.when(decided)
            .then(pl.max_horizontal(pl.min_horizontal(published, today), "entered_on"))
            .alias("published_on"),
            pl.when(state != State.DRAFT.value).then("entered_on").alias("submitted_on"),
            pl.when(decided | (state == State.RETURNED.value)).then("reviewer").alias("reviewer_id"),
        ).with_columns(
            pl.when(state == State.WITHDRAWN.value)
            .then(pl.min_horizontal(pl.col("published_on") + _WITHDRAWN_AFTER, today))
            .alias("withdrawal_decided_on"),
        )
        return frame.with_columns(
            pl.col("withdrawal_decided_on")
            .replace_strict(self._withdrawals, default=None, return_dtype=pl.Date)
            .alias("withdrawal_due")
        )


def _days_of(amount: pl.Expr) -> pl.Expr:
    return pl.duration(days=amount.cast(pl.Int64))


def _desks(offices: Sequence[Office]) -> pl.DataFrame:
    """Each department with each of its items: how often they come, and what their records have in common."""
    lines: list[dict[str, Any]] = []
    for office in offices:
        total = sum(office.items.values())
        for item, weight in office.items.items():
            lines.append(
                {
                    "desk": len(lines),
                    "weight": office.share * weight / total,
                    "item_id": item.pk,
                    "department_id": office.department.pk,
                    "department": office.department.slug,
                    "numbering": office.numbering,
                    "authority_name": office.department.name,
                    "authority_code": office.department.uscc,
                    "clerks": list(office.clerks),
                    "reviewer": office.reviewer,
                }
            )
    return pl.DataFrame(lines)


def _days(today: datetime.date, calendar: WorkCalendar) -> pl.Series:
    """The working days on which something was decided, oldest first."""
    first = today.replace(year=today.year - YEARS, day=1)
    days = [first + datetime.timedelta(days=number) for number in range((today - first).days + 1)]
    return pl.Series([day for day in days if calendar.is_working_day(day)])


def _withdrawals(first: datetime.date, last: datetime.date, calendar: WorkCalendar) -> dict[datetime.date, Any]:
    """Day on which a decision was revoked -> the legal day of the withdrawal, where a rule sets one."""
    periods = list(Rule.objects.filter(key=WITHDRAWAL_BY_DEPARTMENT))
    found = {}
    for number in range((last - first).days + 1):
        day = first + datetime.timedelta(days=number)
        with suppress(NoRule):
            rule = pick_rule(periods, WITHDRAWAL_BY_DEPARTMENT, day)
            found[day] = rules.withdrawal_due(day, rule, calendar).date
    return found


def _json(spec: ItemSpec, values: Mapping[str, pl.Series]) -> pl.Series:
    """The values as the import writes them: a JSON text, empty ones left out."""
    members = [json_member(spec.by_code[code]) for code in values]
    joined = pl.concat_str(members, separator=",", ignore_nulls=True) if members else pl.lit("")
    return pl.DataFrame(dict(values)).select(pl.concat_str(pl.lit("{"), joined, pl.lit("}"))).to_series()


def _named_end(item: InformationItem, columns: Mapping[str, pl.Series], values: Mapping[str, pl.Series]) -> pl.Series:
    """The end of disclosure that the record itself names (``records.clocks.named_end``)."""
    ends = columns["disclosed_to"]
    if not is_list(item) or REMOVED_ON not in values:
        return ends
    return pl.select(pl.min_horizontal(ends.alias("named"), values[REMOVED_ON].alias("removed"))).to_series()


def _moment(day: str, opening: str) -> str:
    """SQL of a moment: so many minutes after the office opened, on a day of the staged row, never in the future."""
    local = f"(r.{day} + time '{opening}' + r.minute * interval '1 minute') AT TIME ZONE '{settings.TIME_ZONE}'"
    return f"CASE WHEN r.{day} IS NOT NULL THEN least({local}, now()) END"


_DATA: Final = ("data", "deadline", "archive_on", "state", "author_id", "reviewer_id")
_STAGED: Final = (
    "number",
    "item_id",
    "department_id",
    "subject_id",
    "authority_name",
    "authority_code",
    *(name for name in COLUMNS if name not in ("authority_name", "authority_code", "source_name", "source_code")),
    *_DATA,
    "provisional",
    "rule",
    "minute",
    "entered_on",
    "submitted_on",
    "published_on",
    "withdrawal_decided_on",
    "withdrawal_due",
)
_COLUMNS: Final = {
    **{name: f"r.{name}" for name in ("item_id", "department_id", "subject_id", "state")},
    **{
        name: f"coalesce(r.{name}, '')" if name == "document_name" else f"r.{name}"
        for name in COLUMNS
        if not name.startswith("source_")
    },
    "source_name": "r.authority_name",
    "source_code": "r.authority_code",
    "data": "r.data::jsonb",
    "confidential": "'{}'",
    "deadline": "r.deadline",
    "deadline_provisional": "r.provisional",
    "deadline_rule_id": "r.rule",
    "archive_on": "r.archive_on",
    "author_id": "r.author_id",
    "reviewer_id": "r.reviewer_id",
    "return_reason": f"CASE r.state WHEN '{State.RETURNED}' THEN '{_RETURNED_BECAUSE}' ELSE '' END",
    "withdrawal": f"CASE r.state WHEN '{State.WITHDRAWN}' THEN '{Record.Withdrawal.REVOKED}' ELSE '' END",
    "withdrawal_reason": f"CASE r.state WHEN '{State.WITHDRAWN}' THEN '{_WITHDRAWN_BECAUSE}' ELSE '' END",
    "withdrawal_decided_on": "r.withdrawal_decided_on",
    "withdrawal_due": "r.withdrawal_due",
    "created_at": _moment("entered_on", "08:30"),
    "submitted_at": _moment("submitted_on", "08:30"),
    "published_at": _moment("published_on", "13:30"),
    "withdrawn_at": _moment("withdrawal_decided_on", "17:00"),
    "version": "1",
}
"""Columns of a record, from the staged row."""
