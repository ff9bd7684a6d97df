"""Background jobs have no pages: by their numbers one could tell that others are at work."""

import pytest
from django.test import Client
from procrastinate.contrib.django import app

from tests.factories import make_user


@pytest.mark.django_db
def test_a_job_looks_like_none_to_everybody(client: Client) -> None:
    key = app.configure_task("x", allow_unknown=True).defer()
    client.force_login(make_user(role="system-administrator"))
    for job in (key, key + 1):
        for page in ("", f"{job}/", f"{job}/change/", f"{job}/history/", f"{job}/delete/"):
            assert client.get(f"/admin/procrastinate/procrastinatejob/{page}").status_code == 404
