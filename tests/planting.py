"""Rows of two departments, alike but for the marks they carry: what every test of leaks looks for.

Each app plants its own models, in ``tests/<app>/factories.py``::

    @plants(Record, Attachment)
    def plant_records(side: Side) -> None: ...

A planter makes at least one row of each model for ``side`` and puts a mark wherever a row can carry one. It is called
for both departments and must do the same for both: the first mark of the one is the twin of the first mark of the
other. Rows get their numbers from sequences set to ``side.first``, so a number tells whose row it is.
"""

import datetime
import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any, Final

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import connection, models

import tests
from apps.audit.history import HistoryRow
from apps.audit.row_security import InternalRows, RowSecurity, security_of
from apps.departments.models import Department

Model = type[models.Model]

OURS: Final = 3_330_000
THEIRS: Final = 7_770_000
SEEN: Final = 6_660_000
"""Rows of the other department that whoever oversees all departments may see."""
PERSONA: Final = 4_440_000
"""Whoever looks, and what comes with that person."""
MADE_LATER: Final = 5_550_000
"""Rows that a request makes are numbered from here."""
OWNED: Final = 1_000
ROOM: Final = 10_000


class Part(Enum):
    """All rows; or, of rows that somebody oversees for the whole city, those that are open to that person, or the
    others (a draft is nobody's business but its department's)."""

    ALL = "all"
    OPEN = "open"
    HIDDEN = "hidden"


@dataclass
class Side:
    """One of the two departments.

    ``office``: the department with its people; ``company``: an organisation, public; ``part``: which rows are to be
    planted. ``marks``: secret text -> model and field that carry it; ``past``: those that only the history still has;
    ``twins``: all that is peculiar to this side, by the place at which a planter made it.
    """

    letter: str
    first: int
    office: Any = None
    company: Any = None
    part: Part = Part.ALL
    marks: dict[str, tuple[Model, str]] = field(default_factory=dict)
    past: set[str] = field(default_factory=set)
    twins: dict[int, str] = field(default_factory=dict)
    place: int = 0

    def text(self, model: Model, name: str) -> str:
        """A text for a field of ``model`` that stands nowhere else: at most 11 characters, letters and digits."""
        return self.mark(model, name, f"zq{self.letter}{self.place:05d}qz")

    def mark(self, model: Model, name: str, value: str) -> str:
        """``value`` as a secret of this side."""
        self.marks[value] = (model, name)
        return self.twin(value)

    def twin(self, value: str) -> str:
        """``value`` as something peculiar to this side, though no secret."""
        self.twins[self.place] = value
        self.place += 1
        return value

    def day(self, model: Model, name: str, later: int = 0) -> datetime.date:
        """A working day that no other row has; ``later``: in weeks, for rows that an older rule does not know."""
        start = {OURS: datetime.date(2025, 3, 3), SEEN: datetime.date(2024, 11, 4)}.get(
            self.first, datetime.date(2025, 7, 7)
        )
        week, weekday = divmod(self.place % 40, 5)
        day = start + datetime.timedelta(weeks=week + later, days=weekday)
        for shown in (f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}"):
            self.mark(model, name, shown)
        return day

    def number(self, model: Model, name: str) -> int:
        """A count that no other row has."""
        number = self.first * 100 + self.place
        for shown in (f"{number}", f"{number:,}"):
            self.mark(model, name, shown)
        return number


@dataclass(frozen=True)
class Planter:
    models: tuple[Model, ...]
    plant: Callable[[Side], None]
    overseen_by: str = ""


_planters: list[Planter] = []


def plants(*planted: Model, overseen_by: str = "") -> Callable[[Callable[[Side], None]], Callable[[Side], None]]:
    """Say that the function plants these models.

    ``overseen_by``: the department permission that opens rows of every department to whoever holds it for the whole
    city. The function then plants the part that ``side.part`` names.
    """

    def register(plant: Callable[[Side], None]) -> Callable[[Side], None]:
        _planters.append(Planter(planted, plant, overseen_by))
        return plant

    return register


def planters() -> list[Planter]:
    """All planters, those of lower floors first."""
    for each in pkgutil.iter_modules(tests.__path__):
        if each.ispkg:
            name = f"tests.{each.name}.factories"
            if importlib.util.find_spec(name):
                importlib.import_module(name)
    floors = [config.label for config in reversed(list(apps.get_app_configs()))]
    return sorted(_planters, key=lambda each: floors.index(each.plant.__module__.split(".")[1]))


def plant(side: Side, *, owned: bool, overseen: frozenset[str] = frozenset()) -> None:
    """Plant the models whose rows only their department may see (``owned``), or all the others.

    ``overseen``: what the person who looks holds for the whole city. The rows which that opens are left to ``SEEN``,
    and are all that is planted for it.
    """
    # Apart from each other: persons and organisations share a table.
    with numbered_from(side.first + OWNED if owned else side.first):
        for number, each in enumerate(planters()):
            is_open = each.overseen_by in overseen
            if is_owned(each.models[0]) != owned or (side.first == SEEN and not is_open):
                continue
            # Left out rows must not shift the places of what comes after.
            side.place = number * 1000
            side.part = Part.OPEN if side.first == SEEN else Part.HIDDEN if is_open else Part.ALL
            each.plant(side)


@contextmanager
def numbered_from(first: int) -> Iterator[None]:
    """Rows made within are numbered from ``first``, rows made later from MADE_LATER."""
    set_sequences(first)
    yield
    set_sequences(MADE_LATER)


def set_sequences(value: int) -> None:
    """Let all sequences that the application uses go on after ``value``."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(name, %s) FROM (SELECT format('%%I.%%I', schemaname, sequencename)::regclass AS name"
            " FROM pg_sequences) AS every WHERE has_sequence_privilege(name, 'UPDATE')",
            [value],
        )


# Which models belong to departments


@cache
def path_to_department(model: Model) -> str | None:
    """The shortest way along foreign keys to Department (``record__department``); None when there is none."""
    ways: list[tuple[str, Any]] = [("", model)]
    seen = {model}
    while ways:
        longer = []
        for way, here in ways:
            for key in here._meta.concrete_fields:
                target = key.related_model
                if target is None or target in seen:
                    continue
                if target is Department:
                    return f"{way}{key.name}"
                seen.add(target)
                longer.append((f"{way}{key.name}__", target))
        ways = longer
    return None


def is_personal(model: Model) -> bool:
    """Whether the rows are a person's own, and lead to a department only through that person."""
    way = (path_to_department(model) or "").split("__")
    return len(way) > 1 and model._meta.get_field(way[0]).related_model is get_user_model()


@cache
def models_of_departments() -> list[Model]:
    """All models whose rows lead to a department, history left out: it is written along."""
    return [
        model
        for model in apps.get_models()
        if not issubclass(model, HistoryRow)
        and model._meta.managed
        # A test may bring a model of its own into the process.
        and not model.__module__.startswith("tests.")
        and path_to_department(model)
    ]


@cache
def is_owned(model: Model) -> bool:
    """Whether a row is open to some and closed to others: its row security says so."""
    security = security_of(model)
    return isinstance(security, RowSecurity) and not isinstance(security, InternalRows)


def is_numbered(model: Model) -> bool:
    """Whether the number of a row tells whose it is."""
    key: Any = model._meta.pk
    return isinstance(key.target_field if key.is_relation else key, models.IntegerField)
