"""A file is loaded while its subject is merged: the records go to the subject that remains."""

import threading

import pytest
from django.db import transaction

from apps.records.models import Record
from apps.subjects.merging import merge_subjects
from tests.delivered import load_rules
from tests.records import factories
from tests.records.test_at_once import at_once, wait_for_a_waiter
from tests.subjects import factories as subjects

from . import files


@pytest.mark.django_db(transaction=True)
def test_records_of_a_file_follow_a_merge_that_was_under_way() -> None:
    load_rules()
    market = factories.office("market-supervision")
    duplicate, remaining = subjects.subject(1, "郑州第1商贸有限公司"), subjects.subject(72)
    officer = factories.make_user("officer", is_superuser=True)
    merged = threading.Event()

    def merge() -> None:
        with transaction.atomic():
            merge_subjects(user=officer, duplicate=duplicate, remaining=remaining, reason="同一主体")
            merged.set()
            wait_for_a_waiter()

    def load() -> int:
        assert merged.wait(timeout=10)
        return files.send(market, files.xlsx(files.table([files.row(market, 1)]))).accepted

    assert at_once(merge, load) == [None, 1]
    assert Record.objects.get().subject == remaining
