"""Numbers of cases and letters, and the codes by which applicants ask."""

import secrets
from typing import Final

from django.db import connection

from . import states
from .models import Counter

SERIES: Final = {states.OBJECTION: "异", states.REPAIR: "修"}
"""What the number of a case begins with, by its kind."""
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No character that is taken for another one when it is read out."""
GROUPS: Final = 3
GROUP: Final = 4


def next_number(series: str, year: int, count: int = 1) -> int:
    """The next number of a series in a year, from 1; of several (``count``) the last.

    Whoever takes one holds the series until the transaction ends, so none is given twice and none is left out.
    """
    table = connection.ops.quote_name(Counter._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} AS c (series, year, last) VALUES (%s, %s, %s)"
            " ON CONFLICT (series, year) DO UPDATE SET last = c.last + excluded.last RETURNING last",
            [series, year, count],
        )
        return int(cursor.fetchone()[0])


def case_number(kind: str, year: int, number: int) -> str:
    """The number of a case as it is written: ``异〔2026〕000012号``."""
    return f"{SERIES[kind]}〔{year}〕{number:06d}号"


def progress_code() -> str:
    """A code that nobody guesses: 12 characters of 30, in groups of four (59 bits)."""
    return "-".join("".join(secrets.choice(ALPHABET) for _each in range(GROUP)) for _each in range(GROUPS))
