"""Whom records are about: the subjects on record, by kind, older ones before younger ones."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Final

import polars as pl

from apps.subjects.models import Subject

from .draws import Draws
from .staging import query

_SKEW: Final = 2.0
"""Few subjects have many records: the place among those there were on the day goes with this power of chance."""
_LONG_AGO: Final = datetime.date(1900, 1, 1)


def kinds_on_record() -> frozenset[str]:
    """The kinds of which there is a subject."""
    return frozenset(Subject.objects.filter(merged_into=None).order_by().values_list("kind", flat=True).distinct())


class Pool:
    """Subjects to draw from."""

    def __init__(self, subjects: pl.DataFrame) -> None:
        self._subjects = subjects.sort("registered_on", "subject_id")

    def draw(self, draws: Draws, days: pl.Series) -> pl.DataFrame:
        """``subject_id`` and ``representative`` for each of the days: of somebody who was registered by then, or of the
        oldest."""
        there = self._subjects["registered_on"].search_sorted(days, side="right").cast(pl.Int64).clip(1)
        places = (draws.unit("subject") ** _SKEW * there).cast(pl.Int64)
        return self._subjects.select("subject_id", "representative")[places]


class Pools:
    """The pools by kinds of subject, each made when it is first asked for."""

    def __init__(self) -> None:
        self._all = query(
            "SELECT id, kind, legal_representative, registered_on"
            f" FROM {Subject._meta.db_table} WHERE merged_into_id IS NULL"
        ).select(
            pl.col("id").cast(pl.Int64).alias("subject_id"),
            pl.col("kind").cast(pl.Categorical),
            pl.col("legal_representative").alias("representative"),
            pl.col("registered_on").str.to_date().fill_null(_LONG_AGO),
        )
        self._pools: dict[frozenset[str], Pool] = {}

    def of(self, kinds: Iterable[str]) -> Pool:
        """The subjects of these kinds."""
        wanted = frozenset(kinds)
        if wanted not in self._pools:
            self._pools[wanted] = Pool(self._all.filter(pl.col("kind").cast(pl.String).is_in(list(wanted))))
        return self._pools[wanted]
