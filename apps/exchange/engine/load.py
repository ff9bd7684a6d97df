"""Inserting what is new: persons, subjects with their codes, records, and which row became which record."""

from __future__ import annotations

import datetime
from typing import Any

import polars as pl
from django.db import connection

from apps.catalogue.models import InformationItem
from apps.core.terms import SubjectKind
from apps.departments.models import Department, User
from apps.records import bulk
from apps.records.content import COLUMNS, DATES
from apps.records.models import Record
from apps.records.rules import SUBMITTED
from apps.subjects.models import Identifier, PersonalData, PersonKey, Region, Subject

from ..models import Batch, BatchEntry, BatchKey, BatchSubject
from ..progress import Progress
from . import stage
from .match import NEW

SLICE = 20_000
_NEW = f"(SELECT * FROM {stage.MATCHES} m WHERE {NEW})"


def _table(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def insert_keys(batch: Batch | None) -> None:
    """Store the keys of persons who occur in rows that are loaded and had none."""
    inserted = stage.query(
        f"""
        INSERT INTO {_table(PersonKey)} (id, fingerprint, wrapped)
        SELECT p.key, p.fingerprint, p.wrapped FROM {stage.KEYS} p
        WHERE p.key IN (
            SELECT r.person FROM {stage.ROWS} r JOIN {_NEW} m USING (row) WHERE r.person IS NOT NULL
            UNION
            SELECT (secret.value ->> 'key')::bigint FROM {stage.ROWS} r JOIN {_NEW} m USING (row),
                   jsonb_each(r.confidential) secret
        )
        RETURNING id
        """
    )
    if batch is not None and inserted:
        stage.execute(
            f"INSERT INTO {_table(BatchKey)} (key_id, batch_id) SELECT unnest(%s::bigint[]), %s",
            [[key for (key,) in inserted], batch.pk],
        )


def insert_subjects(batch: Batch | None) -> int:
    """Create the subjects that new rows name and nobody knows yet; returns how many."""
    stage.execute(
        f"""
        CREATE TEMPORARY TABLE {stage.NEW_SUBJECTS} ON COMMIT DROP AS
        SELECT {stage.fresh_key(Subject)} AS id, first.* FROM (
            SELECT DISTINCT ON (m.subject_key) m.subject_key, m.row, m.kind, m.uscc, m.person, r.name, r.match_name
            FROM {_NEW} m JOIN {stage.ROWS} r USING (row)
            WHERE m.subject_id IS NULL ORDER BY m.subject_key, m.row
        ) first
        """
    )
    created = stage.execute(
        f"""
        INSERT INTO {_table(Subject)}
            (id, kind, name, match_name, uscc, override_reason, status, organisation_type, capital_text,
             legal_representative, address, created_at, region_id)
        SELECT n.id, n.kind, coalesce(p.name_masked, n.name), CASE WHEN p.key IS NULL THEN n.match_name ELSE '' END,
               n.uscc, '', %s, '', '', '', '', now(), g.code
        FROM {stage.NEW_SUBJECTS} n
        LEFT JOIN {stage.PEOPLE} p ON p.key = n.person
        LEFT JOIN {_table(Region)} g ON g.code = CASE
            WHEN substr(n.uscc, 5, 4) = '0000' THEN substr(n.uscc, 3, 2)
            WHEN substr(n.uscc, 7, 2) = '00' THEN substr(n.uscc, 3, 4)
            ELSE substr(n.uscc, 3, 6) END
        ORDER BY n.id
        """,
        [Subject.Status.ACTIVE],
    )
    if not created:
        return 0
    stage.execute(
        f"""
        INSERT INTO {_table(Identifier)} (subject_id, scheme, value, source)
        SELECT n.id, code.scheme, code.value, '' FROM {stage.NEW_SUBJECTS} n
        JOIN (SELECT row, scheme, value FROM {stage.CODES}
              UNION
              SELECT row, 'organisation_code', substr(uscc, 9, 9) FROM {stage.NEW_SUBJECTS} WHERE uscc IS NOT NULL) code
            ON code.row = n.row
        ON CONFLICT (scheme, value) DO NOTHING
        """
    )
    stage.execute(
        f"""
        INSERT INTO {_table(PersonalData)} (subject_id, key_id, document_kind, name_encrypted, number_encrypted)
        SELECT n.id, p.key, p.document_kind, p.name_encrypted, p.number_encrypted
        FROM {stage.NEW_SUBJECTS} n JOIN {stage.PEOPLE} p ON p.key = n.person WHERE n.kind = %s
        """,
        [SubjectKind.NATURAL_PERSON],
    )
    stage.execute(
        f"UPDATE {stage.MATCHES} m SET subject_id = n.id FROM {stage.NEW_SUBJECTS} n"
        f" WHERE {NEW} AND m.subject_id IS NULL AND m.subject_key = n.subject_key"
    )
    if batch is not None:
        stage.execute(
            f"INSERT INTO {_table(BatchSubject)} (subject_id, batch_id) SELECT id, %s FROM {stage.NEW_SUBJECTS}",
            [batch.pk],
        )
    return created


def count_new_subjects() -> int:
    """How many subjects a load would create."""
    return int(
        stage.query(f"SELECT count(DISTINCT subject_key) FROM {stage.MATCHES} m WHERE {NEW} AND subject_id IS NULL")[0][
            0
        ]
    )


def insert_records(
    batch: Batch | None,
    *,
    item: InformationItem,
    department: Department,
    author: User,
    today: datetime.date,
    progress: Progress,
) -> int:
    """Insert a submitted record for each new row, in slices that let the progress be told; returns how many."""
    _clocks(item, today)
    fixed: dict[str, Any] = {**bulk.constants(item=item, department=department, author=author), "state": SUBMITTED}
    fixed["submitted_at"] = fixed["created_at"]
    columns = {
        "id": "n.id",
        "subject_id": "m.subject_id",
        **{column: f"r.{column}" if column in DATES else f"coalesce(r.{column}, '')" for column in COLUMNS},
        "data": "r.data",
        "confidential": "r.confidential",
        "deadline": "c.deadline",
        "deadline_provisional": "c.provisional",
        "deadline_rule_id": "c.rule",
        "archive_on": "c.archive_on",
    }
    stage.execute(
        f"""
        CREATE TEMPORARY TABLE {stage.NEW_RECORDS} ON COMMIT DROP AS
        SELECT row, {stage.fresh_key(Record)} AS id
        FROM (SELECT row FROM {stage.MATCHES} m WHERE {NEW} ORDER BY row) ordered
        """
    )
    # Each slice finds its rows by their numbers, not by looking through all of them.
    stage.execute(f"CREATE INDEX ON {stage.NEW_RECORDS} (row)")
    stage.execute(f"ANALYZE {stage.NEW_RECORDS}")
    names = [*columns, *fixed]
    first, last = stage.query(f"SELECT min(row), max(row) FROM {stage.NEW_RECORDS}")[0]
    inserted = 0
    for start in range(first, last + 1, SLICE) if first is not None else ():
        bounds = [start, start + SLICE - 1]
        inserted += stage.execute(
            f"""
            INSERT INTO {_table(Record)} ({", ".join(names)})
            SELECT {", ".join([*columns.values(), *("%s" for _ in fixed)])}
            FROM {stage.NEW_RECORDS} n JOIN {stage.MATCHES} m USING (row) JOIN {stage.ROWS} r USING (row)
            JOIN {stage.CLOCKS} c ON c.decided_on = r.decided_on AND c.named_end IS NOT DISTINCT FROM r.named_end
            WHERE n.row BETWEEN %s AND %s AND m.row BETWEEN %s AND %s AND r.row BETWEEN %s AND %s ORDER BY n.id
            """,
            [*fixed.values(), *bounds, *bounds, *bounds],
        )
        progress.done(inserted)
    if batch is not None:
        stage.execute(
            f"INSERT INTO {_table(BatchEntry)} (record_id, batch_id, row)"
            f" SELECT id, %s, row FROM {stage.NEW_RECORDS} ORDER BY row",
            [batch.pk],
        )
    return inserted


def _clocks(item: InformationItem, today: datetime.date) -> None:
    pairs = stage.query(f"SELECT DISTINCT r.decided_on, r.named_end FROM {stage.ROWS} r JOIN {_NEW} m USING (row)")
    table = bulk.clock_table(item, pairs, today)
    rows = []
    for decided_on, named_end in pairs:
        due = table.due[decided_on]
        rows.append(
            (decided_on, named_end, due.date, due.provisional, due.rule, table.archive_on[decided_on, named_end])
        )
    stage.copy(
        stage.CLOCKS,
        pl.DataFrame(
            rows,
            schema={
                "decided_on": pl.Date,
                "named_end": pl.Date,
                "deadline": pl.Date,
                "provisional": pl.Boolean,
                "rule": pl.Int64,
                "archive_on": pl.Date,
            },
            orient="row",
        ),
    )
    stage.execute(f"ANALYZE {stage.CLOCKS}")
