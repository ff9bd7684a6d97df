"""Work on cases done by the background worker."""

import logging

from django.utils import timezone
from procrastinate.contrib.django import app

from . import telling

logger = logging.getLogger(__name__)


@app.periodic(cron="30 0 * * 1-6")
@app.task(name="objections.remind", queue="objections", queueing_lock="objections.remind")
def remind(timestamp: int) -> None:
    """Tell of cases due and overdue, in the morning at half past eight in Shanghai (crons run in UTC)."""
    logger.info("%s reminders", telling.remind(timezone.localdate()))
