"""``manage.py workdays 2026-12-29 +7``: a deadline and how it was counted."""

import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.calendars import current_calendar

WORDS = {
    "weekend": "weekend",
    "holiday": "holiday",
    "working_weekend": "worked although a weekend day",
    "fixed_holiday": "statutory holiday of a fixed date",
}


class Command(BaseCommand):
    help = "Print the working day so many working days after (+7) or before (-7) a date, and why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("date", help="day of the event, YYYY-MM-DD; it is not counted")
        parser.add_argument("count", help="number of working days: +7 or -7")

    def handle(self, *args: Any, **options: Any) -> None:
        start = self._date(options["date"])
        count = self._count(options["count"])
        calendar = current_calendar()
        try:
            deadline = (
                calendar.add_working_days(start, count) if count >= 0 else calendar.subtract_working_days(start, -count)
            )
        except OverflowError as error:
            raise CommandError(f"{options['count']} working days leave the calendar: give a smaller number") from error
        first, last = sorted([start, deadline.date])
        unknown = [str(year) for year in range(first.year, last.year + 1) if not calendar.is_announced(year)]
        mark = f" (provisional: not announced yet: {', '.join(unknown)})" if deadline.provisional else ""
        self.stdout.write(f"{deadline.date:%Y-%m-%d %A}{mark}")
        for day in deadline.trace:
            counted = "counted" if day.reason == "working_weekend" else "skipped"
            name = f", {day.name}" if day.name else ""
            self.stdout.write(f"  {day.date:%Y-%m-%d %a} {counted}: {WORDS[day.reason]}{name}")

    def _date(self, text: str) -> datetime.date:
        try:
            return datetime.date.fromisoformat(text)
        except ValueError as error:
            raise CommandError(f"{text!r} is no date: write it as YYYY-MM-DD, such as 2026-12-29") from error

    def _count(self, text: str) -> int:
        try:
            return int(text)
        except ValueError as error:
            raise CommandError(f"{text!r} is no number of working days: write +7 or -7") from error
