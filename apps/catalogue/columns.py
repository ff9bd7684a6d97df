"""File columns: which header means which field, and which edition of the standard a file follows. Pure.

The editions are told apart by all headers together, never by one: 行政相对人代码_2 is the business registration number
in the 2018 edition and the organisation code in that of 2016.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .shapes import AMOUNT, CHOICES, Edition, EditionColumn, FieldSpec, ItemSpec

_BRACKETS: Final = str.maketrans("【[〔{〈《】]〕}〉》", "(((((())))))")
_MARKS: Final = re.compile(
    r"\((?:必填项?|选填项?|必录|可选)\)|[\s*★☆#_\-—–.、,，;；:：'\"“”‘’`\u200b-\u200f\u2060\ufeff]"
)
_NUMBERED: Final = re.compile(r"^\d{1,2}(?=[一-鿿])")
_QUALIFIED: Final = re.compile(r"^(?P<stem>[^()]+)\((?P<qualifier>.+)\)$")

EXACT: Final = 3
"""Points of a header that is the column's whole header; a part of it that names no other column counts ``PARTIAL``."""
PARTIAL: Final = 1


def normalise_header(text: object) -> str:
    """What all writings of one header have in common.

    Full and half width, all kinds of brackets, blanks and line breaks, stars and notes of obligation (必填), dashes,
    underscores and punctuation make no difference; nor does a leading column number. None and "" give "".
    """
    return "" if text is None else _normalised(str(text))


@lru_cache(maxsize=10_000)
def _normalised(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).translate(_BRACKETS)
    return _NUMBERED.sub("", _MARKS.sub("", plain).casefold())


@dataclass(frozen=True)
class ColumnMatch:
    """How the headers of a file read.

    ``columns``: per header the edition's column it is, or None. ``unknown``: (place, header) of the non-empty headers
    that name no column. ``missing``: required fields of the edition without a column, ``absent`` all others.
    ``repeated``: (place, header) of those whose field an earlier header fills already. ``rivals``: names of other
    editions that explain the headers equally well and read some of them differently; then the file must say which.
    ``ignored``: (place, header) of those that belong to the edition and are read over.
    """

    edition: Edition
    columns: tuple[EditionColumn | None, ...]
    unknown: tuple[tuple[int, str], ...] = ()
    missing: tuple[FieldSpec, ...] = ()
    absent: tuple[FieldSpec, ...] = ()
    repeated: tuple[tuple[int, str], ...] = ()
    rivals: tuple[str, ...] = ()
    ignored: tuple[tuple[int, str], ...] = ()
    score: int = 0

    @property
    def ambiguous(self) -> bool:
        """Whether another edition fits equally well and means something else."""
        return bool(self.rivals)

    @property
    def matched(self) -> int:
        """Number of headers that name a column."""
        return sum(column is not None for column in self.columns)

    @property
    def fields(self) -> tuple[str | None, ...]:
        """Per header the code of the field it fills, or None."""
        return tuple(column.field if column else None for column in self.columns)


def match_columns(headers: Sequence[object], spec: ItemSpec, edition: str | None = None) -> ColumnMatch:
    """Read the headers by the edition that explains them best, or by the one named ``edition``.

    Raises ValueError when the item has no edition of that name.
    """
    editions = [each for each in spec.editions if edition is None or each.name == edition]
    if not editions:
        raise ValueError(f"no edition “{edition}” of {spec.code}")
    ranked = sorted((_read(headers, spec, each) for each in editions), key=lambda match: -match.score)
    best = ranked[0]
    rivals = tuple(
        other.edition.name
        for other in ranked[1:]
        if other.score == best.score and best.score and other.fields != best.fields
    )
    return ColumnMatch(**{**vars(best), "rivals": rivals}) if rivals else best


def header_score(cells: Sequence[object], spec: ItemSpec) -> int:
    """How much a row of cells looks like the header of this item; 0 for a row that names no column."""
    return match_columns(cells, spec).score


def _read(headers: Sequence[object], spec: ItemSpec, edition: Edition) -> ColumnMatch:
    whole, parts = _index(spec, edition)
    columns: list[EditionColumn | None] = []
    unknown: list[tuple[int, str]] = []
    repeated: list[tuple[int, str]] = []
    ignored: list[tuple[int, str]] = []
    read_over = {_bare(normalise_header(header)) for header in edition.ignored}
    taken: set[str] = set()
    score = 0
    for place, header in enumerate(headers):
        key = normalise_header(header)
        column = whole.get(_bare(key)) or parts.get(key)
        if column is None:
            if _bare(key) in read_over:
                ignored.append((place, str(header)))
                score += EXACT
            elif key:
                unknown.append((place, str(header)))
        elif column.field in taken and not (spec.by_code[column.field].type == CHOICES and column not in columns):
            repeated.append((place, str(header)))
            column = None
        else:
            taken.add(column.field)
            score += EXACT if _bare(key) in whole else PARTIAL
        columns.append(column)
    without = [each for each in spec.fields if each.code not in taken and each.code not in edition.defaults]
    # An edition that never had a column cannot be blamed for lacking it: only its own columns can be missing.
    owned = {column.field for column in edition.columns}
    missing = tuple(each for each in without if each.required and each.code in owned)
    absent = tuple(each for each in without if each not in missing)
    return ColumnMatch(
        edition, tuple(columns), tuple(unknown), missing, absent, tuple(repeated), (), tuple(ignored), score
    )


def _bare(key: str) -> str:
    return key.replace("(", "").replace(")", "")


def _index(spec: ItemSpec, edition: Edition) -> tuple[dict[str, EditionColumn], dict[str, EditionColumn]]:
    """The edition's columns by whole header, and by such a part of it that no other column shares.

    Parts: what stands before the bracket (行政相对人代码_1) and what stands in it (统一社会信用代码). An amount has
    none: its bracket holds the unit, without which the number says nothing. Whole headers are kept without brackets, so
    that a lost one does no harm.
    """
    whole = {_bare(normalise_header(column.header)): column for column in edition.columns}
    found: list[tuple[str, EditionColumn]] = []
    for column in edition.columns:
        key = normalise_header(column.header)
        if spec.by_code[column.field].type != AMOUNT and (match := _QUALIFIED.match(key)):
            found += [(match["stem"], column), (match["qualifier"], column)]
    times = Counter(key for key, _column in found)
    return whole, {key: column for key, column in found if times[key] == 1 and key not in whole}


@dataclass(frozen=True)
class TemplateColumn:
    """A column of the blank file: its header as the current edition writes it, and the field it is for."""

    header: str
    field: FieldSpec


def template_headers(spec: ItemSpec) -> list[TemplateColumn]:
    """The columns of the current edition, in order, for a blank file."""
    return [TemplateColumn(each.label, each) for each in spec.fields]
