"""Jobs that succeeded go after a while; those that failed stay to be looked at."""

from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from apps.operations import tasks

pytestmark = pytest.mark.django_db


def job(status: str, days: int) -> int:
    """A job that came to its end so many days ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status) VALUES ('q', 'x', 'todo') RETURNING id"
        )
        (made,) = cursor.fetchone()
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [made])
        if status != "doing":
            cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, made])
        cursor.execute(
            "UPDATE procrastinate_events SET at = at - make_interval(days => %s) WHERE job_id = %s", [days, made]
        )
    return int(made)


def test_only_what_succeeded_long_ago_goes(settings: Any) -> None:
    settings.JOB_DAYS = 10
    gone = job("succeeded", days=11)
    kept = {job("succeeded", days=9), job("failed", days=400), job("doing", days=400)}
    tasks.remove_old_jobs(timestamp=0)
    left = set(ProcrastinateJob.objects.values_list("id", flat=True))
    assert kept <= left and gone not in left
