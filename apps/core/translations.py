"""The message catalogues of the project: where they are, whether they are complete, and their compiled form."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
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


def clashes(paths: Iterable[Path]) -> Iterator[str]:
    """One line for each text that two catalogues translate differently.

    Django makes one catalogue of them all, so one of the apps would show what the other one means: a text with two
    meanings takes a context (``pgettext``).
    """
    told: dict[tuple[str | None, str], dict[str, str]] = {}
    for path in paths:
        for entry in polib.pofile(str(path)):
            if not entry.obsolete:
                words = entry.msgstr or entry.msgstr_plural.get(0, "")
                told.setdefault((entry.msgctxt, entry.msgid), {}).setdefault(words, str(path))
    for (context, text), found in sorted(told.items(), key=lambda each: each[0][1]):
        if len(found) > 1:
            shown = ", ".join(f"{words!r} in {path}" for words, path in found.items())
            yield f"translated differently: {text!r}" + (f" ({context})" if context else "") + f": {shown}"


def texts(root: Path | None = None) -> set[tuple[str | None, str]]:
    """(context, text) of every text that the sources mark for translation. Needs the program ``xgettext``."""
    base = Path(root or settings.BASE_DIR)
    with tempfile.TemporaryDirectory() as name:
        # In a copy: Django's command writes catalogues beside the sources it reads.
        copy = Path(name)
        for part in ("apps", "credit_city"):
            if (base / part).is_dir():
                shutil.copytree(base / part, copy / part, ignore=shutil.ignore_patterns("locale", "__pycache__"))
        (copy / "locale").mkdir()
        command = [sys.executable, "-m", "django", "makemessages", "-l", "zh_Hans", "--no-location"]
        # The texts alone, no settings: those would look for a database and secrets.
        environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
        subprocess.run(command, cwd=copy, env=environment, check=True, stdout=subprocess.DEVNULL)
        return {
            (entry.msgctxt, entry.msgid)
            for path in (copy / "locale").rglob("django.po")
            for entry in polib.pofile(str(path))
        }


def untold(root: Path | None = None) -> Iterator[str]:
    """One line for each text of the sources that stands in no catalogue."""
    known = {
        (entry.msgctxt, entry.msgid)
        for path in catalogues(root)
        for entry in polib.pofile(str(path))
        if not entry.obsolete
    }
    for context, text in sorted(texts(root) - known, key=lambda each: each[1]):
        yield f"in no catalogue: {text!r}" + (f" ({context})" if context else "")
