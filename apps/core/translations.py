"""The message catalogues of the project: where they are, whether they are complete, and their compiled form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polib
from django.conf import settings


def catalogues(root: Path | None = None) -> list[Path]:
    """Every .po file of the project: apps/*/locale and the locale folders of the settings."""
    base = Path(root or settings.BASE_DIR)
    folders = [*base.glob("apps/*/locale"), *base.glob("credit_city/locale"), *base.glob("locale")]
    return sorted(path for folder in folders for path in folder.glob("*/LC_MESSAGES/*.po"))


def compile_catalogue(path: Path) -> bool:
    """Write the .mo beside a .po when it is missing or older; whether it was written."""
    compiled = path.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
        return False
    # Written beside and moved, so that a server starting at this moment never reads half a file.
    part = compiled.with_suffix(".mo.part")
    polib.pofile(str(path)).save_as_mofile(str(part))
    part.replace(compiled)
    return True


def gaps(path: Path) -> Iterator[str]:
    """What is wrong with a catalogue: one line for each missing, half-missing or fuzzy entry."""
    for entry in polib.pofile(str(path)):
        if entry.obsolete:
            continue
        if entry.fuzzy:
            yield f"{path}:{entry.linenum}: fuzzy: {entry.msgid!r}"
        elif not entry.translated():
            yield f"{path}:{entry.linenum}: not translated: {entry.msgid!r}"
