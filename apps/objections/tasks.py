"""What the background worker does for cases."""

import logging

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from apps.audit.context import every_department
from apps.core.calendars import current_calendar

from . import clocks, telling
from .models import Evidence, Letter
from .papers import vault

logger = logging.getLogger(__name__)


@app.periodic(cron="30 0 * * *")
@app.task(name="objections.remind", queue="objections", queueing_lock="objections.remind")
def remind(timestamp: int) -> None:
    """Tell of cases due and overdue at half past eight in Shanghai (crons run in UTC) of every working day, worked
    weekend days too."""
    today = timezone.localdate()
    if current_calendar().is_working_day(today):
        logger.info("%s reminders", telling.remind(today))


@app.periodic(cron="50 18 * * *")
@app.task(name="objections.remove_orphans", queue="objections", queueing_lock="objections.remove_orphans")
def remove_orphans(timestamp: int) -> None:
    """Remove stored files that no paper and no letter knows, at ten to three at night in Shanghai (crons run in UTC).

    A filing that was refused after its papers had been taken in leaves them. Files of the last day may belong to work
    that is not committed yet.
    """
    with transaction.atomic(), every_department():
        known = {name for model in (Evidence, Letter) for name in model.objects.values_list("stored_name", flat=True)}
    orphans = [name for name in vault.older_than(days=1) if name not in known]
    for name in orphans:
        vault.remove(name)
    if orphans:
        logger.info("%s files of no case removed", len(orphans))


@app.periodic(cron="25 * * * *")
@app.task(name="objections.recompute", queue="objections", queueing_lock="objections.recompute")
def recompute(timestamp: int) -> None:
    """Make provisional days of cases certain within an hour after their year was announced."""
    if changed := clocks.recompute():
        logger.info("%s cases have their days counted again", changed)


@app.periodic(cron="20 19 * * *")
@app.task(name="objections.recompute_all", queue="objections", queueing_lock="objections.recompute_all")
def recompute_all(timestamp: int) -> None:
    """Count the days of all open cases again, at twenty past three at night in Shanghai (crons run in UTC): a day of a
    year that was announced may have been changed, as in the spring of 2020."""
    if changed := clocks.recompute(certain=True):
        logger.info("%s cases have their days counted again", changed)
