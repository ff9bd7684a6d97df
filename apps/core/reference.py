"""Reference data of this app: the dated rules and the working-day calendar. Loading again changes nothing that a
person has entered or edited."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final, cast

from chinese_calendar import constants
from django.conf import settings
from django.core import serializers
from django.db import transaction

from .models import CalendarDay, CalendarYear, Rule
from .workdays import SATURDAY

RULES_FILE: Final = Path(settings.BASE_DIR) / "fixtures" / "rules.json"
CALENDAR_SOURCE: Final = f"chinesecalendar {version('chinesecalendar')}（国务院办公厅节假日安排通知）"
_NAMES: Final[dict[str, str]] = {holiday.value: holiday.chinese for holiday in constants.Holiday}


@dataclass(slots=True)
class Loaded:
    """What a load did: rows added, rows left because they are there, and those of them that differ."""

    added: int = 0
    kept: int = 0
    differing: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = f"{self.added} added, {self.kept} kept"
        return f"{text} (edited here, left alone: {', '.join(self.differing)})" if self.differing else text


def load() -> str:
    """Load everything; a line that says what was done."""
    return f"rules {load_rules()}; calendar {seed_calendar()}"


@transaction.atomic
def load_rules(path: Path = RULES_FILE) -> Loaded:
    """Add the rules of a Django fixture file that are not there yet, found by their natural key.

    A rule that is there stays as it is, even where the file says otherwise. Raises ValidationError when a rule of the
    file overlaps one entered by hand.
    """
    loaded = Loaded()
    for row in serializers.deserialize("python", json.loads(path.read_text(encoding="utf-8"))):
        rule = cast(Rule, row.object)
        existing = Rule.objects.filter(key=rule.key, effective_from=rule.effective_from).first()
        if existing is None:
            rule.full_clean()
            rule.save()
            loaded.added += 1
            continue
        loaded.kept += 1
        if _essence(existing) != _essence(rule):
            loaded.differing.append(str(existing))
    return loaded


def _essence(rule: Rule) -> tuple[object, ...]:
    return rule.value, rule.unit, rule.effective_to, rule.source


@transaction.atomic
def seed_calendar() -> Loaded:
    """Enter the years that the package `chinesecalendar` knows and the database does not hold as announced.

    A year that is announced already is left alone, with all its days: somebody may have corrected or removed some.
    In a year entered by hand as not announced, days already there stay and the others are added.
    """
    loaded = Loaded()
    settled = set(CalendarYear.objects.filter(announced=True).values_list("year", flat=True))
    days = known_days()
    for year in sorted({date.year for date in days}):
        if year in settled:
            loaded.kept += 1
            continue
        CalendarDay.objects.bulk_create([day for day in days.values() if day.date.year == year], ignore_conflicts=True)
        CalendarYear.objects.update_or_create(year=year, defaults={"announced": True, "source": CALENDAR_SOURCE})
        loaded.added += 1
    return loaded


def known_days() -> dict[datetime.date, CalendarDay]:
    """Days of the package that differ from the ordinary week, not saved."""
    days: dict[datetime.date, CalendarDay] = {}
    for table, is_working in ((constants.holidays, False), (constants.workdays, True)):
        for date, holiday in table.items():
            if (date.weekday() >= SATURDAY) == is_working:
                name = _NAMES.get(str(holiday), str(holiday))
                days[date] = CalendarDay(date=date, is_working=is_working, name=name, source=CALENDAR_SOURCE)
    return dict(sorted(days.items()))
