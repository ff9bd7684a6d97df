"""The history of one row, with what proves that it was sealed: for anybody to check with ``tools/check_proof.py``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import psycopg
from django.db import connection, models, transaction
from django.utils import timezone
from psycopg import sql

from apps.audit.archive import comparing
from apps.audit.archive.models import archived_months

from . import merkle, texts
from .models import Seal, SealChunk
from .tables import SealedTable, sealed_table_of

FORMAT: Final = "credit-city-history-proof/1"

_TEXTS: Final = "SELECT h.{key}, {text} FROM {table} AS h WHERE h.{key} = ANY(%(ids)s)"
_ABOUT: Final = "SELECT h.{key} FROM {table} AS h WHERE h.{object}::text = %(object)s ORDER BY h.{key}"
# Of the chunks that could hold a row by their bounds, the one that does.
_PLACES: Final = """
    SELECT wanted.id, c.id, array_position(c.ids, wanted.id) - 1
    FROM unnest(%(ids)s::bigint[]) AS wanted (id)
    JOIN audit_sealchunk AS c
        ON c.table_name = {name} AND c.last_id >= wanted.id AND c.first_id <= wanted.id AND wanted.id = ANY(c.ids)
"""


@transaction.atomic
def prove(
    model: type[models.Model],
    key: Any,
    history_ids: Iterable[int] | None = None,
    *,
    archive: Path | None = None,
) -> dict[str, Any]:
    """The proof of a row's history; ``key`` is the row's primary key, ``history_ids`` narrows it to some entries.

    Rows not sealed yet are in it without a seal; such as are in the archive only where ``archive``, the folder of its
    files, is given. Raises LookupError where no history is kept or the row has none, ArchiveError, OSError.
    """
    table = sealed_table_of(model)
    history = table.model._default_manager.filter(**{model._meta.pk.attname: key})
    if history_ids is not None:
        history = history.filter(pk__in=list(history_ids))
    raw = connection.connection
    texts.fixed_form(raw)
    chunks: dict[int, _Chunk] = {}
    found = _Rows(table, chunks)
    found.take(sorted(history.values_list("pk", flat=True)), sql.Identifier(table.name))
    if archive is not None:
        for month in archived_months(table.name):
            with comparing.loaded(raw, table, month, archive) as relation:
                about = raw.execute(_filled(_ABOUT, table, relation), {"object": str(key)})
                wanted = [row for (row,) in about if history_ids is None or row in set(history_ids)]
                found.take(wanted, relation)
    row_texts, places = found.texts, found.places
    ids = sorted(row_texts)
    if not ids:
        raise LookupError(key)
    order = {chunk: index for index, chunk in enumerate(sorted(chunks))}
    rows: list[dict[str, Any]] = []
    for row in ids:
        entry: dict[str, Any] = {"history_id": row, "text": row_texts[row]}
        if row in places:
            chunk, position = places[row]
            path = merkle.path(chunks[chunk].hashes, position)
            entry |= {"chunk": order[chunk], "position": position, "path": [each.hex() for each in path]}
        rows.append(entry)
    lines = {each.seal.number: each.seal.line for each in chunks.values()}
    return {
        "format": FORMAT,
        "model": table.label,
        "object": str(key),
        "table": table.name,
        "object_column": table.object_column,
        "made_at": timezone.now().isoformat(),
        "rows": rows,
        "chunks": [chunks[each].as_json() for each in order],
        "seals": [lines[number] for number in sorted(lines)],
    }


def as_text(proof: dict[str, Any]) -> str:
    """The proof as the content of a file."""
    return json.dumps(proof, ensure_ascii=False, indent=1) + "\n"


class _Rows:
    """Text and place of each row of a proof, and the chunks that they lie in."""

    def __init__(self, table: SealedTable, chunks: dict[int, _Chunk]) -> None:
        self._table = table
        self._chunks = chunks
        self.texts: dict[int, str] = {}
        self.places: dict[int, tuple[int, int]] = {}

    def take(self, ids: list[int], relation: sql.Composable) -> None:
        """Add rows that lie in ``relation``."""
        raw = connection.connection
        for row, chunk, position in raw.execute(_filled(_PLACES, self._table), {"ids": ids}).fetchall():
            self.places[row] = chunk, position
            if chunk not in self._chunks:
                self._chunks[chunk] = _Chunk(chunk)
        layouts: dict[tuple[str, ...], list[int]] = {}
        for row in ids:
            # Unsealed rows get the text they would be sealed with today.
            place = self.places.get(row)
            layouts.setdefault(tuple(self._chunks[place[0]].columns if place else self._table.columns), []).append(row)
        for layout, wanted in layouts.items():
            query = _filled(_TEXTS, self._table, relation, layout)
            self.texts |= dict(raw.execute(query, {"ids": wanted}).fetchall())


class _Chunk:
    """A chunk with its place in the tree of its seal."""

    def __init__(self, pk: int) -> None:
        chunk = SealChunk.objects.select_related("seal").defer("hashes").get(pk=pk)
        self.seal: Seal = chunk.seal
        self.columns: list[str] = chunk.columns
        self.position = chunk.position
        with psycopg.Cursor(connection.connection) as cursor:
            query = "SELECT hashes FROM audit_sealchunk WHERE id = %s"
            found = cursor.execute(query, [pk], binary=True).fetchone()
        assert found is not None
        self.hashes: list[bytes] = found[0]
        self.header = chunk.header(merkle.root(self.hashes))

    def as_json(self) -> dict[str, Any]:
        leaves = [
            merkle.leaf(each.header(bytes(root)).encode())
            for each, root in zip(
                SealChunk.objects.filter(seal=self.seal).defer("hashes").order_by("position"),
                self.seal.chunk_roots,
                strict=True,
            )
        ]
        path = merkle.path(leaves, self.position)
        return {
            "text": self.header,
            "seal": self.seal.number,
            "position": self.position,
            "path": [each.hex() for each in path],
        }


def _filled(
    query: str, table: SealedTable, relation: sql.Composable | None = None, columns: Iterable[str] = ()
) -> sql.Composed:
    return sql.SQL(query).format(
        name=sql.Literal(table.name),
        table=relation or sql.Identifier(table.name),
        key=sql.Identifier(table.key),
        object=sql.Identifier(table.object_column),
        text=texts.row_text(table.name, columns, "h"),
    )
