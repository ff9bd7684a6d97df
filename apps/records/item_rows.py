"""Rows of a file of one item, read as plain values and written by column: a file has hundreds of thousands of them, and
an object for each would cost most of the time.

The column-wise twin of ``reading.stored_value`` and ``catalogue.rules.to_edge``; a distinct value of a column is put
into its written form once in a chunk.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final

from django.db.models import QuerySet

from apps.catalogue import rules as catalogue
from apps.catalogue import shapes
from apps.catalogue.shapes import FieldSpec, ItemSpec
from apps.core.terms import SubjectKind
from apps.subjects.models import Identifier

from .content import CATEGORIES, COLUMNS, SCHEMES, is_subject
from .reading import MASK

CHUNK: Final = 2000
OnRead = Callable[[list[int], Collection[str]], None]
"""Hears the keys of the records that are about to be given, and the kinds of their subjects."""

_COLUMNS: Final = ("pk", "subject", "subject__name", "subject__uscc", "subject__kind", "data", "confidential", *COLUMNS)


def item_rows(queryset: QuerySet, spec: ItemSpec, on_read: OnRead) -> Iterator[tuple[str, ...]]:
    """The item's fields in order, as files carry them, confidential values covered."""
    records: Any = queryset.values_list(*_COLUMNS).iterator(chunk_size=CHUNK)
    while rows := list(islice(records, CHUNK)):
        chunk = _Chunk(dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True)), spec)
        on_read(list(chunk.columns["pk"]), set(chunk.columns["subject__kind"]))
        yield from zip(*(chunk.texts(each) for each in spec.fields), strict=True)


class _Chunk:
    """Some rows, by column."""

    def __init__(self, columns: dict[str, Sequence[Any]], spec: ItemSpec) -> None:
        self.columns = columns
        self._codes = _codes(columns["subject"]) if SCHEMES.keys() & spec.by_role.keys() else {}

    def texts(self, field: FieldSpec) -> Iterable[str]:
        """What the cells of one field hold."""
        if is_subject(field):
            return self._of_subject(field)
        if field.role in COLUMNS:
            return _written(field, self.columns[field.role])
        if field.confidential:
            return [MASK if field.code in sealed else "" for sealed in self.columns["confidential"]]
        return _written(field, [data.get(field.code) for data in self.columns["data"]])

    def _of_subject(self, field: FieldSpec) -> Iterable[str]:
        kinds = self.columns["subject__kind"]
        if field.role in ("subject_document_kind", "subject_document_number"):
            return [MASK if kind == SubjectKind.NATURAL_PERSON else "" for kind in kinds]
        if field.role == "subject_name":
            return _written(field, self.columns["subject__name"])
        if field.role == "subject_category":
            return _written(field, [CATEGORIES.get(kind, "") for kind in kinds])
        scheme = SCHEMES[field.role]
        found = [self._codes.get((subject, scheme)) for subject in self.columns["subject"]]
        if field.role == "subject_uscc":
            found = [own or other for own, other in zip(self.columns["subject__uscc"], found, strict=True)]
        return _written(field, found)


def _codes(subjects: Collection[int]) -> dict[tuple[int, str], str]:
    """The codes of several subjects, the latest entered of each scheme, one query: (subject, scheme) -> value."""
    rows = Identifier.objects.filter(subject__in=set(subjects)).order_by("pk")
    return {(subject, scheme): value for subject, scheme, value in rows.values_list("subject", "scheme", "value")}


def _written(field: FieldSpec, stored: Iterable[Any]) -> list[str]:
    known: dict[Any, str] = {None: "", "": ""}
    cells = []
    for value in stored:
        key = tuple(value) if field.type == shapes.CHOICES and value else value
        text = known.get(key)
        if text is None:
            text = known[key] = catalogue.to_edge(field, value)
        cells.append(text)
    return cells
