"""Who reads what: a page says which rows it shows, and one entry is written before it is sent.

Pages tell the rows they show by ``shown``; the base admin does so for lists, pages of one row, histories and
autocompletes. ``AccessLogMiddleware`` then writes a single entry for the answer, if any of the rows is to be logged
(apps/audit/logged.py): one statement, in which the database judges what could not be judged in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from .context import current
from .entries import AccessEntry, Purpose
from .logged import KEYS, Judged, Logged, live, logged_rows, may_be_logged, select

__all__ = [
    "How",
    "Logged",
    "Purpose",
    "about",
    "for_purpose",
    "how_of",
    "logged_rows",
    "may_be_logged",
    "searched",
    "shown",
    "shown_keys",
    "write",
]

How = AccessEntry.How

# Whoever reads the log leaves an entry too, and may not ask it for anything while writing.
AccessEntry.access_log = (Logged(when=None),)  # type: ignore[attr-defined]

HOW_BY_PAGE: Final = {
    "index": How.LIST,
    "changelist": How.LIST,
    "search": How.SEARCH,
    "autocomplete": How.AUTOCOMPLETE,
    "lookup": How.AUTOCOMPLETE,
    "history": How.HISTORY,
    "revert": How.HISTORY,
    "proof": How.DOWNLOAD,
    "download": How.DOWNLOAD,
    "annotated": How.DOWNLOAD,
    "export": How.EXPORT,
}
"""Last word of a page's URL name -> how rows are read there; elsewhere one row is viewed."""


def how_of(request: HttpRequest) -> str:
    """How rows are read on the page of this request."""
    name = (request.resolver_match and request.resolver_match.url_name) or ""
    how = HOW_BY_PAGE.get(name.rsplit("_", 1)[-1], How.VIEW)
    return How.SEARCH if how == How.LIST and request.GET.get("q", "").strip() else how


@dataclass
class Reading:
    """What one request reads. ``judged``: by model and whether the rows are opened; ``pending``: rows that are looked
    at when the page is finished, because then more of what they hang on is in memory."""

    judged: dict[tuple[type[Model], bool], Judged] = field(default_factory=dict)
    pending: list[tuple[Iterable[Model], Judged, bool]] = field(default_factory=list)
    subjects: set[int] = field(default_factory=set)
    purpose: str = ""
    matter: str = ""
    sought: bytes | None = None
    is_search: bool = False
    is_written: bool = False

    def finish(self) -> None:
        """Judge what was put off."""
        for rows, judged, opened in self.pending:
            judged.judge(rows, opened=opened)
        self.pending.clear()

    @property
    def is_empty(self) -> bool:
        judged = any(each.keys or each.unknown for each in self.judged.values())
        return not (judged or self.subjects or self.sought)


def _reading(request: HttpRequest) -> Reading:
    reading = getattr(request, "_reading", None)
    if reading is None:
        reading = Reading()
        request._reading = reading  # type: ignore[attr-defined]
    elif reading.is_written:
        raise RuntimeError("rows are read after the entry of the access log was written: read them before the answer")
    return reading


def shown(request: HttpRequest, rows: Model | QuerySet | Iterable[Any]) -> None:
    """The answer to this request shows ``rows``: one row that is opened, or several of one model.

    A queryset is looked at when the page is finished, so that it costs no query of its own. The first model told is the
    one the entry names.
    """
    opened = isinstance(rows, Model)
    if isinstance(rows, Model):
        model, rows = type(rows), [rows]
    elif isinstance(rows, QuerySet):
        model = rows.model
    else:
        rows = list(rows)
        model = type(rows[0]) if rows else Model
    if not logged_rows(model):
        return
    reading = _reading(request)
    judged = reading.judged.setdefault((model, opened), Judged())
    if opened or isinstance(rows, QuerySet):
        reading.pending.append((rows, judged, opened))
    else:
        # Rows of a file come in chunks, and are not to be held.
        judged.judge(rows, opened=opened)


def shown_keys(request: HttpRequest, model: type[Model], keys: Iterable[int]) -> None:
    """The answer to this request shows the rows of ``model`` with these keys, read as plain values."""
    if logged_rows(model):
        _reading(request).judged.setdefault((model, False), Judged()).unknown.extend(keys)


def about(request: HttpRequest, subjects: Iterable[int]) -> None:
    """The rows of this request concern these subjects, whatever the rows themselves say."""
    _reading(request).subjects.update(subjects)


def for_purpose(request: HttpRequest, purpose: str, matter: str = "") -> None:
    """Why the rows of this request are read: a value of Purpose and, where known, the number of the matter."""
    reading = _reading(request)
    reading.purpose, reading.matter = Purpose(purpose).value, matter


def searched(request: HttpRequest, *, sought: bytes | None = None) -> None:
    """A person was searched for by number: logged whatever the answer, for a redirect tells that somebody was found.

    ``sought``: the fingerprint of a number that nobody bears (never that of a person on record).
    """
    reading = _reading(request)
    reading.is_search, reading.sought = True, sought


def write(request: HttpRequest, status: int) -> None:
    """Write the entry of this request, if its answer shows logged rows. Raises DatabaseError: then nothing is sent."""
    reading: Reading | None = getattr(request, "_reading", None)
    if reading is None or reading.is_written:
        return
    reading.is_written = True
    told = 200 <= status < 300
    if not told and not reading.is_search:
        return
    reading.finish()
    if reading.is_empty:
        return
    main = live(next(iter(reading.judged))[0]) if reading.judged else None
    source, params = _source(reading, main)
    context = current()
    head = [context.user_id, context.user_id, how_of(request), context.channel, context.request_id]
    tail = [main._meta.label_lower if main else "", reading.purpose, reading.matter, reading.sought]
    statement = f"""
        INSERT INTO {AccessEntry._meta.db_table} (at, reader_id, department_id, how, channel, request_id, model,
            purpose, matter, sought, objects_shown, subjects)
        SELECT clock_timestamp(), %s, (SELECT department_id FROM {get_user_model()._meta.db_table} WHERE id = %s),
            %s, %s, %s, %s, %s, %s, %s, shown.*
        FROM ({source}) AS shown"""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(statement, [*head, *tail, *params])


def _source(reading: Reading, main: type[Model] | None) -> tuple[str, list[Any]]:
    """SQL for the keys of the rows of ``main`` and for the subjects, two arrays, with its parameters."""
    subjects = reading.subjects.union(*(judged.subjects for judged in reading.judged.values()))
    keys = {key for (model, _), judged in reading.judged.items() if live(model) is main for key in judged.keys}
    known = [_array(sorted(keys)), _array(sorted(subjects))]
    selects, params = ["SELECT unnest(%s::bigint[]), NULL::bigint", "SELECT NULL, unnest(%s::bigint[])"], known
    for (model, opened), judged in reading.judged.items():
        if judged.unknown:
            sql, more = select(model, opened)
            key = "key" if live(model) is main else "NULL"
            selects.append(f"SELECT {key}, subject FROM ({sql}) AS r(key, subject)")
            params = [*params, *(_array(judged.unknown) if value is KEYS else value for value in more)]
    if params is known:
        return "SELECT %s::bigint[], %s::bigint[]", known
    return (
        f"""SELECT coalesce(array_agg(DISTINCT key) FILTER (WHERE key IS NOT NULL), '{{}}'),
            coalesce(array_agg(DISTINCT subject) FILTER (WHERE subject IS NOT NULL), '{{}}')
        FROM ({" UNION ALL ".join(selects)}) AS one (key, subject) HAVING count(*) > 0 OR %s""",
        [*params, reading.sought is not None],
    )


def _array(keys: Iterable[int]) -> str:
    """An array as PostgreSQL writes it: the driver looks at each member of a list, which costs more than the entry."""
    return f"{{{','.join(map(str, keys))}}}"
