"""Rows to subjects, and rows to the records that are there already: by SQL joins over the staged rows.

An organisation is known by its unified code; without one, by an old code. A natural person is known by the keyed
fingerprint of the document. A name alone never decides. Rows that cannot be joined for certain become errors, each
with what the platform knows, so that the clerk can decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from apps.core.terms import SubjectKind

from . import stage
from .findings import Findings

NEW: Final = "m.outcome IS NULL AND m.is_right"
"""What is left of the matches ``m`` when errors, conflicts and duplicates are out."""

# The rules are those of apps.subjects.rules.decide, over sets: by the unified code; else by the old codes given and the
# organisation code inside the unified one, to one subject that has no unified code yet; a person by the key.
_KNOWN: Final = f"""
CREATE TEMPORARY TABLE {stage.MATCHES} ON COMMIT DROP AS
WITH given AS (
    SELECT c.row, min(coalesce(o.merged_into_id, o.id)) AS lowest, max(coalesce(o.merged_into_id, o.id)) AS highest
    FROM {stage.CODES} c
    JOIN subjects_identifier i ON i.scheme = c.scheme AND i.value = c.value
    JOIN subjects_subject o ON o.id = i.subject_id
    GROUP BY c.row
),
unified AS (
    SELECT r.row, coalesce(u.merged_into_id, u.id, iu.merged_into_id, iu.id) AS id
    FROM {stage.ROWS} r
    LEFT JOIN subjects_subject u ON u.uscc = r.uscc
    LEFT JOIN subjects_identifier i ON i.scheme = 'uscc' AND i.value = r.uscc AND u.id IS NULL
    LEFT JOIN subjects_subject iu ON iu.id = i.subject_id
    WHERE r.uscc IS NOT NULL
),
implied AS (
    SELECT r.row, coalesce(o.merged_into_id, o.id) AS id
    FROM {stage.ROWS} r
    JOIN unified n ON n.row = r.row AND n.id IS NULL
    JOIN subjects_identifier i ON i.scheme = 'organisation_code' AND i.value = substr(r.uscc, 9, 9)
    JOIN subjects_subject o ON o.id = i.subject_id
),
people AS (
    SELECT r.row, coalesce(s.merged_into_id, s.id) AS id
    FROM {stage.ROWS} r
    JOIN subjects_personaldata d ON d.key_id = r.person
    JOIN subjects_subject s ON s.id = d.subject_id
),
led AS (
    SELECT r.row, r.is_right, r.kind, r.uscc, r.person, r.match_name, r.document_number, r.content,
           n.id AS by_code, p.id AS by_person,
           CASE WHEN n.id IS NULL THEN least(g.lowest, l.id) ELSE g.lowest END AS lowest,
           CASE WHEN n.id IS NULL THEN greatest(g.highest, l.id) ELSE g.highest END AS highest
    FROM {stage.ROWS} r
    LEFT JOIN unified n ON n.row = r.row
    LEFT JOIN given g ON g.row = r.row
    LEFT JOIN implied l ON l.row = r.row
    LEFT JOIN people p ON p.row = r.row
),
judged AS (
    SELECT led.*, o.name AS old_name,
           CASE WHEN by_code IS NOT NULL THEN lowest <> by_code OR highest <> by_code
                ELSE lowest <> highest OR (led.uscc IS NOT NULL AND o.uscc IS NOT NULL) END AS codes_differ
    FROM led
    LEFT JOIN subjects_subject o
        ON o.id = CASE WHEN lowest IS NOT DISTINCT FROM by_code THEN highest ELSE lowest END
),
found AS (
    SELECT judged.*, coalesce(by_code, by_person, CASE WHEN NOT codes_differ THEN lowest END) AS subject_id FROM judged
)
SELECT f.row, f.is_right, f.kind, f.uscc, f.person, f.match_name, f.document_number, f.content, f.subject_id,
       f.old_name, coalesce(f.codes_differ, false) AS codes_differ,
       s.kind AS known_kind, s.name AS known_name, s.match_name AS known_match_name, s.uscc AS known_uscc,
       coalesce('s' || f.subject_id, 'u' || f.uscc, 'p' || f.person,
                'o' || (SELECT min(c.value) FROM {stage.CODES} c
                        WHERE c.row = f.row AND c.scheme = 'registration_number')) AS subject_key,
       NULL::bigint AS record_id, NULL::text AS outcome
FROM found f LEFT JOIN subjects_subject s ON s.id = f.subject_id
"""


def find_subjects() -> None:
    """Make the table of matches: each staged row with the subject it names, if that is on record."""
    stage.execute(_KNOWN)
    stage.execute(f"CREATE INDEX ON {stage.MATCHES} (row)")
    stage.execute(f"ANALYZE {stage.MATCHES}")


def hold_subjects() -> None:
    """Find the subjects, and keep them from being merged until the transaction ends.

    The set-based form of ``subjects.actions.hold``: a record that came while its subject is merged would stay behind.
    """
    find_subjects()
    while stage.query(
        # In the order of the keys, as merges lock them: nobody waits in a circle.
        f"""
        WITH held AS MATERIALIZED (
            SELECT id, merged_into_id FROM subjects_subject
            WHERE id IN (SELECT subject_id FROM {stage.MATCHES}) ORDER BY id FOR KEY SHARE
        )
        SELECT 1 FROM held HAVING count(*) FILTER (WHERE merged_into_id IS NULL)
                                  < (SELECT count(DISTINCT subject_id) FROM {stage.MATCHES})
        """
    ):
        # A merge was faster, or a subject has gone: the codes lead elsewhere now.
        stage.execute(f"DROP TABLE {stage.MATCHES}")
        find_subjects()


def judge_subjects(findings: Findings, fields: dict[str, str], kinds: Sequence[str]) -> None:
    """Errors of rows whose codes and name do not lead to one subject of one of the item's ``kinds``; ``fields``: role
    -> field code."""
    name_field, code_field = fields.get("subject_name", ""), fields.get("subject_uscc", "")
    wrong: list[int] = []
    for row, name, known, uscc in stage.query(
        f"""
        SELECT m.row, r.name, m.known_name, m.known_uscc
        FROM {stage.MATCHES} m JOIN {stage.ROWS} r USING (row)
        WHERE m.subject_id IS NOT NULL AND m.kind <> %s AND m.match_name <> '' AND m.known_match_name <> m.match_name
          AND NOT EXISTS (SELECT FROM subjects_subjectname n
                          WHERE n.subject_id = m.subject_id AND n.match_name = m.match_name)
        """,
        [SubjectKind.NATURAL_PERSON],
    ):
        findings.note(row, name_field, name, "name_differs", {"value": name, "known": known, "uscc": uscc or ""})
        wrong.append(row)
    # The same code under two names within the file: the first right row is believed, the others are asked about.
    for row, name, first_name, first_row, uscc in stage.query(
        f"""
        SELECT row, name, first_name, first_row, uscc FROM (
            SELECT m.row, r.name, m.uscc, m.match_name, m.subject_id,
                   first_value(r.name) OVER w AS first_name,
                   first_value(m.match_name) OVER w AS first_match_name,
                   first_value(m.row) OVER w AS first_row
            FROM {stage.MATCHES} m JOIN {stage.ROWS} r USING (row)
            WHERE m.subject_id IS NULL AND m.kind <> %s AND m.match_name <> '' AND m.subject_key IS NOT NULL
            WINDOW w AS (PARTITION BY m.subject_key ORDER BY m.is_right DESC, m.row)
        ) named WHERE match_name <> first_match_name
        """,
        [SubjectKind.NATURAL_PERSON],
    ):
        findings.note(
            row,
            name_field,
            name,
            "name_differs_in_file",
            {"value": name, "known": first_name, "row": first_row, "uscc": uscc or ""},
        )
        wrong.append(row)
    for row, uscc, known in stage.query(f"SELECT row, uscc, old_name FROM {stage.MATCHES} WHERE codes_differ"):
        findings.note(row, code_field, uscc, "codes_differ", {"value": uscc or "", "known": known or ""})
        wrong.append(row)
    for row, name in stage.query(
        f"""
        SELECT m.row, r.name FROM {stage.MATCHES} m JOIN {stage.ROWS} r USING (row)
        WHERE m.is_right AND m.subject_id IS NULL AND m.uscc IS NULL AND m.person IS NULL AND NOT m.codes_differ
          AND (m.kind <> %s OR m.subject_key IS NULL)
        """,
        [SubjectKind.INDIVIDUAL_BUSINESS],
    ):
        findings.note(row, code_field or name_field, None, "subject_undecided", {"value": name})
        wrong.append(row)
    for row, name in stage.query(
        f"""
        SELECT m.row, coalesce(m.known_name, r.name) FROM {stage.MATCHES} m JOIN {stage.ROWS} r USING (row)
        WHERE coalesce(m.known_kind, m.kind) <> ALL (%s)
        """,
        [list(kinds)],
    ):
        findings.note(row, name_field, name, "subject_kind", {"value": name})
        wrong.append(row)
    _mark_wrong(wrong)


def judge_duplicates(findings: Findings, *, item: int, department: int, number_field: str, compare: str) -> None:
    """Settle each right row: new, duplicate (of a row or a record with the same content), or in conflict.

    ``compare``: SQL condition that record ``x`` and staged row ``r`` say the same.
    """
    stage.execute(f"ANALYZE {stage.MATCHES}")
    stage.execute(
        f"""
        UPDATE {stage.MATCHES} m SET
               outcome = CASE WHEN f.content = f.first_content THEN 'duplicate' ELSE 'conflict' END,
               record_id = -f.first_row
        FROM (SELECT row, content, first_value(row) OVER w AS first_row, first_value(content) OVER w AS first_content
              FROM {stage.MATCHES} WHERE is_right
              WINDOW w AS (PARTITION BY subject_key, document_number ORDER BY row)) f
        WHERE f.row = m.row AND f.first_row <> m.row
        """
    )
    for row, number, first in stage.query(
        f"SELECT row, document_number, -record_id FROM {stage.MATCHES} WHERE outcome = 'conflict'"
    ):
        findings.note(row, number_field, number, "conflict_in_file", {"value": number, "row": first})
    alike = """x.department_id = %s AND x.item_id = %s AND x.subject_id = m.subject_id
                  AND x.document_number = m.document_number"""
    rows = f"SELECT m.row, x.id, x.state = 'withdrawn' AS is_withdrawn, {compare} AS is_same FROM {stage.MATCHES} m"
    found = stage.execute(
        # Row by row in the index that holds a number once (OFFSET 0 keeps it so): the planner takes a department for
        # smaller than it is and would read all its records. The few that were withdrawn are read together.
        f"""
        CREATE TEMPORARY TABLE {stage.ON_RECORD} ON COMMIT DROP AS
        {rows} JOIN {stage.ROWS} r USING (row) CROSS JOIN LATERAL (
            SELECT x.* FROM records_record x WHERE {alike} AND x.state <> 'withdrawn' OFFSET 0
        ) x WHERE m.is_right AND m.outcome IS NULL
        UNION ALL
        {rows} JOIN {stage.ROWS} r USING (row) JOIN records_record x ON {alike} AND x.state = 'withdrawn'
        WHERE m.is_right AND m.outcome IS NULL
        """,
        [department, item] * 2,
    )
    # A record on file with other content is in conflict; one that was withdrawn gives way to a new decision.
    for which in ("NOT x.is_withdrawn", "x.is_withdrawn AND x.is_same") if found else ():
        stage.execute(
            f"""
            UPDATE {stage.MATCHES} m SET record_id = x.id,
                   outcome = CASE WHEN x.is_same THEN 'duplicate' ELSE 'conflict' END
            FROM {stage.ON_RECORD} x WHERE x.row = m.row AND m.outcome IS NULL AND {which}
            """
        )


def settle(findings: Findings, *, number_field: str) -> None:
    """Note the conflicts with records on file; what remains is new. Rows that repeat a row in conflict are in
    conflict too."""
    stage.execute(
        f"""
        UPDATE {stage.MATCHES} m SET outcome = 'conflict', record_id = f.record_id
        FROM {stage.MATCHES} f
        WHERE m.outcome = 'duplicate' AND m.record_id < 0 AND f.row = -m.record_id AND f.outcome = 'conflict'
        """
    )
    for row, number, record, state in stage.query(
        f"""
        SELECT m.row, m.document_number, m.record_id, e.state FROM {stage.MATCHES} m
        JOIN records_record e ON e.id = m.record_id WHERE m.outcome = 'conflict' AND m.record_id > 0
        """
    ):
        findings.note(row, number_field, number, "conflict", {"value": number, "record": record, "state": state})


def _mark_wrong(rows: list[int]) -> None:
    if rows:
        stage.execute(f"UPDATE {stage.MATCHES} SET is_right = false WHERE row = ANY(%s)", [rows])


def counts() -> tuple[int, int]:
    """Rows that are new, and rows that are on record (or in the file) already."""
    found: list[tuple[Any, ...]] = stage.query(
        f"SELECT count(*) FILTER (WHERE {NEW}), count(*) FILTER (WHERE outcome = 'duplicate') FROM {stage.MATCHES} m"
    )
    return int(found[0][0]), int(found[0][1])
