"""The pages of background jobs are taken away: no role opens them, and a job's number alone tells of another's work.

What those who run the platform want to know of jobs is in the metrics (metrics.py).
"""

from django.contrib import admin

# They are registered with this import, wherever the library stands in INSTALLED_APPS.
from procrastinate.contrib.django import admin as _pages  # noqa: F401
from procrastinate.contrib.django.models import ProcrastinateJob

admin.site.unregister(ProcrastinateJob)
