"""Whether letters can be made on this machine (``manage.py check``)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks

from .errors import NoFonts
from .rendering import find_fonts


@checks.register("letters")
def check_fonts(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """The fonts of the letters are installed."""
    try:
        find_fonts()
    except NoFonts as error:
        return [
            checks.Error(
                f"Letters cannot be made: the fonts {', '.join(error.families)} are missing.",
                hint="pip install -r requirements.txt; they come with pylopdf-fonts-zh-cn.",
                id="letters.E001",
            )
        ]
    return []


@checks.register("letters")
def check_further_fonts(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """The folders of `LETTER_FONTS` are there."""
    return [
        checks.Error(
            f"LETTER_FONTS names {folder}, which is no folder.",
            hint="Name folders that hold .ttf or .otf files, separated by commas.",
            id="letters.E002",
        )
        for folder in settings.LETTER_FONTS
        if not Path(folder).is_dir()
    ]
