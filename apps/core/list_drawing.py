"""What Unfold draws anew in each row of a list, drawn once: docs/decisions/0022-lists-drawn-once.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache, wraps
from typing import Any, Final

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.utils.functional import Promise
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from unfold import admin
from unfold.templatetags import unfold_list
from unfold.utils import display_for_label

LABELS_KEPT: Final = 2000
_KEY: Final = "-key-of-the-row-"


def draw_once() -> None:
    """Let the lists of Unfold ask for headers once for a list, and for a label once for its colour and text."""
    unfold_list.result_headers = _once_for_a_list(unfold_list.result_headers)
    unfold_list.display_for_label = label


def label(value: Any, empty_value_display: str, tones: Any) -> SafeString:
    """What ``display_for_label`` gives; ``tones``: the colour of each kind of value, or True for none."""
    if isinstance(value, tuple) and isinstance(tones, dict) and value[0] in tones:
        kind, text = value
        if isinstance(text, str | Promise):
            return _label(tones[kind], str(text))
    return display_for_label(value, empty_value_display, tones)


@lru_cache(LABELS_KEPT)
def _label(tone: str, text: str) -> SafeString:
    return display_for_label((tone, text), "", {tone: tone})


def checkbox(key: object) -> SafeString:
    """The box that chooses the row with this key."""
    return mark_safe(_checkbox(get_language()).replace(_KEY, escape(key)))


@lru_cache
def _checkbox(language: str | None) -> str:
    return admin.checkbox.render(ACTION_CHECKBOX_NAME, _KEY)


def _once_for_a_list(headers: Callable[[Any], Iterable[Any]]) -> Callable[[Any], list[Any]]:
    @wraps(headers)
    def remembered(changelist: Any) -> list[Any]:
        if not hasattr(changelist, "drawn_headers"):
            changelist.drawn_headers = list(headers(changelist))
        return changelist.drawn_headers

    return remembered
