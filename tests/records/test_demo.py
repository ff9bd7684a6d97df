"""Demo records: enough to look at, in every state, as the catalogue demands them, and only once."""

import pytest
from django.utils import timezone

from apps.catalogue import reference as catalogue_reference
from apps.catalogue import rules as catalogue
from apps.catalogue.specs import item_specs
from apps.core import reference as core_reference
from apps.departments import demo as departments_demo
from apps.departments import reference as departments_reference
from apps.records import demo
from apps.records.content import split
from apps.records.item_frames import item_frames
from apps.records.models import Record
from apps.subjects import demo as subjects_demo
from apps.subjects import reference as subjects_reference
from tests.factories import installing


@pytest.mark.django_db
def test_demo_records(settings: pytest.FixtureRequest) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    for each in (core_reference, departments_reference, catalogue_reference, subjects_reference):
        each.load()
    with installing():
        departments_demo.load_administrators()
    for made in (departments_demo, subjects_demo, demo):
        made.load()
    count = Record.objects.count()
    assert count > 3000
    demo.load()
    assert Record.objects.count() == count
    assert set(Record.objects.values_list("state", flat=True)) == set(Record.State.values) - {Record.State.REPAIRED}
    for slug in ("market-supervision", "taxation"):
        own = Record.objects.filter(department__slug=slug)
        assert {"draft", "returned", "submitted"} <= set(own.values_list("state", flat=True))
        assert (
            own.filter(author__username=f"{slug.split('-')[0].replace('taxation', 'tax')}.clerk").count() == own.count()
        )
    assert not Record.objects.filter(decided_on__gt=timezone.localdate()).exists()
    shares = [record.in_time for record in Record.objects.filter(state="published", deadline__isnull=False)[:2000]]
    assert 0.7 < sum(map(bool, shares)) / len(shares) < 0.99

    # What is stored reads back through the catalogue's own rules to the same record.
    sample = list(Record.objects.select_related("item", "subject").order_by("pk")[::50])
    specs = item_specs({record.item for record in sample})
    for record in sample:
        spec = specs[record.item_id]
        (frame,) = item_frames(Record.objects.filter(pk=record.pk), spec, lambda frame: None)
        row = [cell or "" for cell in frame.row(0)]
        raw = {each.code: value for each, value in zip(spec.fields, row, strict=True)}
        parsed = catalogue.parse_row(spec, raw, timezone.localdate())
        known = {code for code in parsed.errors if not code.startswith("subject_")}
        assert not known, (record, parsed.errors)
        assert split(spec, parsed.values).data == record.data
