"""Whether a staged row and a record on file say the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from apps.records import bulk, sealing
from apps.records.models import Record

from . import stage
from .people import digest

_DATES: Final = ("decided_on", "valid_from", "valid_to", "disclosed_to")
CONDITION: Final = " AND ".join(
    [
        *(
            f"x.{column} IS NOT DISTINCT FROM r.{column}"
            if column in _DATES
            else f"x.{column} = coalesce(r.{column}, '')"
            for column in bulk.ROLE_COLUMNS.values()
        ),
        "x.data = r.data",
    ]
)
"""Record ``x`` and staged row ``r`` agree in everything that is not confidential."""
_PIECE: Final = 2_000


def settle_confidential() -> None:
    """Turn duplicates whose confidential part differs from that of the record on file into conflicts.

    Cipher texts of one value differ each time, so the record's are opened and their digests compared.
    """
    pairs = stage.query(
        f"""
        SELECT m.row, m.record_id, coalesce(r.secret, '') FROM {stage.MATCHES} m JOIN {stage.ROWS} r USING (row)
        JOIN records_record x ON x.id = m.record_id
        WHERE m.outcome = 'duplicate' AND m.record_id > 0 AND (x.confidential <> '{{}}' OR r.secret IS NOT NULL)
        """
    )
    differing = list(_differing(pairs))
    if differing:
        stage.execute(
            f"UPDATE {stage.MATCHES} m SET outcome = CASE WHEN x.state = 'withdrawn' THEN NULL ELSE 'conflict' END"
            " FROM records_record x WHERE x.id = m.record_id AND m.row = ANY(%s)",
            [differing],
        )


def _differing(pairs: list[tuple[int, int, str]]) -> Iterator[int]:
    """Rows whose confidential part is not that of their record."""
    for start in range(0, len(pairs), _PIECE):
        piece = pairs[start : start + _PIECE]
        records = Record.objects.only("pk", "confidential").in_bulk([record for _row, record, _secret in piece])
        opened = dict(zip(records, sealing.open_many(records.values()), strict=True))
        for row, record, secret in piece:
            if {digest(code, text) for code, text in opened[record].items()} != set(secret.split()):
                yield row
