"""Batches for the tests of leaks."""

import datetime

from apps.exchange import runs
from apps.exchange.models import Batch, BatchEntry, BatchError, BatchKey, BatchPreview, BatchProgress, BatchSubject
from apps.records.models import Record
from apps.subjects.models import PersonKey
from tests.planting import Side, plants
from tests.records.factories import item

from . import files


@plants(Batch, BatchError, BatchEntry, BatchSubject, BatchKey, BatchPreview, BatchProgress)
def plant_batches(side: Side) -> None:
    """A batch in each state: with a wrong row, a preview, and what it loaded."""
    records = Record.objects.filter(pk__gt=side.first, department=side.office.department).order_by("pk")
    for state in (Batch.State.CHECKED, Batch.State.LOADED, Batch.State.LOADING, Batch.State.FAILED):
        row = files.row(
            side.office, 1, facts=side.text(Batch, "file"), document_number=side.text(Batch, "file"), decided_on="x"
        )
        batch = runs.receive(
            user=side.office.clerk,
            item=item(),
            department=side.office.department,
            name=f"{side.text(Batch, 'original_name')}.xlsx",
            chunks=[files.xlsx(files.table([row]))],
            state=state,
        )
        batch.failure = side.text(Batch, "failure")
        for name in ("rows", "accepted", "duplicates", "subjects_created"):
            setattr(batch, name, side.number(Batch, name))
        # A page gives back the whole sheet of small files alone.
        batch.rows, batch.rejected = 1, 1
        batch.loaded_at = datetime.datetime(2025, 9, 1, tzinfo=datetime.UTC)
        batch.save()
        BatchError.objects.create(
            batch=batch,
            row=2,
            position=2,
            column=side.text(BatchError, "column"),
            value=side.text(BatchError, "value"),
            code="date_impossible",
        )
        BatchPreview.objects.create(
            batch=batch,
            headers=[side.text(BatchPreview, "headers")],
            rows=[[side.text(BatchPreview, "rows")]],
        )
        if state == Batch.State.LOADED:
            BatchEntry.objects.bulk_create(
                BatchEntry(record=record, batch=batch, row=number) for number, record in enumerate(records, 2)
            )
            BatchSubject.objects.create(subject=side.company, batch=batch)
            key = PersonKey.objects.filter(pk__gt=side.first).earliest("pk")
            BatchKey.objects.create(key=key, batch=batch)
        if state == Batch.State.LOADING:
            now = datetime.datetime.now(tz=datetime.UTC)
            BatchProgress.objects.create(
                batch=batch,
                phase="load",
                done=side.number(BatchProgress, "done"),
                total=side.number(BatchProgress, "total"),
                started_at=now,
                beat_at=now,
            )
