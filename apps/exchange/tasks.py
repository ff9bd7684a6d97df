"""Background work on batches. The worker is ``manage.py procrastinate worker``.

A job and the change of state that caused it commit together. A killed worker leaves its job ``doing``; once its
heartbeat is old, ``retry_stalled`` puts the job back. Doing a job twice is harmless: the work locks the batch and
looks at its state first, and all it does is one transaction.
"""

from __future__ import annotations

import logging

from django.utils import translation
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.retry import RetryStrategy

logger = logging.getLogger(__name__)

STALLED_AFTER_SECONDS = 30
MOST_ATTEMPTS = 20
_RETRY = RetryStrategy(max_attempts=5, exponential_wait=2)


@app.task(name="exchange.check_batch", queue="exchange", retry=_RETRY)
def check_batch(*, batch_id: int, language: str = "zh-hans") -> None:
    """Read and judge the file of a batch; nothing of it is stored but the findings."""
    from . import runs

    with translation.override(language):
        runs.check(batch_id)


@app.task(name="exchange.load_batch", queue="exchange", retry=_RETRY)
def load_batch(*, batch_id: int, language: str = "zh-hans") -> None:
    """Load the file of a batch in one transaction."""
    from . import runs

    with translation.override(language):
        runs.load(batch_id)


def defer_check(batch_id: int) -> None:
    """Queue the check of a batch, in the caller's transaction."""
    _defer(check_batch, batch_id)


def defer_load(batch_id: int) -> None:
    """Queue the load of a batch, in the caller's transaction."""
    _defer(load_batch, batch_id)


def _defer(task, batch_id: int) -> None:  # type: ignore[no-untyped-def]
    # The lock keeps two workers off one batch; the row lock in ``runs`` does so too, and holds even without it.
    task.configure(lock=f"batch-{batch_id}").defer(batch_id=batch_id, language=translation.get_language() or "zh-hans")


@app.periodic(cron="* * * * *")
@app.task(name="exchange.retry_stalled", queueing_lock="exchange.retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Put the jobs of dead workers back into the queue; give up on a job that has taken many workers with it."""
    await requeue_stalled(seconds_since_heartbeat=STALLED_AFTER_SECONDS)


async def requeue_stalled(*, seconds_since_heartbeat: float) -> list[int]:
    """Requeue the jobs whose worker has given no sign of life for so long; returns their ids."""
    manager = app.job_manager
    requeued = []
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=seconds_since_heartbeat):
        if job.id is None:
            continue
        if job.attempts >= MOST_ATTEMPTS:
            logger.error("job %s (%s) given up after %s attempts", job.id, job.task_name, job.attempts)
            await manager.finish_job_by_id_async(job_id=job.id, status=_failed(), delete_job=False)
            continue
        logger.warning("job %s (%s) lost its worker and is queued again", job.id, job.task_name)
        await manager.retry_job(job)
        requeued.append(job.id)
    return requeued


def _failed():  # type: ignore[no-untyped-def]
    from procrastinate.jobs import Status

    return Status.FAILED
