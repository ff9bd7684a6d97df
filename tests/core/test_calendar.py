"""The calendar in the database: seeded, edited, read back."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext

from apps.core.calendars import current_calendar
from apps.core.models import CalendarDay, CalendarYear
from apps.core.reference import seed_calendar

D = datetime.date.fromisoformat
pytestmark = pytest.mark.django_db


def test_the_seed_holds_the_published_calendar() -> None:
    seed_calendar()
    calendar = current_calendar()
    # Working days of a year, as printed calendars count them.
    for year, count in ((2024, 251), (2025, 248), (2026, 248)):
        assert calendar.working_days_between(D(f"{year - 1}-12-31"), D(f"{year}-12-31")) == count
    assert calendar.add_working_days(D("2025-12-29"), 7).date == D("2026-01-08")
    assert not calendar.is_announced(2027)
    assert CalendarDay.objects.get(date="2026-02-16").name == "春节"


def test_only_days_that_differ_from_the_week_are_stored() -> None:
    seed_calendar()
    assert all(day.is_working == (day.date.weekday() >= 5) for day in CalendarDay.objects.all())


def test_seeding_again_changes_nothing_edited() -> None:
    seed_calendar()
    CalendarDay.objects.filter(date="2026-02-16").update(name="春节（更正）")
    CalendarDay.objects.filter(date="2026-05-04").delete()
    before = list(CalendarDay.objects.values_list())
    assert seed_calendar().added == 0
    assert list(CalendarDay.objects.values_list()) == before


def test_a_year_entered_by_hand_is_completed_once_it_is_announced() -> None:
    CalendarYear.objects.create(year=2026, announced=False, source="-")
    CalendarDay.objects.create(date="2026-02-16", is_working=False, name="春节", source="by hand")
    seed_calendar()
    assert CalendarYear.objects.get(year=2026).announced
    assert CalendarDay.objects.get(date="2026-02-16").source == "by hand"
    assert not current_calendar().is_working_day(D("2026-10-01"))


def test_an_ordinary_day_is_refused_by_form_and_database() -> None:
    monday = CalendarDay(date=D("2026-03-02"), is_working=True, source="-")
    with pytest.raises(ValidationError, match=r"differ|不同"):
        monday.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        monday.save()


def test_edits_are_seen_at_once_and_reading_again_costs_one_query() -> None:
    seed_calendar()
    assert current_calendar().add_working_days(D("2026-12-31"), 1).provisional
    CalendarYear.objects.create(year=2027, announced=True, source="国办发明电")
    CalendarDay.objects.create(date="2027-01-04", is_working=False, name="元旦", source="国办发明电")
    calendar = current_calendar()
    assert calendar.add_working_days(D("2026-12-31"), 1).date == D("2027-01-01")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_calendarday WHERE date = '2027-01-04'")
        cursor.execute(
            "INSERT INTO core_calendarday (date, is_working, name, source, updated)"
            " VALUES ('2027-01-01', false, '元旦', '国办发明电', now())"
        )
    assert current_calendar().add_working_days(D("2026-12-31"), 1).date == D("2027-01-04")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert current_calendar() is current_calendar()
    assert len(queries) == 2


def test_a_rolled_back_edit_is_forgotten() -> None:
    seed_calendar()
    with transaction.atomic():
        CalendarDay.objects.all().delete()
        assert current_calendar().is_working_day(D("2026-02-16"))
        transaction.set_rollback(True)
    assert not current_calendar().is_working_day(D("2026-02-16"))


def test_the_workdays_command_prints_date_and_reason(capsys: pytest.CaptureFixture[str]) -> None:
    seed_calendar()
    call_command("workdays", "2026-12-29", "+7")
    out = capsys.readouterr().out
    assert out.startswith("2027-01-08 Friday (provisional: not announced yet: 2027)\n")
    assert "2027-01-01 Fri skipped: statutory holiday of a fixed date" in out
    call_command("workdays", "2026-02-24", "-1")
    assert capsys.readouterr().out.startswith("2026-02-14 Saturday\n")


@pytest.mark.parametrize("arguments", [("2026-13-01", "+7"), ("2026-12-29", "seven"), ("9999-12-30", "+7")])
def test_the_workdays_command_names_what_is_wrong(arguments: tuple[str, str]) -> None:
    with pytest.raises(CommandError):
        call_command("workdays", *arguments)
