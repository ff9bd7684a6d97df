"""Files on disk: encrypted in frames, never plain, readable from any place.

A stored file is a row of frames of one mebibyte, each sealed by AES-256-GCM under the file's own data key, with its
number and whether it is the last in what the seal covers: frames cannot be exchanged, dropped or cut off unnoticed.
The data key is wrapped by the master key and kept with the row that the file belongs to. A seekable reader opens one
frame at a time, so memory stays flat whatever the size.
"""

from __future__ import annotations

import hashlib
import io
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils import timezone

from apps.core import crypto

FRAME: Final = 1 << 20
NONCE: Final = 12
TAG: Final = 16
SEALED_FRAME: Final = NONCE + FRAME + TAG


class TooLarge(Exception):
    """The file is larger than allowed."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Where a file lies (relative to the vault), its wrapped key, and what it is."""

    name: str
    data_key: bytes
    size: int
    sha256: str


def _context(number: int, last: bool) -> bytes:
    return b"batch file " + number.to_bytes(8, "big") + (b"\x01" if last else b"\x00")


@dataclass(frozen=True)
class Vault:
    """The stored files of one kind: ``Vault("batches")``. ``folder`` lies below ``MEDIA_ROOT``."""

    folder: str

    def path(self, name: str) -> Path:
        """Where a stored file lies; "" for the folder itself."""
        return Path(settings.MEDIA_ROOT) / self.folder / name

    def store(self, chunks: Iterable[bytes], *, limit: int | None = None) -> Stored:
        """Encrypt and keep what ``chunks`` give. Raises TooLarge past ``limit`` bytes; nothing is kept then."""
        plain_key, wrapped = crypto.new_data_key()
        name = f"{timezone.localdate():%Y/%m}/{uuid.uuid4().hex}"
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                size, sha256 = _seal(chunks, file, AESGCM(plain_key), limit)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Stored(name, wrapped, size, sha256)

    def open(self, name: str, data_key: bytes | memoryview, size: int) -> io.BufferedReader:
        """A seekable binary reader of a stored file. Raises FileNotFoundError; CryptoError for a changed frame."""
        return io.BufferedReader(_Reader(self.path(name), crypto.unwrap(data_key), size), buffer_size=1 << 16)

    def remove(self, name: str) -> None:
        """Forget a stored file; none is no error."""
        self.path(name).unlink(missing_ok=True)

    def older_than(self, *, days: int) -> Iterator[str]:
        """Names of the stored files that were written more than ``days`` days ago."""
        root = self.path("")
        for path in root.glob("*/*/*"):
            if path.stat().st_mtime < time.time() - days * 86_400:
                yield path.relative_to(root).as_posix()


def _seal(chunks: Iterable[bytes], file: BinaryIO, cipher: AESGCM, limit: int | None) -> tuple[int, str]:
    """Write the frames; returns size and SHA-256 of what was given."""
    digest = hashlib.sha256()
    size = number = 0
    waiting = bytearray()

    def write(last: bool) -> None:
        nonlocal number
        nonce = os.urandom(NONCE)
        file.write(nonce + cipher.encrypt(nonce, bytes(waiting[:FRAME]), _context(number, last)))
        del waiting[:FRAME]
        number += 1

    for chunk in chunks:
        size += len(chunk)
        if limit is not None and size > limit:
            raise TooLarge
        digest.update(chunk)
        waiting += chunk
        while len(waiting) > FRAME:
            write(last=False)
    write(last=True)
    return size, digest.hexdigest()


class _Reader(io.RawIOBase):
    def __init__(self, path: Path, key: bytes, size: int) -> None:
        self._file = path.open("rb")
        self._cipher = AESGCM(key)
        self._size = size
        self._place = 0
        self._number = -1
        self._frame = b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer) -> int:
        if self._place >= self._size:
            return 0
        number, start = divmod(self._place, FRAME)
        if number != self._number:
            self._open(number)
        piece = self._frame[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def _open(self, number: int) -> None:
        self._file.seek(number * SEALED_FRAME)
        sealed = self._file.read(SEALED_FRAME)
        last = (number + 1) * FRAME >= self._size
        try:
            self._frame = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], _context(number, last))
        except (InvalidTag, ValueError) as error:
            raise crypto.Tampered("the stored file was changed") from error
        self._number = number

    def close(self) -> None:
        self._file.close()
        super().close()
