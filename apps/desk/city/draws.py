"""Chance by column: the same for the same seed, purpose and row, in whichever slice the row is drawn."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import polars as pl

_GOLDEN: Final = 0x9E3779B97F4A7C15
_MIX: Final = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))
_FRACTION_BITS: Final = 53


class Draws:
    """Draws for the rows with these running numbers; ``purpose`` names what is drawn, so that two draws are apart.

    The generator is splitmix64 over the running number: it needs no state, and columns of integers compute it.
    """

    def __init__(self, seed: int, numbers: pl.Series) -> None:
        self.seed = seed
        self.numbers = numbers.cast(pl.UInt64)

    def __len__(self) -> int:
        return len(self.numbers)

    def unit(self, purpose: str) -> pl.Series:
        """Numbers in [0, 1)."""
        key = hashlib.blake2b(f"{self.seed} {purpose}".encode(), digest_size=8).digest()
        bits = self.numbers * _word(_GOLDEN) + _word(int.from_bytes(key, "big"))
        for shift, factor in _MIX:
            bits = (bits ^ (bits // (1 << shift))) * _word(factor)
        bits = bits ^ (bits // (1 << 31))
        return (bits // (1 << (64 - _FRACTION_BITS))).cast(pl.Float64) / float(1 << _FRACTION_BITS)

    def below(self, purpose: str, bound: int | pl.Series) -> pl.Series:
        """Whole numbers in [0, bound); a bound for all rows or one for each, at least 1."""
        return (self.unit(purpose) * bound).cast(pl.Int64)

    def chance(self, purpose: str, share: float | pl.Series) -> pl.Series:
        """Mask that is true for a ``share`` of the rows."""
        return self.unit(purpose) < share

    def pick(self, purpose: str, values: Sequence[str], weights: Sequence[float] | None = None) -> pl.Series:
        """One of the texts; ``weights`` say how often each comes, all alike without them."""
        places = self.place(purpose, weights) if weights else self.below(purpose, len(values))
        return pl.Series(list(values), dtype=pl.String).gather(places)

    def place(self, purpose: str, weights: Sequence[float]) -> pl.Series:
        """Places in a list of these weights."""
        ends = list(accumulate(weights))
        return pl.Series(ends).search_sorted(self.unit(purpose) * ends[-1], side="right").cast(pl.Int64)


def _word(value: int) -> pl.Series:
    return pl.Series([value], dtype=pl.UInt64)
