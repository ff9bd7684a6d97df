"""Which rows leave an entry in the access log when they are read, declared beside the model.

``access_log = (Logged(...), ...)`` on a model. Rows are judged by what is in memory where that can tell (``Judged``),
for a page has mostly loaded what its rows hang on; the others by the database (``select``).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Final

from django.core.exceptions import FieldDoesNotExist
from django.db.models import BigIntegerField, BooleanField, F, Model, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

KEYS: Final = object()
"""Stands in the parameters of ``select`` for the keys of the rows."""
NOTHING: Final = "SELECT NULL::bigint, NULL::bigint WHERE false"


@dataclass(frozen=True)
class Logged:
    """Rows of a model that leave an entry when they are read.

    ``when``: which rows, None for all, without asking the table; ``subject``: the path to the subject they are about,
    "" for none; ``opened``: only where the row itself is opened, not where it stands in a list.
    """

    when: Q | None
    subject: str = ""
    opened: bool = False


def logged_rows(model: type[Model]) -> tuple[Logged, ...]:
    """The declaration of a model; a history model has that of the model it keeps."""
    return getattr(live(model), "access_log", ())


def live(model: type[Model]) -> type[Model]:
    """The model itself; of a history model the one whose history it keeps."""
    return getattr(model, "instance_type", model)


@dataclass
class Judged:
    """Keys of the rows to be logged, the subjects they are about, and keys of rows that the database must judge."""

    keys: array[int] = field(default_factory=lambda: array("q"))
    subjects: set[int] = field(default_factory=set)
    unknown: array[int] = field(default_factory=lambda: array("q"))

    def judge(self, rows: Iterable[Model], *, opened: bool) -> None:
        """Judge rows without a query."""
        for row in rows:
            self._judge(row, _questions(type(row), opened))

    def _judge(self, row: Model, questions: tuple[_Question, ...]) -> None:
        met = False
        subjects: set[int] = set()
        for question in questions:
            holds = question.holds(row)
            subject = question.subject(row) if holds else None
            if holds is None or subject is _UNKNOWN:
                self.unknown.append(row.pk)
                return
            if holds:
                met = True
                if subject is not None:
                    subjects.add(subject)
        if met:
            self.keys.append(_read(row, _key(type(row))))
            self.subjects |= subjects


_UNKNOWN: Final = object()
Steps = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class _Question:
    """A declaration as it is asked of a row in memory: whether it is to be logged (None where that cannot be told) and
    the subject it is about."""

    holds: Callable[[Model], bool | None]
    subject: Callable[[Model], Any]


@cache
def _questions(model: type[Model], opened: bool) -> tuple[_Question, ...]:
    return tuple(
        _Question(_test(model, each.when or Q()), _subject(model, each.subject))
        for each in logged_rows(model)
        if opened or not each.opened
    )


def may_be_logged(row: Model) -> bool:
    """Whether a row in a list may have to be logged, by as much of it as is in memory."""
    return any(question.holds(row) is not False for question in _questions(type(row), False))


def _subject(model: type[Model], path: str) -> Callable[[Model], Any]:
    if not path:
        return lambda row: None
    return partial(_read, steps=_steps(model, path))


def _test(model: type[Model], condition: Q) -> Callable[[Model], bool | None]:
    """Whether a condition holds for a row, None where that cannot be told from memory."""
    children: list[Any] = condition.children
    tests = [
        _test(model, child) if isinstance(child, Q) else _equals(_steps(model, child[0]), child[1])
        for child in children
    ]
    decisive = condition.connector == Q.OR

    def holds(row: Model) -> bool | None:
        found: bool | None = not decisive
        for test in tests:
            answer = test(row)
            if answer is decisive:
                found = decisive
                break
            found = None if answer is None else found
        return not found if condition.negated and found is not None else found

    return holds


def _equals(steps: Steps | None, wanted: Any) -> Callable[[Model], bool | None]:
    def equals(row: Model) -> bool | None:
        value = _read(row, steps)
        return None if value is _UNKNOWN else value == wanted

    return equals


@cache
def _key(model: type[Model]) -> Steps:
    return ((live(model)._meta.pk.attname, False),)


def _read(row: Model, steps: Steps | None) -> Any:
    """What the steps lead to, _UNKNOWN where it is not loaded or they are no plain path of fields."""
    if steps is None:
        return _UNKNOWN
    value: Any = row
    for name, follows in steps:
        if value is None:
            return None
        loaded = value._state.fields_cache if follows else value.__dict__
        if name not in loaded:
            return _UNKNOWN
        value = loaded[name]
    return value


def _steps(model: type[Model], path: str) -> Steps | None:
    """Attribute after attribute, and whether it is a row to go on from; None for what is no plain path of fields."""
    steps, names = [], path.split("__")
    for place, name in enumerate(names):
        try:
            field: Any = model._meta.pk if name == "pk" else model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        follows = field.is_relation and place < len(names) - 1
        steps.append((field.name if follows else field.attname, follows))
        if follows:
            model = field.related_model
        elif place < len(names) - 1:
            return None
    return tuple(steps)


@cache
def select(model: type[Model], opened: bool) -> tuple[str, tuple[Any, ...]]:
    """SQL for key and subject of the rows to be logged among those with the keys ``KEYS``, and its parameters; compiled
    once, because compiling costs more than running."""
    # One look at the rows for each way to the subject.
    ways: dict[str, Q] = {}
    for each in logged_rows(model):
        if each.when is not None and (opened or not each.opened):
            ways[each.subject] = ways.get(each.subject, Q()) | each.when
    selects: list[str] = []
    params: list[Any] = []
    column = f'"{model._meta.db_table}"."{model._meta.pk.column}"'
    for way, when in ways.items():
        rows = model._base_manager.filter(RawSQL(f"{column} = ANY (%s::bigint[])", [KEYS], BooleanField()), when)
        subject = F(way) if way else Cast(Value(None), BigIntegerField())
        sql, more = rows.order_by().values_list(F(live(model)._meta.pk.attname), subject).query.sql_with_params()
        selects.append(sql)
        params += more
    return " UNION ALL ".join(selects) or NOTHING, tuple(params)
