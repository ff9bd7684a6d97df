"""Files that belong to a record: which are taken, how they are named, where they lie."""

import hashlib
import re
import unicodedata
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Final

import puremagic
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from .models import Attachment, Record

LARGEST: Final = 20 * 1024 * 1024
"""Bytes of one file."""
MOST: Final = 10
"""Files of one record."""
TYPES: Final[dict[str, str]] = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FIELD: Final = "attachments"
"""Where errors of files stand in a ValidationError."""
ACCEPT: Final = ",".join(TYPES)
"""For the file field of a form."""
_MAIN_PART: Final = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml"}
_HEAD: Final = 4096
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')


def clean_name(name: str) -> str:
    """The file's name as kept: no path, no control or reserved characters, at most 200 characters, extension last.

    Characters that change the direction of writing are dropped, for they can hide the real extension.
    """
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(character for character in name if unicodedata.category(character) not in {"Cf", "Cc", "Cs"})
    name = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", name)).strip(" .")
    path = PurePosixPath(name or "file")
    suffix = path.suffix[:20]
    return f"{path.name.removesuffix(path.suffix)[: 200 - len(suffix)]}{suffix}"


def check(upload: UploadedFile) -> tuple[str, str]:
    """(name as kept, content type) of a file that may be attached. Raises ValidationError that names file and mend.

    The content decides: an extension that the first bytes do not bear out is refused, and so is a document with macros.
    """
    name = clean_name(upload.name or "")
    suffix = PurePosixPath(name).suffix.lower()
    words = {"name": name, "largest": LARGEST // 1024 // 1024, "types": "、".join(sorted(t[1:] for t in TYPES))}
    if suffix not in TYPES:
        raise ValidationError(_("“%(name)s” is of a type that is not taken. Attach one of: %(types)s.") % words)
    if not upload.size:
        raise ValidationError(_("“%(name)s” is empty.") % words)
    if upload.size > LARGEST:
        raise ValidationError(_("“%(name)s” is larger than %(largest)s MB. Make it smaller or split it.") % words)
    if not _is(upload, suffix):
        raise ValidationError(
            _("The content of “%(name)s” does not fit its extension. Save it again from the program it came from.")
            % words
        )
    return name, TYPES[suffix]


def _is(upload: Any, suffix: str) -> bool:
    upload.seek(0)
    head = upload.read(_HEAD)
    upload.seek(0)
    try:
        matches = puremagic.magic_string(head)
    except puremagic.PureError:
        return False
    if suffix not in {match.extension for match in matches if match.offset == 0}:
        return False
    return suffix not in _MAIN_PART or _is_office_document(upload, _MAIN_PART[suffix])


def _is_office_document(upload: Any, main_part: str) -> bool:
    try:
        with zipfile.ZipFile(upload) as archive:
            parts = {part.casefold() for part in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    finally:
        upload.seek(0)
    return {"[content_types].xml", main_part} <= parts and not any(part.endswith("vbaproject.bin") for part in parts)


def problems_of(uploads: Sequence[UploadedFile], record: Record | None = None) -> list[str]:
    """What speaks against attaching these files to ``record`` (None: a new one), one text for each."""
    problems = []
    already = record.attachments.count() if record and record.pk and uploads else 0
    if already + len(uploads) > MOST:
        problems.append(_("A record takes at most %(most)s files. Remove some first.") % {"most": MOST})
    for upload in uploads:
        try:
            check(upload)
        except ValidationError as error:
            problems += error.messages
    return problems


def attach(record: Record, uploads: Iterable[UploadedFile], user: Any) -> list[Attachment]:
    """Keep files with a locked record, inside the caller's transaction.

    Raises ValidationError ``{"attachments": [...]}`` with one text per refused file; then none is kept.
    """
    uploads = list(uploads)
    if uploads and (problems := problems_of(uploads, record)):
        raise ValidationError({FIELD: problems})
    kept = []
    for upload in uploads:
        name, content_type = check(upload)
        digest = hashlib.sha256()
        for chunk in upload.chunks():
            digest.update(chunk)
        upload.seek(0)
        attachment = Attachment(
            record=record,
            name=name,
            content_type=content_type,
            size=upload.size or 0,
            sha256=digest.hexdigest(),
            uploaded_by=user,
        )
        # The stored name tells nothing; the file's own name goes out with the download.
        attachment.file.save(uuid.uuid4().hex, upload, save=False)
        attachment.save()
        kept.append(attachment)
    return kept


def detach(attachments: Iterable[Attachment]) -> None:
    """Remove files, the bytes once the transaction is committed."""
    for attachment in attachments:
        storage, stored = attachment.file.storage, str(attachment.file.name)
        attachment.delete()
        transaction.on_commit(partial(storage.delete, stored))
