"""Reading a batch of persons' rows leaves its trace: the page with the preview, the marked file, the loaded records."""

import pytest
from django.test import Client

from apps.audit.entries import AccessEntry
from apps.exchange import runs
from apps.exchange.models import Batch
from apps.records.models import Record
from tests.audit.reading import entries, only_entry
from tests.records.factories import Office, item
from tests.records.test_pages import logged_in
from tests.subjects.factories import identity_number

from . import files
from .test_pages import LIST, page
from .test_persons import persons

How = AccessEntry.How


@pytest.fixture
def clerk(market: Office) -> Client:
    return logged_in(market.clerk)


def checked(of: Office, data: bytes, code: str) -> Batch:
    batch = runs.receive(user=of.clerk, item=item(code), department=of.department, name="甲.xlsx", chunks=[data])
    runs.work(batch, keep=False)
    return batch


def test_preview_and_marked_file(clerk: Client, market: Office) -> None:
    rows = [
        files.person_row(market, 1, identity_number(21)),
        files.person_row(market, 2, identity_number(22), decided_on="2024/2/30"),
    ]
    batch = checked(market, persons(*rows), "penalty-person")
    assert clerk.get(page(batch)).status_code == 200
    assert clerk.get(page(batch, "annotated")).status_code == 200
    found = [(entry.how, entry.model, entry.objects_shown, entry.purpose) for entry in entries()]
    assert found == [
        (How.VIEW, "exchange.batch", [batch.pk], "record"),
        (How.DOWNLOAD, "exchange.batch", [batch.pk], "record"),
    ]


def test_a_loaded_batch_names_the_persons_on_its_page(clerk: Client, market: Office) -> None:
    batch = files.load(market, persons(files.person_row(market, 1, identity_number(21))), to=item("penalty-person"))
    clerk.get(page(batch))
    entry = only_entry()
    assert (entry.model, entry.objects_shown) == ("exchange.batch", [batch.pk])
    assert entry.subjects == [Record.objects.get().subject_id]


def test_batches_of_organisations_and_their_list_leave_nothing(clerk: Client, market: Office) -> None:
    of_persons = checked(market, persons(files.person_row(market, 1, identity_number(21))), "penalty-person")
    wrong = files.xlsx(files.table([files.row(market, 1), files.row(market, 2, decided_on="2024/2/30")]))
    batch = checked(market, wrong, "penalty-legal")
    assert of_persons.original_name in clerk.get(LIST).text
    assert clerk.get(page(batch)).status_code == 200
    assert clerk.get(page(batch, "annotated")).status_code == 200
    assert not entries()
