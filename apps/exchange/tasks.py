"""Background work on batches. The worker is ``manage.py procrastinate worker``.

A job and the change of state that caused it commit together. A killed worker leaves its job ``doing``; once its
heartbeat is old, ``retry_stalled`` puts the job back. Doing a job twice is harmless: the work locks the batch and
looks at its state first, and all it does is one transaction.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

logger = logging.getLogger(__name__)

QUEUE: Final = "exchange"
STALLED_AFTER_SECONDS: Final = 30
MOST_LOST_WORKERS: Final = 20
"""A job that has taken so many workers with it is given up."""
_RETRY: Final = RetryStrategy(max_attempts=5, exponential_wait=2)


class WorkFailed(Exception):
    """The work broke down. Carries the kind of the cause alone: messages of the database quote the rows."""


@app.task(name="exchange.check_batch", queue=QUEUE, retry=_RETRY, pass_context=True)
def check_batch(context: JobContext, *, batch_id: int, language: str = "zh-hans") -> None:
    """Read and judge the file of a batch; nothing of it is stored but the findings."""
    from . import runs

    _do(runs.check, context, batch_id, language)


@app.task(name="exchange.load_batch", queue=QUEUE, retry=_RETRY, pass_context=True)
def load_batch(context: JobContext, *, batch_id: int, language: str = "zh-hans") -> None:
    """Load the file of a batch in one transaction."""
    from . import runs

    _do(runs.load, context, batch_id, language)


def _do(work: Callable[[int], Any], context: JobContext, batch_id: int, language: str) -> None:
    from . import runs

    with translation.override(language):
        try:
            work(batch_id)
        except Exception as error:
            logger.error(
                "batch %s: %s\n%s", batch_id, type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
            )
            if context.job.attempts + 1 >= (_RETRY.max_attempts or 1):
                runs.fail(batch_id, _("The work broke down. The system administrator finds the cause in the log."))
            raise WorkFailed(type(error).__name__) from None


def defer_check(batch_id: int) -> None:
    """Queue the check of a batch, in the caller's transaction."""
    _defer(check_batch, batch_id)


def defer_load(batch_id: int) -> None:
    """Queue the load of a batch, in the caller's transaction."""
    _defer(load_batch, batch_id)


def _defer(task: Any, batch_id: int) -> None:
    # The lock keeps two workers off one batch; the row lock in ``runs`` does so too, and holds even without it.
    task.configure(lock=f"batch-{batch_id}").defer(batch_id=batch_id, language=translation.get_language() or "zh-hans")


@app.periodic(cron="* * * * *")
@app.task(name="exchange.retry_stalled", queue=QUEUE, queueing_lock="exchange.retry_stalled")
async def retry_stalled(timestamp: int) -> None:
    """Put the jobs of dead workers back into the queue."""
    await requeue_stalled(seconds_since_heartbeat=STALLED_AFTER_SECONDS)


async def requeue_stalled(*, seconds_since_heartbeat: float) -> list[int]:
    """Requeue the jobs whose worker has given no sign of life for so long; returns their ids."""
    from . import runs

    manager = app.job_manager
    requeued = []
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=seconds_since_heartbeat):
        if job.id is None:
            continue
        if job.attempts >= MOST_LOST_WORKERS:
            logger.error("job %s (%s) is given up after %s attempts", job.id, job.task_name, job.attempts)
            await manager.finish_job_by_id_async(job_id=job.id, status=Status.FAILED, delete_job=False)
            if "batch_id" in job.task_kwargs:
                text = _(
                    "The work was interrupted again and again. The system administrator finds the cause in the log."
                )
                await sync_to_async(runs.fail)(int(str(job.task_kwargs["batch_id"])), text)
            continue
        logger.warning("job %s (%s) lost its worker and is queued again", job.id, job.task_name)
        await manager.retry_job(job)
        requeued.append(job.id)
    return requeued


@app.periodic(cron="40 3 * * *")
@app.task(name="exchange.remove_orphans", queue=QUEUE, queueing_lock="exchange.remove_orphans")
def remove_orphans(timestamp: int) -> None:
    """Remove stored files that no batch knows: an upload or a command that was cut off leaves them."""
    from apps.audit.context import every_department

    from . import vault
    from .models import Batch

    with transaction.atomic(), every_department():
        known = set(Batch.objects.exclude(state=Batch.State.DISCARDED).values_list("stored_name", flat=True))
    for name in vault.files.older_than(days=1):
        if name not in known:
            vault.files.remove(name)
