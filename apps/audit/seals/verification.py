"""Verification: is the history still what was sealed, and are the seals still those that were published?

Three questions, each answered from what the others do not rest on: do the seals form an unbroken chain whose roots fit
their chunks; does every sealed row still give its hash, with no row among them that was never sealed; does the
published list name the same seals. What was sealed after the newest seal at the beginning is left to the next time.
Rows of archived months are compared where their files are given, and told as not looked at otherwise.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg
from django.db import connection, models, transaction
from django.utils import timezone
from psycopg import sql

from apps.audit.archive import comparing, files
from apps.audit.archive.models import ArchivedMonth, archived_months, as_multirange
from apps.audit.context import every_department

from . import merkle, texts
from .findings import Finding, Kind, Report
from .models import Seal, SealChunk, Verification
from .sealing import watermark_of
from .tables import SealedTable, sealed_tables

_CHUNKS_AT_ONCE: Final = 64
_IDS_AT_ONCE: Final = 1_000_000
_FINDINGS_KEPT: Final = 100


def verify(
    *,
    since: datetime.date | None = None,
    published: Path | None = None,
    archive: Path | None = None,
    processes: int = 1,
) -> Report:
    """Compare the history with its seals.

    ``since``: only rows sealed from that day on; the chain is followed from its beginning all the same.
    ``published``: a published list to compare with. ``archive``: the folder with the files of archived months.
    ``processes``: on how many connections rows are compared; more than one needs a database whose rows are committed.
    """
    with every_department():
        return _verify(since, published, archive, processes)


def _verify(since: datetime.date | None, published: Path | None, archive: Path | None, processes: int) -> Report:
    seals = Seal.objects.order_by("number")
    newest = seals.last()
    report = Report(last_seal=newest.number if newest else 0)
    begin = seals.filter(sealed_at__date__gte=since).first() if since else seals.first()
    report.first_seal = begin.number if begin else report.last_seal + 1
    report.findings += _broken_chain(report.first_seal, report.last_seal)
    if published:
        missing = {finding.seal for finding in report.findings if finding.kind == Kind.SEAL_MISSING}
        report.findings += _differing_list(published, missing)
    known = {table.name: table for table in sealed_tables()}
    used = SealChunk.objects.filter(seal__gte=report.first_seal, seal__lte=report.last_seal)
    for name in sorted({*used.values_list("table_name", flat=True).distinct(), *known}):
        table = known.get(name)
        if table is None:
            report.findings.append(Finding(Kind.TABLE, table=name))
            continue
        _compare(table, report, processes)
        for month in archived_months(name):
            _compare_archived(table, month, archive, report)
    return report


@transaction.atomic
def keep(report: Report) -> Verification:
    """Store the outcome of a verification, where the audit administrator sees it."""
    return Verification.objects.create(
        checked_at=timezone.now(),
        first_seal=report.first_seal,
        last_seal=report.last_seal,
        rows=report.rows,
        unsealed=report.unsealed,
        found=len(report.findings),
        findings=[finding.as_json() for finding in report.findings[:_FINDINGS_KEPT]],
    )


# The chain


def _broken_chain(first: int, last: int) -> Iterator[Finding]:
    """Seals that are missing, not linked to the one before, or whose root does not fit their chunks."""
    expected, previous = 1, texts.NO_PREVIOUS
    for seal in Seal.objects.filter(number__lte=last).order_by("number").iterator(chunk_size=500):
        for number in range(expected, seal.number):
            yield Finding(Kind.SEAL_MISSING, seal=number)
        if seal.number == expected and bytes(seal.previous) != previous:
            yield Finding(Kind.LINK, seal=seal.number, sealed_at=seal.sealed_at)
        if seal.number >= first and not _fits(seal):
            yield Finding(Kind.ROOT, seal=seal.number, sealed_at=seal.sealed_at)
        expected, previous = seal.number + 1, seal.digest


def _fits(seal: Seal) -> bool:
    leaves: list[bytes] = []
    rows = 0
    with psycopg.Cursor(connection.connection) as cursor:
        chunks = cursor.execute(
            "SELECT position, table_name, columns, through, first_id, last_id, ids, hashes FROM audit_sealchunk"
            " WHERE seal_id = %s ORDER BY position",
            [seal.number],
            binary=True,
        )
        for position, table, columns, through, first, last, ids, hashes in chunks:
            if len(ids) != len(hashes) or position != len(leaves):
                return False
            root = merkle.root(hashes)
            header = texts.chunk_header(
                table=table, columns=columns, through=through, first=first, last=last, rows=len(ids), root=root
            )
            if position >= len(seal.chunk_roots) or bytes(seal.chunk_roots[position]) != root:
                return False
            leaves.append(merkle.leaf(header.encode()))
            rows += len(ids)
    return len(leaves) == len(seal.chunk_roots) and rows == seal.rows and merkle.root(leaves) == bytes(seal.root)


def _differing_list(path: Path, known_missing: set[int | None]) -> Iterator[Finding]:
    """Lines of a published list that no seal, or another one, stands behind. Raises OSError."""
    with open(path, "rb") as file:
        # A line is written after its seal: whatever stands there by now has its seal in the table.
        size = os.fstat(file.fileno()).st_size
        seals = Seal.objects.order_by("number").iterator(chunk_size=500)
        seal, before = next(seals, None), 0
        for count, text in enumerate(iter(lambda: file.readline() if file.tell() < size else b"", b""), start=1):
            number = _number(text)
            if number is None or number != before + 1:
                # A last line that is cut off is completed by the next publication.
                if text.endswith(b"\n"):
                    yield Finding(Kind.LIST, line=count)
                if number is None or number <= before:
                    before += number is None
                    continue
            before = number
            while seal and seal.number < number:
                seal = next(seals, None)
            if seal is None or seal.number != number:
                if number not in known_missing:
                    yield Finding(Kind.SEAL_MISSING, seal=number, line=count)
            elif seal.line.encode() != text.rstrip(b"\n"):
                yield Finding(Kind.PUBLISHED, seal=number, sealed_at=seal.sealed_at, line=count)


def _number(line: bytes) -> int | None:
    try:
        number = json.loads(line)["number"]
    except (ValueError, KeyError, TypeError):
        return None
    return number if isinstance(number, int) else None


# The rows


def _compare(table: SealedTable, report: Report, processes: int) -> None:
    """Add to the report what is wrong with the rows of one table."""
    chunks = SealChunk.objects.filter(table_name=table.name, seal__gte=report.first_seal, seal__lte=report.last_seal)
    found: list[Finding] = []
    clean: list[tuple[int, int]] = []
    away = _away(table)
    for columns in chunks.values_list("columns", flat=True).distinct().order_by():
        if gone := sorted(set(columns) - set(table.columns)):
            found.append(Finding(Kind.TABLE, table=table.name, model=table.label, detail=", ".join(gone)))
            continue
        alike, partly = _at_hand(
            chunks.filter(columns=columns).exclude(ids=[]).order_by("pk").values_list("pk", flat=True), away
        )
        if partly:
            report.rows += _rows(_AT_HAND, table, chunks=partly, away=away)[0][0]
            found += _changed_or_removed(table, columns, partly, away)
        batches = [alike[start : start + _CHUNKS_AT_ONCE] for start in range(0, len(alike), _CHUNKS_AT_ONCE)]
        for compared in _spread(partial(_compared, table, columns), batches, processes):
            report.rows += sum(rows for _chunk, rows, *_ in compared)
            clean += [(first, last) for _chunk, _rows, first, last, equal in compared if equal]
            if suspects := [chunk for chunk, *_, equal in compared if not equal]:
                found += _changed_or_removed(table, columns, suspects, away)
    low = watermark_of(table.name, up_to_seal=report.first_seal - 1)
    high = watermark_of(table.name, up_to_seal=report.last_seal)
    first, last = _beyond(table, clean, low, high)
    for start in range(first - 1, last, _IDS_AT_ONCE):
        found += _added(table, start, min(start + _IDS_AT_ONCE, last))
    report.unsealed += _unsealed(table, high)
    moments = dict(Seal.objects.filter(number__in={each.seal for each in found}).values_list("number", "sealed_at"))
    report.findings += [
        replace(each, sealed_at=moments.get(each.seal or 0))
        for each in sorted(found, key=lambda each: each.history_id or 0)
    ]


def _away(table: SealedTable) -> str:
    """The ids of the rows that are in the archive, an int8multirange."""
    return as_multirange(
        pair for month in archived_months(table.name) for pair in zip(month.first_ids, month.last_ids, strict=True)
    )


def _at_hand(chunks: Iterable[int], away: str) -> tuple[list[int], list[int]]:
    """Of the chunks those whose rows are all in the database, and those of which some are in the archive."""
    whole = list(chunks)
    if away == as_multirange([]):
        return whole, []
    touched = dict(connection.connection.execute(_TOUCHED, {"chunks": whole, "away": away}).fetchall())
    return [chunk for chunk in whole if chunk not in touched], [
        chunk for chunk, inside in touched.items() if not inside
    ]


def _compare_archived(table: SealedTable, month: ArchivedMonth, folder: Path | None, report: Report) -> None:
    if folder is None:
        report.archived += month.rows
        return
    with transaction.atomic():
        try:
            with comparing.loaded(connection.connection, table, month, folder) as rows:
                bounds = report.first_seal, report.last_seal
                report.findings += comparing.findings(connection.connection, table, rows, month.ids, bounds)
                report.rows += month.rows
        except files.ArchiveError as error:
            report.findings.append(Finding(Kind.ARCHIVE, table.name, table.label, reason=str(error)))


def _spread(work: Callable[[list[int]], Any], batches: list[list[int]], processes: int) -> Iterator[Any]:
    """Do the work on each batch, on so many connections."""
    if processes == 1 or len(batches) == 1:
        yield from map(work, batches)
        return

    def share(mine: list[list[int]]) -> list[Any]:
        try:
            return [work(batch) for batch in mine]
        finally:
            connection.close()

    with ThreadPoolExecutor(processes) as pool:
        running = [pool.submit(copy_context().run, share, batches[start::processes]) for start in range(processes)]
        for each in running:
            yield from each.result()


_COMPARED: Final = """
    SELECT c.id, cardinality(c.ids), c.first_id, c.last_id,
        found.ids IS NOT DISTINCT FROM c.ids AND found.hashes IS NOT DISTINCT FROM c.hashes
    FROM audit_sealchunk AS c CROSS JOIN LATERAL (
        SELECT array_agg(id) AS ids, array_agg(hash) AS hashes FROM (
            SELECT h.{key} AS id, {hash} AS hash FROM {table} AS h
            WHERE h.{key} BETWEEN c.first_id AND c.last_id ORDER BY h.{key}
        ) AS in_order
    ) AS found
    WHERE c.id = ANY(%(chunks)s)
"""
# Chunks of different seals may overlap, when rows were committed late: these are compared row by row too.
_ROW_BY_ROW: Final = """
    SELECT sealed.seal_id, sealed.id, h.{key} IS NULL, h.{object}::text
    FROM (
        SELECT seal_id, unnest(ids) AS id, unnest(hashes) AS hash FROM audit_sealchunk WHERE id = ANY(%(chunks)s)
    ) AS sealed
    LEFT JOIN {table} AS h ON h.{key} = sealed.id AND h.{key} BETWEEN %(first)s AND %(last)s
    WHERE (h.{key} IS NULL OR {hash} IS DISTINCT FROM sealed.hash) AND NOT sealed.id <@ %(away)s::int8multirange
"""
_TOUCHED: Final = """
    SELECT id, int8range(first_id, last_id, '[]') <@ %(away)s::int8multirange FROM audit_sealchunk
    WHERE id = ANY(%(chunks)s) AND int8range(first_id, last_id, '[]') && %(away)s::int8multirange
"""
_AT_HAND: Final = """
    SELECT count(*) FROM audit_sealchunk, unnest(ids) AS row (id)
    WHERE audit_sealchunk.id = ANY(%(chunks)s) AND NOT row.id <@ %(away)s::int8multirange
"""
_BEYOND: Final = """
    SELECT coalesce(min(h.{key}), 1), coalesce(max(h.{key}), 0)
    FROM unnest(%(after)s::bigint[], %(before)s::bigint[]) AS open (after, before)
    JOIN {table} AS h ON h.{key} > open.after AND h.{key} < open.before
"""
_ADDED: Final = """
    SELECT h.{key}, h.{object}::text,
        (SELECT min(seal_id) FROM audit_sealchunk WHERE table_name = {name} AND through >= h.{key})
    FROM {table} AS h
    WHERE h.{key} > %(after)s AND h.{key} <= %(up_to)s AND NOT EXISTS (
        SELECT FROM (
            SELECT unnest(ids) AS id FROM audit_sealchunk
            WHERE table_name = {name} AND last_id > %(after)s AND first_id <= %(up_to)s
        ) AS sealed WHERE sealed.id = h.{key}
    )
"""
_UNSEALED: Final = """
    SELECT count(*) FROM {table} AS h
    WHERE h.{key} > %(after)s AND NOT EXISTS (
        SELECT FROM (
            SELECT unnest(ids) AS id FROM audit_sealchunk WHERE table_name = {name} AND last_id > %(after)s
        ) AS sealed WHERE sealed.id = h.{key}
    )
"""


def _compared(table: SealedTable, columns: list[str], chunks: list[int]) -> list[tuple[int, int, int, int, bool]]:
    """Of each chunk: its key, how many rows it seals, its bounds, and whether the rows between these are its own."""
    found: list[tuple[int, int, int, int, bool]] = _rows(_COMPARED, table, columns, loops=True, chunks=chunks)
    return found


def _changed_or_removed(table: SealedTable, columns: list[str], chunks: list[int], away: str) -> Iterator[Finding]:
    bounds = SealChunk.objects.filter(pk__in=chunks).aggregate(first=models.Min("first_id"), last=models.Max("last_id"))
    for seal, history_id, removed, key in _rows(_ROW_BY_ROW, table, columns, chunks=chunks, away=away, **bounds):
        kind = Kind.REMOVED if removed else Kind.CHANGED
        yield Finding(kind, table.name, table.label, history_id, key, seal)


def _beyond(table: SealedTable, clean: list[tuple[int, int]], low: int, high: int) -> tuple[int, int]:
    """First and last id in (low, high] that lies in none of the clean ranges; an empty range when there is no such row.

    Where all is well there is none, and the ids need not be compared one by one.
    """
    after, before = [low], []
    for first, last in sorted(clean):
        if first > after[-1] + 1:
            before.append(min(first, high + 1))
            after.append(last)
        else:
            after[-1] = max(after[-1], last)
    before.append(high + 1)
    ((first_open, last_open),) = _rows(_BEYOND, table, loops=True, after=after, before=before)
    return first_open, last_open


def _added(table: SealedTable, after: int, up_to: int) -> Iterator[Finding]:
    """Rows that no seal knows, though their ids lie where everything was decided."""
    for history_id, key, seal in _rows(_ADDED, table, after=after, up_to=up_to):
        yield Finding(Kind.ADDED, table.name, table.label, history_id, key, seal)


def _unsealed(table: SealedTable, after: int) -> int:
    return int(_rows(_UNSEALED, table, after=after)[0][0])


def _rows(
    query: str, table: SealedTable, columns: list[str] | None = None, *, loops: bool = False, **values: Any
) -> Any:
    statement = sql.SQL(query).format(
        name=sql.Literal(table.name),
        table=sql.Identifier(table.name),
        key=sql.Identifier(table.key),
        object=sql.Identifier(table.object_column),
        hash=texts.row_hash(table.name, columns or [], "h"),
    )
    with transaction.atomic():
        texts.fixed_form(connection.connection)
        if not loops:
            texts.plain_plans(connection.connection)
        return connection.connection.execute(statement, values).fetchall()
