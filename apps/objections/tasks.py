"""What the background worker does for cases."""

import logging

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from apps.audit.context import every_department

from . import clocks, telling
from .models import Evidence, Letter
from .papers import vault

logger = logging.getLogger(__name__)


@app.periodic(cron="30 0 * * 1-6")
@app.task(name="objections.remind", queue="objections", queueing_lock="objections.remind")
def remind(timestamp: int) -> None:
    """Tell of cases due and overdue, in the morning at half past eight in Shanghai (crons run in UTC)."""
    logger.info("%s reminders", telling.remind(timezone.localdate()))


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
