"""What the background worker does for the platform itself."""

from django.conf import settings
from django.db import connection
from procrastinate.contrib.django import app
from procrastinate.sql import queries


@app.periodic(cron="40 17 * * *")
@app.task(name="operations.remove_old_jobs", queue="operations", queueing_lock="operations.remove_old_jobs")
def remove_old_jobs(timestamp: int) -> None:
    """Remove, at night in Shanghai (crons run in UTC), the jobs that succeeded longer ago than ``JOB_DAYS``.

    Failed ones stay until somebody has looked at them.
    """
    values = {"nb_hours": str(settings.JOB_DAYS * 24), "queue": None, "statuses": ["succeeded"]}
    with connection.cursor() as cursor:
        cursor.execute(queries["delete_old_jobs"], values)
