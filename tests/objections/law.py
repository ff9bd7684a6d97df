"""The law as these tests have it: the rules of the reference data and the published calendar, as values.

The days are those of the notices 国办发明电〔2024〕12号 (for 2025) and 国办发明电〔2025〕7号 (for 2026). 2027 is not
announced: 1 January is free by 全国年节及纪念日放假办法, and more is not known.
"""

import datetime
import json

from apps.core.dated_rules import pick_rule
from apps.core.models import Rule
from apps.core.reference import RULES_FILE, known_days
from apps.core.workdays import WorkCalendar

D = datetime.date.fromisoformat

RULES = [Rule(**row["fields"]) for row in json.loads(RULES_FILE.read_text(encoding="utf-8"))]
for one in RULES:
    one.clean_fields()  # makes dates of their text

_DAYS = known_days()
CALENDAR = WorkCalendar(
    days={date: day.is_working for date, day in _DAYS.items()},
    announced=frozenset(date.year for date in _DAYS),
    names={date: day.name for date, day in _DAYS.items()},
)


def rule(key: str, day: str) -> Rule:
    """The rule of the reference data in force on the day."""
    return pick_rule(RULES, key, D(day))
