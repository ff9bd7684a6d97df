"""Daily work on records, done by the background worker."""

import logging

from procrastinate.contrib.django import app

from . import archiving

logger = logging.getLogger(__name__)


@app.periodic(cron="10 16 * * *")
@app.task(name="records.archive_due", queue="records", queueing_lock="records.archive_due")
def archive_due(timestamp: int) -> None:
    """Archive the records whose disclosure term has ended, ten minutes past midnight in Shanghai (crons run in UTC)."""
    logger.info("%s records archived", archiving.archive_due())


@app.periodic(cron="20 * * * *")
@app.task(name="records.recompute_deadlines", queue="records", queueing_lock="records.recompute_deadlines")
def recompute_deadlines(timestamp: int) -> None:
    """Make provisional deadlines certain within an hour after their year was announced."""
    changed = archiving.recompute_deadlines()
    if changed:
        logger.info("%s provisional deadlines recomputed", changed)
