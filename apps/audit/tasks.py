"""What the background worker does for the history: months ahead, seals, checks."""

import logging

from django.conf import settings
from procrastinate.contrib.django import app

from .partitions import analyze_months, make_months_ahead
from .seals import publication, sealing, verification
from .seals.findings import sentence

logger = logging.getLogger(__name__)


class NotAsSealed(Exception):
    """The history is not what was sealed; the log and the page of the checks name what."""


@app.periodic(cron="50 17 * * *")
@app.task(name="audit.make_months", queue="audit", queueing_lock="audit.make_months")
def make_months(timestamp: int) -> None:
    """Make the partitions of the coming months, each night in Shanghai (crons run in UTC); with a new month, look anew
    at what the tables hold."""
    if made := make_months_ahead():
        logger.info("%s monthly partitions made", made)
        analyze_months()


@app.periodic(cron="*/5 * * * *")
@app.task(name="audit.seal_history", queue="audit", queueing_lock="audit.seal_history")
def seal_history(timestamp: int) -> None:
    """Seal the new history rows every five minutes and add the seals to the published list."""
    try:
        for seal in sealing.seal_history():
            logger.info("seal %s: %s rows", seal.number, seal.rows)
    except sealing.AlreadySealing:
        logger.info("another process is sealing")
    publication.publish()


@app.periodic(cron="30 18 * * *")
@app.task(name="audit.verify_history", queue="audit", queueing_lock="audit.verify_history")
def verify_history(timestamp: int) -> None:
    """Compare the whole history with its seals at half past two at night in Shanghai (crons run in UTC).

    Raises NotAsSealed, so that who watches over failed jobs hears of it.
    """
    published = settings.SEALS_FILE if settings.SEALS_FILE.exists() else None
    report = verification.verify(published=published)
    verification.keep(report)
    for finding in report.findings:
        logger.error("the history is not as it was sealed: %s", sentence(finding.as_json()))
    if report.findings:
        raise NotAsSealed(f"{len(report.findings)} findings")
