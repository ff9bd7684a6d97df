"""Why a letter cannot be made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext


class LetterError(Exception):
    """A letter that cannot be made. Its text is for the person who asked for it."""


class MissingValue(LetterError):
    """A letter lacks something that it must say.

    letter  title of the letter, or name of the template
    name    the value that is missing, `remedies.court`
    """

    def __init__(self, letter: str, name: str) -> None:
        self.letter = letter
        self.name = name
        super().__init__(
            gettext("“%(letter)s” cannot be made: “%(name)s” is missing. Fill it in.")
            % {"letter": letter, "name": name}
        )


class UnknownTemplate(LetterError):
    """There is no template of the name."""

    def __init__(self, template: str, known: Sequence[str]) -> None:
        self.template = template
        super().__init__(
            gettext("There is no letter “%(template)s”. Known are: %(known)s.")
            % {"template": template, "known": ", ".join(known)}
        )


class UnshowableText(LetterError):
    """Characters that no font can show.

    characters  the characters, each once
    places      where they stand: name of the value, `record.subject`, and the words around
    """

    def __init__(self, characters: Sequence[str], places: Mapping[str, str]) -> None:
        self.characters = tuple(characters)
        self.places = dict(places)
        super().__init__(
            gettext(
                "No font can show %(characters)s in %(places)s. Write it otherwise, or have a font installed that "
                "holds it (LETTER_FONTS)."
            )
            % {
                "characters": ", ".join(f"“{each}” (U+{ord(each):04X})" for each in self.characters),
                "places": ", ".join(f"“{words}”" for words in self.places.values()),
            }
        )


class NoFonts(LetterError):
    """The fonts of the letters are not there."""

    def __init__(self, families: Sequence[str]) -> None:
        self.families = tuple(families)
        super().__init__(
            gettext(
                "Letters cannot be made: the fonts %(families)s are missing. Install what requirements.txt names; "
                "they come with pylopdf-fonts-zh-cn."
            )
            % {"families": ", ".join(self.families)}
        )
