"""Papers of a case: taken in, kept encrypted, opened again."""

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from apps.core.vault import Vault
from apps.records.attachments import LARGEST, check

from .models import Case, Evidence, Letter, StoredFile

MOST: Final = 30
"""Papers of one case."""
vault = Vault("cases")


def keep(case: Case, upload: UploadedFile, *, user: Any, what: str, brought_by: str) -> Evidence:
    """Keep a paper with a case, inside the caller's transaction. Raises ValidationError that names file and mend."""
    if case.evidence.count() >= MOST:
        raise ValidationError({"papers": _("A case takes at most %(most)d papers.") % {"most": MOST}})
    try:
        name, content_type = check(upload)
    except ValidationError as error:
        raise ValidationError({"papers": error.messages}) from error
    paper = Evidence(case=case, name=name, content_type=content_type, what=what, brought_by=brought_by, added_by=user)
    _store(paper, upload.chunks())
    return paper


def keep_letter(letter: Letter, pdf: bytes) -> Letter:
    """Keep a letter that was made, inside the caller's transaction."""
    letter.content_type = "application/pdf"
    _store(letter, iter([pdf]))
    return letter


def open_file(file: StoredFile) -> BinaryIO:
    """What a paper or a letter holds. Raises FileNotFoundError; CryptoError when somebody changed it."""
    return vault.open(file.stored_name, file.data_key, file.size)


def _store(file: StoredFile, chunks: Iterator[bytes]) -> None:
    # A transaction that ends without its row leaves the file behind; the night's round removes it (tasks).
    stored = vault.store(chunks, limit=LARGEST)
    file.stored_name, file.data_key = stored.name, stored.data_key
    file.size, file.sha256 = stored.size, stored.sha256
    try:
        file.save()
    except BaseException:
        vault.remove(stored.name)
        raise
