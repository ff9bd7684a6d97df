"""What passes of itself: terms that end, deadlines that become certain."""

import datetime

from apps.core.models import CalendarDay, CalendarYear
from apps.records.archiving import archive_due, recompute_deadlines
from apps.records.models import Record

from .factories import Office, enter, put


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def test_published_records_are_archived_after_their_last_day(market: Office) -> None:
    record = put(enter(market), "published", archive_on=day("2026-01-31"))
    unlimited = put(enter(market), "published", archive_on=None)
    draft = put(enter(market), "draft", archive_on=day("2020-01-01"))
    assert archive_due(day("2026-01-31")) == 0
    assert archive_due(day("2026-02-01")) == 1
    assert archive_due(day("2026-02-01")) == 0
    states = dict(Record.objects.values_list("pk", "state"))
    assert states == {record.pk: "archived", unlimited.pk: "published", draft.pk: "draft"}
    row = record.history.latest("history_id")
    assert (row.history_user_id, row.history_channel) == (None, "system")
    assert row.history_change_reason


def test_a_provisional_deadline_is_computed_again_when_the_year_is_announced(market: Office) -> None:
    CalendarYear.objects.filter(year=2026).update(announced=False)
    days = CalendarDay.objects.filter(date__year=2026)
    announced = [(each.date, each.is_working, each.name, each.source) for each in days]
    days.delete()
    record = enter(market, decided_on="2025-12-26")
    assert record.deadline_provisional
    # 29, 30, 31 December; then, without the notice, 2, 5, 6, 7 January.
    assert record.deadline == day("2026-01-07")
    assert recompute_deadlines() == 0
    CalendarDay.objects.bulk_create(
        CalendarDay(date=date, is_working=is_working, name=name, source=source)
        for date, is_working, name, source in announced
    )
    CalendarYear.objects.filter(year=2026).update(announced=True)
    assert recompute_deadlines() == 1
    record.refresh_from_db()
    # The notice makes Friday the 2nd free and Sunday the 4th worked: 4, 5, 6, 7 January.
    assert (record.deadline, record.deadline_provisional) == (day("2026-01-07"), False)
    assert recompute_deadlines() == 0
