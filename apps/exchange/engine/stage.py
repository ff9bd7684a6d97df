"""Temporary tables of a run, filled by COPY.

They live in the run's transaction alone: a dry run, an error or a killed worker leaves nothing. COPY goes here and
never into the real tables, which row security closes to it.
"""

from __future__ import annotations

import io
from typing import Any, Final

import polars as pl
from django.db import connection

ROWS: Final = "exchange_rows"
CODES: Final = "exchange_codes"
KEYS: Final = "exchange_keys"
PEOPLE: Final = "exchange_people"
CLOCKS: Final = "exchange_clocks"
ERRORS: Final = "exchange_errors"
MATCHES: Final = "exchange_matches"
ON_RECORD: Final = "exchange_on_record"
NEW_SUBJECTS: Final = "exchange_new_subjects"
NEW_RECORDS: Final = "exchange_new_records"

_TABLES: Final[dict[str, dict[str, str]]] = {
    ROWS: {
        "row": "integer",
        "is_right": "boolean",
        "kind": "text",
        "name": "text",
        "match_name": "text",
        "uscc": "text",
        "person": "bigint",
        "document_name": "text",
        "document_number": "text",
        "decided_on": "date",
        "valid_from": "date",
        "valid_to": "date",
        "disclosed_to": "date",
        "named_end": "date",
        "authority_name": "text",
        "authority_code": "text",
        "source_name": "text",
        "source_code": "text",
        "data": "jsonb",
        "confidential": "jsonb",
        # Digests: of what the record says, and of its confidential part alone.
        "content": "text",
        "secret": "text",
    },
    # Old codes of the rows, one line each.
    CODES: {"row": "integer", "scheme": "text", "value": "text"},
    # Keys of persons who had none before.
    KEYS: {"key": "bigint", "fingerprint": "bytea", "wrapped": "bytea"},
    # Persons whom the rows are about.
    PEOPLE: {
        "key": "bigint",
        "document_kind": "text",
        "name_masked": "text",
        "name_encrypted": "bytea",
        "number_encrypted": "bytea",
    },
    CLOCKS: {
        "decided_on": "date",
        "named_end": "date",
        "deadline": "date",
        "provisional": "boolean",
        "rule": "bigint",
        "archive_on": "date",
    },
    ERRORS: {
        "place": "integer",
        "row": "integer",
        "position": "integer",
        '"column"': "text",
        "field": "text",
        "value": "text",
        "code": "text",
        "params": "jsonb",
    },
}


def create() -> None:
    """Make the tables anew, empty."""
    with connection.cursor() as cursor:
        names = (*_TABLES, MATCHES, ON_RECORD, NEW_SUBJECTS, NEW_RECORDS)
        cursor.execute("SET LOCAL client_min_messages = warning")
        # How many rows and of how many subjects: a small sample tells that as well as a large one.
        cursor.execute("SET LOCAL default_statistics_target = 10")
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join('pg_temp.' + name for name in names)}")
        for name, columns in _TABLES.items():
            cursor.execute(f"CREATE TEMPORARY TABLE {name} ({_definition(columns)}) ON COMMIT DROP")


def _definition(columns: dict[str, str]) -> str:
    return ", ".join(f"{column} {kind}" for column, kind in columns.items())


def copy(table: str, frame: pl.DataFrame) -> None:
    """COPY a frame into one of the tables; its columns are the table's, nulls and empty texts stay what they are."""
    if not len(frame):
        return
    columns = [column for column in _TABLES[table] if column.strip('"') in frame.columns]
    text = io.BytesIO()
    frame.select(column.strip('"') for column in columns).write_csv(text, include_header=False)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)") as copying,
    ):
        copying.write(text.getbuffer())


def analyse() -> None:
    """Make rows be found by their number, and tell the planner what the tables hold."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX ON {ROWS} (row)")
        for name in _TABLES:
            cursor.execute(f"ANALYZE {name}")


def query(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def execute(sql: str, params: list[Any] | None = None) -> int:
    """Run a statement; returns the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def fresh_key(model: Any) -> str:
    """SQL that draws the next primary key of a model."""
    # The sequence is looked up here: in the statement it would be looked up for every row.
    table, column = model._meta.db_table, model._meta.pk.column
    ((sequence,),) = query("SELECT quote_literal(pg_get_serial_sequence(%s, %s))", [table, column])
    return f"nextval({sequence}::regclass)"


def draw_keys(model: Any, count: int) -> list[int]:
    """``count`` fresh primary keys of a model."""
    if not count:
        return []
    return [key for (key,) in query(f"SELECT {fresh_key(model)} FROM generate_series(1, %s)", [count])]


def store_errors(batch_id: int, errors: pl.DataFrame) -> None:
    """Store the errors of a run with its batch."""
    if not len(errors):
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{ERRORS}")
        cursor.execute(f"CREATE TEMPORARY TABLE {ERRORS} ({_definition(_TABLES[ERRORS])}) ON COMMIT DROP")
    copy(ERRORS, errors.with_row_index("place"))
    execute(
        f"""
        INSERT INTO exchange_batcherror (batch_id, row, position, "column", field, value, code, params)
        SELECT %s, row, position, coalesce("column", ''), field, coalesce(value, ''), code, params
        FROM {ERRORS} ORDER BY place
        """,
        [batch_id],
    )
