"""Lookups that the database can serve from an index where row security stands in the way of the usual ones."""

import sys
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Lookup, Q, Value


class Begins(Lookup):
    """``filter(Begins(F("document_number"), "郑市监"))``: what begins with these very characters.

    Says as a range what ``startswith`` says as a pattern: PostgreSQL asks a policy first and an index for ``LIKE``
    only afterwards, because an error of that operator might tell what a row holds; comparisons cannot fail, so they
    go to the index at once. Wants an index with the operator class ``varchar_pattern_ops``.
    """

    lookup_name = "begins"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        text, params = self.process_lhs(compiler, connection)
        after = first_beyond(self.rhs)
        if not after:
            return f"{text} ~>=~ %s", [*params, self.rhs]
        return f"({text} ~>=~ %s AND {text} ~<~ %s)", [*params, self.rhs, *params, after]


class OneOf(Lookup):
    """``filter(OneOf(F("pk"), ArraySubquery(keys)))``: what stands in the array that a query makes.

    The database makes the array first, once, and finds the rows by it; ``IN (SELECT ...)`` leaves it to guess which
    of the two to begin with.
    """

    lookup_name = "one_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        one, params = self.process_lhs(compiler, connection)
        array, more = self.process_rhs(compiler, connection)
        return f"{one} = ANY ({array})", [*params, *more]


def with_keys(keys: Iterable[int], field: str = "pk") -> Q:
    """The rows with these keys, or whose ``field`` holds one of them. They go to the database as one value; each a
    parameter of its own, as ``pk__in`` hands them over, a thousand take longer to write than to look up."""
    return Q(OneOf(F(field), Value(sorted(keys), output_field=ArrayField(BigIntegerField()))))


def first_beyond(beginning: str) -> str:
    """The first text, by code points, that comes after all that begin with ``beginning``; "" when there is none."""
    kept = beginning.rstrip(chr(sys.maxunicode))
    if not kept:
        return ""
    following = ord(kept[-1]) + 1
    # Between these no character can be stored.
    return kept[:-1] + chr(0xE000 if 0xD800 <= following < 0xE000 else following)
