"""What a file of records holds: the item's own columns where it is one item's list, else the common ones."""

import datetime
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import polars as pl
from django.db.models import Case, F, Func, QuerySet, TextField, Value, When
from django.db.models.functions import NullIf, TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apps.catalogue.models import InformationItem
from apps.catalogue.shapes import ItemSpec
from apps.core.frames import copied, mapped
from apps.departments.models import Department

from .item_frames import CHUNK, TOLD, OnRead, item_frames
from .models import UNDER_EXAMINATION, Record


def common_columns() -> dict[str, tuple[Any, Any]]:
    """Header -> what is read, and how it is written, for a list of several items: as it is (None), by a function, or as
    the name of the row of a model."""
    states = {value: str(label) for value, label in Record.State.choices}
    return {
        pgettext("record", "document number"): (F("document_number"), None),
        _("document name"): (F("document_name"), None),
        _("subject"): (F("subject__name"), None),
        _("unified social credit code"): (F("subject__uscc"), None),
        _("information item"): (F("item"), InformationItem),
        _("department"): (F("department"), Department),
        _("state"): (F("state"), states.__getitem__),
        _("marks"): (_marks(), None),
        _("decision date"): (F("decided_on"), _day),
        _("valid from"): (F("valid_from"), _day),
        _("valid to"): (F("valid_to"), _day),
        _("deciding authority"): (F("authority_name"), None),
        _("publication deadline"): (F("deadline"), _day),
        _("published on"): (TruncDate("published_at"), _day),
        _("author"): (F("author__name"), None),
    }


def _marks() -> Any:
    """``Record.marks``, as the database joins them."""
    examined = Case(When(under_objection=True, then=Value(str(UNDER_EXAMINATION))))
    left = NullIf("annotation", Value(""))
    return Func(Value(" "), examined, left, function="concat_ws", output_field=TextField())


def _day(text: str) -> str:
    return f"{datetime.date.fromisoformat(text):%Y/%m/%d}"


def headers(spec: ItemSpec | None) -> list[str]:
    """The first row of the file."""
    return [each.label for each in spec.fields] if spec else list(common_columns())


def frames(queryset: QuerySet, spec: ItemSpec | None, on_read: OnRead) -> Iterator[pl.DataFrame]:
    """All rows below the header, in frames, of each of which ``on_read`` hears before it is given."""
    if spec:
        yield from item_frames(queryset, spec, on_read)
        return
    columns = common_columns()
    read = {header: expression for header, (expression, _how) in columns.items()}
    # Names are looked up before: while rows are copied out no other query may be sent.
    written = {header: _writer(how) for header, (_expression, how) in columns.items()}
    with closing(copied(queryset, {**TOLD, **read}, CHUNK)) as chunks:
        for chunk in chunks:
            on_read(chunk)
            yield pl.DataFrame([mapped(chunk[header], write) for header, write in written.items()])


def _writer(how: Any) -> Callable[[str], str] | None:
    if isinstance(how, type):
        return {str(each.pk): str(each) for each in how._default_manager.all()}.__getitem__  # type: ignore[attr-defined]
    return how
