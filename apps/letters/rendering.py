"""Letters as PDF, set by Typst from the templates in `typst/`.

The facts go to Typst as data, so nothing that a person wrote is ever read as markup. Nothing is fetched: the
templates import each other alone, and the fonts come from a Python package. The result is PDF/A-2a and PDF/UA-1: made
to be archived, read aloud, and searched; and where those standards hold, a character that no font can show is an
error, not a box. The same facts give the same bytes.
"""

from __future__ import annotations

import datetime
import enum
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

import typst
from django.conf import settings

from .contents import Letter
from .errors import MissingValue, NoFonts, UnknownTemplate, UnshowableText

TEMPLATES: Final = Path(__file__).parent / "typst"
FAMILIES: Final = ("Noto Serif SC", "Noto Sans SC")
STANDARDS: Final = ("a-2a", "ua-1")
AROUND: Final = 8
"""Characters on either side that an error quotes."""

_FONT_PACKAGE: Final = "pylopdf_fonts_zh_cn"
_NO_PACKAGES: Final = str(TEMPLATES / "packages")
_MISSING: Final = re.compile(r'does not contain key "([^"]+)"')
_UNSHOWN: Final = re.compile(r'the text `"(.+?)"` could not be displayed')
_ESCAPED: Final = re.compile(r"\\u\{([0-9a-f]+)\}")
_UNBROKEN: Final = re.compile(r"[!-~]{20,}")
_LINE_ENDS: Final = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")


def render(letter: Letter) -> bytes:
    """The letter as PDF. Raises UnshowableText and NoFonts."""
    return typeset(letter.template, letter.values())


def typeset(template: str, values: Mapping[str, Any]) -> bytes:
    """PDF of a template in `typst/`, by its name without ending.

    values  texts, numbers, dates (set as 2026年11月23日), enumerations, mappings and sequences of these

    Raises UnknownTemplate, MissingValue for the first value that the template asks for in vain, UnshowableText and
    NoFonts.
    """
    path = TEMPLATES / f"{template}.typ"
    if template == "layout" or path.parent != TEMPLATES or not path.is_file():
        raise UnknownTemplate(template, sorted(each.stem for each in TEMPLATES.glob("*.typ") if each.stem != "layout"))
    data = _plain(values)
    fonts = find_fonts()
    try:
        pdf = typst.compile(
            str(path),
            root=str(TEMPLATES),
            font_paths=fonts,
            sys_inputs={"values": json.dumps(data)},
            pdf_standards=list(STANDARDS),
            package_path=_NO_PACKAGES,
            package_cache_path=_NO_PACKAGES,
        )
    except typst.TypstError as error:
        raise _explained(error, template, data) from error
    assert isinstance(pdf, bytes)
    return pdf


@cache
def find_fonts() -> typst.Fonts:
    """The fonts of the package and those of `LETTER_FONTS`; never the machine's own. Raises NoFonts."""
    folders = [str(folder) for folder in settings.LETTER_FONTS]
    try:
        folders.insert(0, str(resources.files(_FONT_PACKAGE)))
    except ModuleNotFoundError:
        raise NoFonts(FAMILIES) from None
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)
    if missing := [family for family in FAMILIES if family not in fonts.families()]:
        raise NoFonts(missing)
    return fonts


def chinese_date(date: datetime.date) -> str:
    """2026年11月23日, as GB/T 9704 writes dates."""
    return f"{date.year}年{date.month}月{date.day}日"


def _plain(value: Any) -> Any:
    """What JSON can carry, with texts cleaned."""
    match value:
        case datetime.date():
            return chinese_date(value)
        case enum.Enum():
            return value.value
        case str():
            return _printable(value)
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value


def _printable(text: str) -> str:
    """The text without characters that show nothing but change what others look like (direction marks, controls,
    broken halves of characters).

    Long runs of Latin letters and digits may break anywhere: a line is never wider than the page.
    """
    lines = _LINE_ENDS.sub("\n", text).replace("\t", " ")
    shown = "".join(each for each in lines if each == "\n" or unicodedata.category(each) not in ("Cc", "Cf", "Cs"))
    return _UNBROKEN.sub(lambda run: "\u200b".join(run[0]), shown)


def _explained(error: typst.TypstError, template: str, data: Mapping[str, Any]) -> Exception:
    text = str(getattr(error, "diagnostic", error))
    if missing := _MISSING.search(text):
        return MissingValue(template, missing[1])
    if unshown := _UNSHOWN.findall(text):
        characters = list(dict.fromkeys(_ESCAPED.sub(lambda code: chr(int(code[1], 16)), "".join(unshown))))
        return UnshowableText(characters, dict(_places(data, characters)))
    return error


def _places(value: Any, characters: Sequence[str], name: str = "") -> Iterator[tuple[str, str]]:
    """Names of the values that hold one of the characters, with the words around the first."""
    match value:
        case str():
            if found := [place for place, each in enumerate(value) if each in characters]:
                yield name, value[max(found[0] - AROUND, 0) : found[0] + AROUND + 1]
        case dict():
            for key, each in value.items():
                yield from _places(each, characters, f"{name}.{key}" if name else key)
        case list():
            for place, each in enumerate(value, 1):
                yield from _places(each, characters, f"{name}[{place}]")
