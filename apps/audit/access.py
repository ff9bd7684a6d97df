"""Who reads what: a page says which rows it shows, and one entry is written before it is sent.

A model whose rows are logged says so: ``access_log = (Logged(...), ...)``. Pages tell the rows they show by ``shown``;
the base admin does so for lists, pages of one row, histories and autocompletes. ``AccessLogMiddleware`` then writes
a single entry per answer, in one statement that picks the rows to be logged and finds whom they are about.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import connection, models, transaction
from django.db.models import BigIntegerField, F, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from django.http import HttpRequest

from .context import current
from .entries import AccessEntry, Purpose

How = AccessEntry.How


@dataclass(frozen=True)
class Logged:
    """Rows of a model that leave an entry when they are read.

    ``when``: which rows, None for all, without asking the table; ``subject``: the path to the subject they are about,
    "" for none; ``opened``: only where the row itself is opened, not where it stands in a list.
    """

    when: Q | None
    subject: str = ""
    opened: bool = False


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
    """What one request reads."""

    rows: list[tuple[type[models.Model], Any, bool]] = field(default_factory=list)
    subjects: list[int] = field(default_factory=list)
    purpose: str = ""
    matter: str = ""
    sought: bytes | None = None
    is_search: bool = False
    is_written: bool = False

    def keys(self) -> dict[tuple[type[models.Model], bool], list[int]]:
        """Model and whether opened -> keys of the rows shown, in the order in which they were told."""
        found: dict[tuple[type[models.Model], bool], list[int]] = {}
        for model, rows, opened in self.rows:
            found.setdefault((model, opened), []).extend(_keys(rows))
        return found


def _reading(request: HttpRequest) -> Reading:
    reading = getattr(request, "_reading", None)
    if reading is None:
        reading = Reading()
        request._reading = reading  # type: ignore[attr-defined]
    elif reading.is_written:
        raise RuntimeError("rows are read after the entry of the access log was written: read them before the answer")
    return reading


def logged_rows(model: type[models.Model]) -> tuple[Logged, ...]:
    """The declaration of a model; a history model has that of the model it keeps."""
    return getattr(_live(model), "access_log", ())


def _live(model: type[models.Model]) -> type[models.Model]:
    return getattr(model, "instance_type", model)


def shown(request: HttpRequest, rows: models.Model | QuerySet | Iterable[Any]) -> None:
    """The answer to this request shows ``rows``: one row that is opened, or several of one model.

    A queryset is looked at when the page is finished, so that it costs no query of its own. The first model told is the
    one the entry names.
    """
    if isinstance(rows, models.Model):
        model, opened = type(rows), True
        rows = array("q", [rows.pk]) if logged_rows(model) else ()
    elif isinstance(rows, QuerySet):
        model, opened = rows.model, False
    else:
        rows, opened = list(rows), False
        model = type(rows[0]) if rows else models.Model
        rows = array("q", _keys(rows)) if logged_rows(model) else ()
    if logged_rows(model):
        _reading(request).rows.append((model, rows, opened))


def shown_keys(request: HttpRequest, model: type[models.Model], keys: Iterable[int]) -> None:
    """The answer to this request shows the rows of ``model`` with these keys, read as plain values."""
    if logged_rows(model):
        _reading(request).rows.append((model, array("q", keys), False))


def _keys(rows: Iterable[Any]) -> Iterable[int]:
    return rows if isinstance(rows, array) else (row.pk for row in rows)


def about(request: HttpRequest, subjects: Iterable[int]) -> None:
    """The rows of this request concern these subjects, whatever the rows themselves say."""
    _reading(request).subjects.extend(subjects)


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
    keys = reading.keys()
    if not keys and not reading.subjects and reading.sought is None:
        return
    main = _live(next(iter(keys))[0]) if keys else None
    context = current()
    selects: list[str] = []
    params: list[Any] = []
    for (model, opened), found in keys.items():
        select, select_params = _select(model, opened)
        is_main = _live(model) is main
        selects.append(f"SELECT {'key' if is_main else 'NULL::bigint'}, subject FROM ({select}) AS r(key, subject)")
        params += [found if value is _KEYS else value for value in select_params]
    if reading.subjects:
        selects.append("SELECT NULL::bigint, unnest(%s::bigint[])")
        params.append(reading.subjects)
    source = " UNION ALL ".join(selects) or "SELECT NULL::bigint, NULL::bigint WHERE false"
    users = get_user_model()._meta.db_table
    head = [
        context.user_id,
        context.user_id,
        how_of(request),
        context.channel,
        context.request_id,
        main._meta.label_lower if main else "",
    ]
    tail = [reading.purpose, reading.matter, reading.sought]
    statement = f"""
        INSERT INTO {AccessEntry._meta.db_table} (at, reader_id, department_id, how, channel, request_id, model,
            objects_shown, subjects, purpose, matter, sought)
        SELECT clock_timestamp(), %s, (SELECT department_id FROM {users} WHERE id = %s), %s, %s, %s, %s,
            coalesce(array_agg(DISTINCT key) FILTER (WHERE key IS NOT NULL), '{{}}'),
            coalesce(array_agg(DISTINCT subject) FILTER (WHERE subject IS NOT NULL), '{{}}'), %s, %s, %s
        FROM ({source}) AS shown(key, subject) HAVING count(*) > 0 OR %s"""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(statement, [*head, *tail, *params, reading.sought is not None])


_KEYS: Final = object()


@cache
def _select(model: type[models.Model], opened: bool) -> tuple[str, tuple[Any, ...]]:
    """SQL for key and subject of the rows to be logged among those with the keys in the place of ``_KEYS``; compiled
    once, because compiling costs more than running."""
    live = _live(model)
    selects: list[str] = []
    params: list[Any] = []
    for each in logged_rows(model):
        if each.opened and not opened:
            continue
        if each.when is None:
            selects.append("SELECT unnest(%s::bigint[]), NULL::bigint")
            params.append(_KEYS)
            continue
        subject = F(each.subject) if each.subject else Cast(Value(None), BigIntegerField())
        rows = (
            model._base_manager.filter(each.when, pk__in=RawSQL("SELECT unnest(%s::bigint[])", [_KEYS]))
            .order_by()
            .values_list(F(live._meta.pk.attname), subject)
        )
        select, select_params = rows.query.sql_with_params()
        selects.append(select)
        params += select_params
    return " UNION ALL ".join(selects) or "SELECT NULL::bigint, NULL::bigint WHERE false", tuple(params)
