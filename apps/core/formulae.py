"""Exported cells must stay text: a spreadsheet runs what begins like a formula."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

_STARTS: Final = frozenset("=+-@\t\r\n＝＋－＠")
_MAY_START: Final = _STARTS | frozenset(" \u3000")
_HARMLESS: Final = re.compile(r"-?[0-9]+(?:[.,][0-9]+)*%?|-+")
_BLANK: Final = "[ \u3000]*"
_BEGINS: Final = f"^{_BLANK}[{re.escape(''.join(sorted(_STARTS)))}]"
_STAYS: Final = f"^{_BLANK}(?:{_HARMLESS.pattern})$"


def is_formula(text: str) -> bool:
    """Whether a spreadsheet might take `text` for a formula. A plain negative number or a dash is none."""
    stripped = text.lstrip(" \u3000")
    if not stripped or stripped[0] not in _STARTS:
        return False
    return _HARMLESS.fullmatch(stripped) is None


def escape_formula(value: object) -> object:
    """`value` with an apostrophe before it when it is text that a spreadsheet would run; anything else unchanged."""
    if isinstance(value, str) and value[:1] in _MAY_START and is_formula(value):
        return "'" + value
    return value


def escape_formulae(frame: pl.DataFrame) -> pl.DataFrame:
    """The same for a frame of texts. Most columns hold nothing that begins so, and are left at the first look."""
    risky = frame.select(pl.all().str.contains(_BEGINS).any()).row(0)
    columns = [name for name, begins in zip(frame.columns, risky, strict=True) if begins]
    return frame.with_columns(_escaped(pl.col(name)) for name in columns)


def _escaped(column: pl.Expr) -> pl.Expr:
    runs = column.str.contains(_BEGINS) & ~column.str.contains(_STAYS)
    return pl.when(~runs).then(column).otherwise(pl.lit("'") + column)


def unescape_formula(text: str) -> str:
    """Takes back `escape_formula`, so that an exported sheet can be sent in again."""
    return text[1:] if text[:1] == "'" and is_formula(text[1:]) else text
