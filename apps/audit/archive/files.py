"""The files of archived months: ``TABLE_YYYY_MM.copy.gz`` holds the rows as PostgreSQL's COPY writes them (text, values
in the form in which they are sealed), ``TABLE_YYYY_MM.json`` tells what they are."""

from __future__ import annotations

import datetime
import gzip
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Final

from django.utils.translation import gettext as _
from psycopg import Connection, sql

from apps.audit.seals import texts

FORMAT: Final = "credit-city-archive/1"
_BLOCK: Final = 1 << 20


class ArchiveError(Exception):
    """A month cannot be archived or brought back; the text names it, the reason and the mend."""


@dataclass(frozen=True)
class Contents:
    """What the file of a month holds. ``columns``: of each line, in this order; ``sha256``: of the compressed file."""

    table: str
    month: str
    columns: list[str]
    rows: int
    sha256: str


def place(folder: Path, table: str, month: datetime.date) -> Path:
    """The file of a month of a table."""
    return folder / f"{table}_{month:%Y_%m}.copy.gz"


def write(
    database: Connection, relation: sql.Composable, columns: Iterable[str], folder: Path, *, table: str,
    month: datetime.date, key: str,
) -> Contents:  # fmt: skip
    """Write the rows of a relation, in the caller's transaction. Raises ArchiveError where the file exists, OSError."""
    path, named = place(folder, table, month), list(columns)
    if path.exists():
        raise ArchiveError(_("%(file)s exists already: name another folder, or remove it.") % {"file": path})
    texts.fixed_form(database)
    query = sql.SQL("COPY (SELECT {} FROM {} ORDER BY {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, named)), relation, sql.Identifier(key)
    )
    part = path.with_name(f"{path.name}.part")
    rows = 0
    try:
        with open(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as out:
            with gzip.GzipFile("", "wb", 6, out, mtime=0) as packed, database.cursor().copy(query) as copy:
                for block in copy:
                    packed.write(block)
                    # A line break within a value is written as \n, two characters.
                    rows += bytes(block).count(b"\n")
            out.flush()
            os.fsync(out.fileno())
        contents = Contents(table, f"{month:%Y-%m}", named, rows, digest_of(part))
        told = json.dumps({"format": FORMAT, **asdict(contents)}, ensure_ascii=False, indent=1)
        _described(path).write_text(told + "\n", encoding="utf-8")
        part.rename(path)
    except BaseException:
        part.unlink(missing_ok=True)
        _described(path).unlink(missing_ok=True)
        raise
    return contents


def remove(folder: Path, table: str, month: datetime.date) -> None:
    """Take back what ``write`` wrote."""
    path = place(folder, table, month)
    path.unlink(missing_ok=True)
    _described(path).unlink(missing_ok=True)


def read(
    database: Connection, relation: sql.Composable, folder: Path, *, table: str, month: datetime.date, sha256: str
) -> None:
    """Load the rows of a month into a relation that has its columns. Raises ArchiveError where the file is not there or
    not the one with this digest, OSError."""
    path = place(folder, table, month)
    if not path.is_file():
        raise ArchiveError(_("%(file)s is missing") % {"file": path})
    if digest_of(path) != sha256:
        raise ArchiveError(_("%(file)s was changed: its SHA-256 is another") % {"file": path})
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(
        relation, sql.SQL(", ").join(map(sql.Identifier, _columns(path, table, month)))
    )
    with gzip.open(path) as packed, database.cursor().copy(query) as copy:
        while block := packed.read(_BLOCK):
            copy.write(block)


def digest_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits. Raises OSError."""
    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _columns(path: Path, table: str, month: datetime.date) -> list[str]:
    described = _described(path)
    try:
        told: dict[str, Any] = json.loads(described.read_text(encoding="utf-8"))
        if (told["format"], told["table"], told["month"]) != (FORMAT, table, f"{month:%Y-%m}"):
            raise KeyError
        return [str(column) for column in told["columns"]]
    except (ValueError, KeyError, TypeError, OSError):
        text = _("%(file)s is missing, or does not describe this month")
        raise ArchiveError(text % {"file": described}) from None


def _described(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".copy.gz") + ".json")
