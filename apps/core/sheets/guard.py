"""What a file is, told from its content, and whether it is safe to open."""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
HEAD = 50
"""So many rows at the top are looked at for the header."""
_CHUNK = 1 << 20
_OVERLAP = 512
"""Longer than the opening tag of a cell, so that none is cut in two unseen."""
# A cell reference beyond the limits: a reader that keeps a dense table would ask for gigabytes for one stray cell.
# An element that closes itself has a format and no value; readers skip it.
_FAR_CELL = re.compile(rb'r="([A-Z]{3,}|[A-Z]{0,2}(?=\d{6}))(\d*)"[^<>]*(?<!/)>')
# No spreadsheet program writes references like these; a search for the plain form alone is six times faster.
_ODD_ATTRIBUTE = re.compile(rb"r(?:=['\s]|\s+=)")
_FAR_CELL_ODDLY = re.compile(rb"""\br\s*=\s*["']([A-Z]{3,}|[A-Z]{0,2}(?=\d{6}))(\d*)["'][^<>]*(?<!/)>""")


class SheetError(ValueError):
    """The file cannot be read at all. ``code`` names the cause, the text says what to do."""

    def __init__(self, code: str, message: str | Promise, **params: Any) -> None:
        self.code = code
        self.message = message
        self.params = params
        super().__init__(code)

    def __str__(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest file that is read: bytes as sent, bytes unpacked, rows of a text table, rows of a workbook, columns.

    A text table is read piece by piece; a workbook lies in memory as a whole, a kilobyte or two for each row.
    """

    size: int = 1024 * 1024 * 1024
    unpacked: int = 2 * 1024 * 1024 * 1024
    rows: int = 3_000_000
    workbook_rows: int = 300_000
    columns: int = 300


SAVE_AS = _("Save it as xlsx, or as csv in UTF-8.")
TOO_MANY_ROWS = _("The sheet has more than %(limit)s rows. Split it, or delete the empty rows at its end.")
TOO_MANY_COLUMNS = _("The sheet has cells beyond column %(limit)s. Delete what stands far to the right.")
TOO_LARGE = _("The file is larger than %(limit)s MB. Split it.")


def too_many_workbook_rows(limits: Limits) -> SheetError:
    text = _("The sheet has more than %(limit)s rows. Delete the empty rows at its end, or save it as csv in UTF-8.")
    return SheetError("rows", text, limit=limits.workbook_rows)


def damaged() -> SheetError:
    return SheetError("damaged", _("The workbook is damaged and cannot be opened. %(mend)s"), mend=SAVE_AS)


def password() -> SheetError:
    return SheetError("password", _("The workbook is protected by a password. Take it off and send the file again."))


def check_size(size: int, limits: Limits) -> None:
    """Raise SheetError ``empty`` or ``size``."""
    if size == 0:
        raise SheetError("empty", _("The file is empty."))
    if size > limits.size:
        raise SheetError("size", TOO_LARGE, limit=limits.size // 2**20)


def file_format(file: BinaryIO, limits: Limits) -> str:
    """``xlsx``, ``xls`` or ``csv``, after the checks that belong to it. Raises SheetError for anything else."""
    check_size(file.seek(0, os.SEEK_END), limits)
    file.seek(0)
    data = file.read(65536)
    if data.startswith(OLE_MAGIC):
        if _ENCRYPTED in data + file.read():
            raise password()
        return "xls"
    if data.startswith(ZIP_MAGIC):
        _check_workbook(file, limits)
        return "xlsx"
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SheetError("encoding", _("The text is in UTF-16 (“Unicode text”). %(mend)s"), mend=SAVE_AS)
    if head.startswith((b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"<script", b"<style")):
        raise SheetError("web_page", _("This is a web page under the name of a spreadsheet. %(mend)s"), mend=SAVE_AS)
    if head.startswith((b"%pdf", b"\x89png", b"\xff\xd8\xff", b"{\\rtf", b"rar!", b"7z\xbc\xaf", b"\x1f\x8b")) or (
        b"\x00" in data
    ):
        raise SheetError("format", _("This is neither a workbook nor a text table. %(mend)s"), mend=SAVE_AS)
    return "csv"


def _check_workbook(file: BinaryIO, limits: Limits) -> None:
    """Unpack the archive once, counting: sizes written in its directory are not to be trusted."""
    try:
        archive = zipfile.ZipFile(file)
        names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise damaged() from error
    if "xl/workbook.xml" not in names:
        raise SheetError("format", _("This is neither a workbook nor a text table. %(mend)s"), mend=SAVE_AS)
    total = 0
    for info in archive.infolist():
        if len(names) > 10_000 or total > limits.unpacked:
            break
        is_sheet = info.filename.startswith("xl/worksheets/") and info.filename.endswith(".xml")
        info.file_size = 1 << 62  # read on to the real end
        try:
            with archive.open(info) as member:
                tail = b""
                while chunk := member.read(_CHUNK):
                    total += len(chunk)
                    if total > limits.unpacked:
                        break
                    if is_sheet:
                        _check_cells(tail + chunk, limits)
                        tail = chunk[-_OVERLAP:]
        except SheetError:
            raise
        except Exception as error:
            raise damaged() from error
    if len(names) > 10_000 or total > limits.unpacked:
        megabytes = limits.unpacked // 2**20
        raise SheetError("unpacked", _("The workbook unpacks to more than %(limit)s MB. Split it."), limit=megabytes)


def _check_cells(xml: bytes, limits: Limits) -> None:
    pattern = _FAR_CELL_ODDLY if _ODD_ATTRIBUTE.search(xml) else _FAR_CELL
    for match in pattern.finditer(xml):
        letters, digits = match.groups()
        if len(letters) >= 3:
            raise SheetError("columns", TOO_MANY_COLUMNS, limit=limits.columns)
        if digits and int(digits) > limits.workbook_rows + HEAD:
            raise too_many_workbook_rows(limits)
