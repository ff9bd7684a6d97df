"""What a file of records holds: the item's own columns where it is one item's list, else the common ones."""

import datetime
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.catalogue.shapes import ItemSpec

from .item_rows import CHUNK, OnRead, item_rows
from .models import Record


def common_columns() -> dict[str, Callable[[Record], Any]]:
    """Header -> value, for a list of several items."""
    return {
        pgettext("record", "document number"): lambda record: record.document_number,
        _("document name"): lambda record: record.document_name,
        _("subject"): lambda record: record.subject.name,
        _("unified social credit code"): lambda record: record.subject.uscc or "",
        _("information item"): lambda record: str(record.item),
        _("department"): lambda record: str(record.department),
        _("state"): lambda record: record.get_state_display(),
        _("marks"): lambda record: " ".join(record.marks),
        _("decision date"): lambda record: _day(record.decided_on),
        _("valid from"): lambda record: _day(record.valid_from),
        _("valid to"): lambda record: _day(record.valid_to),
        _("deciding authority"): lambda record: record.authority_name,
        _("publication deadline"): lambda record: _day(record.deadline),
        _("published on"): lambda record: _day(record.published_at and timezone.localdate(record.published_at)),
        _("author"): lambda record: record.author.name,
    }


def _day(day: datetime.date | None) -> str:
    return f"{day:%Y/%m/%d}" if day else ""


def headers(spec: ItemSpec | None) -> list[str]:
    """The first row of the file."""
    return [each.label for each in spec.fields] if spec else list(common_columns())


def rows(queryset: QuerySet, spec: ItemSpec | None, on_read: OnRead) -> Iterator[Sequence[Any]]:
    """All rows below the header, read in chunks, each of which ``on_read`` hears of before its rows are given."""
    if spec:
        yield from item_rows(queryset, spec, on_read)
        return
    columns = common_columns()
    records: Any = queryset.select_related("subject", "item", "department", "author").iterator(chunk_size=CHUNK)
    while chunk := list(islice(records, CHUNK)):
        on_read([record.pk for record in chunk], {record.subject.kind for record in chunk})
        yield from ([value(record) for value in columns.values()] for record in chunk)
