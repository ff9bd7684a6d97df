"""Specs are read once and never stale."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalogue.models import ColumnMapping, InformationItem, ItemField, MappedColumn
from apps.catalogue.specs import item_spec, item_specs
from tests.catalogue.factories import make_item

pytestmark = pytest.mark.django_db


def test_known_specs_cost_one_query_however_many() -> None:
    items = [make_item(code=f"item-{number}") for number in range(3)]
    item_specs(items)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(item_specs(items)) == 3
    assert len(queries) == 1


def test_every_kind_of_change_is_seen_at_once() -> None:
    item = make_item()
    assert len(item_spec(item).fields) == 4
    ItemField.objects.filter(item=item, code="decided_on").update(label="认定日期")
    assert item_spec(item).by_code["decided_on"].label == "认定日期"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalogue_informationitem SET name = '改名' WHERE id = %s", [item.pk])
    assert item_spec(item).name == "改名"
    mapping = ColumnMapping.objects.create(item=item, edition="2016")
    field = item.fields.get(code="decided_on")
    MappedColumn.objects.bulk_create(
        [MappedColumn(mapping=mapping, header="日期", field=field), MappedColumn(mapping=mapping, header="地方编码")]
    )
    edition = item_spec(item).mappings[0]
    assert [column.header for column in edition.columns] == ["日期"] and edition.ignored == ("地方编码",)
    ItemField.objects.filter(item=item, code="subject_uscc").delete()
    assert len(item_spec(item).fields) == 3


def test_an_item_that_is_gone() -> None:
    item = make_item(fields=())
    InformationItem.objects.all().delete()
    item.pk = 12345
    with pytest.raises(KeyError):
        item_spec(item)
