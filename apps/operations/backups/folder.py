"""The folder of a backup.

``manifest.json`` tells what is in it, ``database/`` is what pg_dump wrote (its directory format), ``media/`` holds the
stored files, and ``SHA256SUMS`` the digest of each of these, in the form that ``sha256sum --check`` reads. A folder
bears its name only when all of it is written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import Final

from django.utils.translation import gettext as _

FORMAT: Final = "credit-city-backup/1"
MANIFEST: Final = "manifest.json"
DATABASE: Final = "database"
MEDIA: Final = "media"
SUMS: Final = "SHA256SUMS"
_ESCAPES: Final = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"))
_MOST_NAMED: Final = 20


class BackupError(Exception):
    """A backup cannot be made or restored; the text names what is wrong and the mend."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    ``made_at``: the moment of its snapshot, ISO 8601; ``postgresql``: the server's version as a number (150014);
    ``master_keys``: ids of the master keys without which its personal data cannot be read, the newest first;
    ``seal``: the published line of the last seal in it, empty when there was none; ``tables``: schema and name of each
    table -> its rows.
    """

    made_at: str
    database: str
    postgresql: int
    django: str
    migrations: list[str]
    master_keys: list[str]
    seal: str
    tables: dict[str, int]

    def write(self, folder: Path) -> None:
        """Write ``manifest.json``. Raises OSError."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of a backup, after each file of it was compared with its digest. Raises BackupError, OSError."""
    if not (folder / SUMS).is_file():
        text = _("%(folder)s is no backup, or only part of one: it has no file %(name)s.")
        raise BackupError(text % {"folder": folder, "name": SUMS})
    if faults := list(_faults(folder)):
        shown = "\n".join(faults[:_MOST_NAMED])
        text = _("%(folder)s is damaged, nothing was restored. Take another copy or an older backup.\n%(faults)s")
        raise BackupError(text % {"folder": folder, "faults": shown})
    try:
        values = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if values.pop("format") != FORMAT:
            raise KeyError("format")
        return Manifest(**values)
    except (ValueError, KeyError, TypeError, AttributeError):
        text = _("%(file)s is not the manifest of a backup of this release.")
        raise BackupError(text % {"file": folder / MANIFEST}) from None


def stored_files(folder: Path) -> Iterator[tuple[PurePosixPath, str]]:
    """Each stored file of a backup: its place below MEDIA_ROOT, and its digest."""
    for name, digest in _sums(folder):
        if name.parts[0] == MEDIA:
            yield PurePosixPath(*name.parts[1:]), digest


def write_sums(folder: Path, known: dict[str, str]) -> None:
    """Write ``SHA256SUMS`` over all files; ``known``: digests that are computed already. Raises OSError."""
    lines = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        lines.append(_line(name, known.get(name) or digest_of(path)))
    with open(folder / SUMS, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())


def digest_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal digits. Raises OSError."""
    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _faults(folder: Path) -> Iterator[str]:
    named = set()
    for name, digest in _sums(folder):
        named.add(str(name))
        path = folder / name
        if not path.is_file():
            yield _("%(file)s is missing") % {"file": path}
        elif digest_of(path) != digest:
            yield _("%(file)s was changed: its SHA-256 is another") % {"file": path}
    if MANIFEST not in named:
        yield _("%(file)s is missing") % {"file": folder / MANIFEST}


def _sums(folder: Path) -> Iterator[tuple[PurePosixPath, str]]:
    with open(folder / SUMS, encoding="utf-8", errors="surrogateescape") as file:
        for number, line in enumerate(file, start=1):
            digest, _space, name = line.rstrip("\n").lstrip("\\").partition("  ")
            path = PurePosixPath(_unescaped(name) if line.startswith("\\") else name)
            if len(digest) != 64 or not name or path.is_absolute() or ".." in path.parts:
                text = _("%(file)s, line %(number)s is not that of a file of a backup.")
                raise BackupError(text % {"file": folder / SUMS, "number": number})
            yield path, digest


def _line(name: str, digest: str) -> str:
    escaped = _replaced(name, _ESCAPES)
    return f"{'' if escaped == name else chr(92)}{digest}  {escaped}\n"


def _replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def _unescaped(name: str) -> str:
    pieces = name.split("\\\\")
    return "\\".join(_replaced(piece, [(new, old) for old, new in _ESCAPES[1:]]) for piece in pieces)
