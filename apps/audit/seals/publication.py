"""The published list of seals: one line of JSON a seal, each naming the hash of the line before.

The file is only ever added to. It is there to be copied to places that an administrator of this system cannot reach:
whoever holds a copy can tell when seals were taken back, whatever became of the database.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from django.conf import settings
from django.utils.translation import gettext as _

from .models import Seal

_LONGEST_LINE: Final = 4096


class PublicationError(Exception):
    """The file does not continue with the seals of the database; the text says why and what to do."""


def lines(after: int = 0) -> Iterator[str]:
    """The lines to publish, of the seals after number ``after``, oldest first."""
    for seal in Seal.objects.filter(number__gt=after).order_by("number").iterator():
        yield seal.line


def publish(path: Path | None = None) -> int:
    """Add the lines that the file does not hold yet; returns how many.

    A line that a crash cut short is completed. Raises PublicationError when the file cannot be continued, OSError when
    it cannot be written.
    """
    path = path or settings.SEALS_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with open(path, "ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last_line, torn = _end(file)
        stored = list(lines(after=_number(last_line, path) - 1)) if last_line else list(lines())
        if last_line and (not stored or stored.pop(0).encode() != last_line):
            raise PublicationError(_broken(path, _("its last line is not that of the seal in the database")))
        text = "".join(f"{line}\n" for line in stored).encode()
        if torn and not text.startswith(torn):
            raise PublicationError(_broken(path, _("its last line is cut off and does not fit the next seal")))
        if text:
            file.write(text[len(torn) :])
            file.flush()
            os.fsync(file.fileno())
    if is_new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return len(stored)


def _end(file: BinaryIO) -> tuple[bytes, bytes]:
    """The last whole line, empty when there is none, and what stands behind it."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 2 * _LONGEST_LINE))
    *whole, torn = file.read().split(b"\n")
    return whole[-1] if whole else b"", torn


def _number(line: bytes, path: Path) -> int:
    try:
        return int(json.loads(line)["number"])
    except (ValueError, KeyError, TypeError):
        raise PublicationError(_broken(path, _("its last line is not that of a seal"))) from None


def _broken(path: Path, what: str) -> str:
    return _(
        "The list of seals %(path)s cannot be continued: %(what)s. Keep the file as evidence under another name, find "
        "out what happened (docs/operations.md), then seal again: a new file is written."
    ) % {"path": path, "what": what}
