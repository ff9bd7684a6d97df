"""The rows of a list as Unfold draws them, what they share drawn once: docs/decisions/0022-lists-drawn-once.md."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, Final

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import lookup_field
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.urls import NoReverseMatch
from django.utils.functional import Promise
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from unfold import admin
from unfold.templatetags import unfold_list
from unfold.utils import display_for_field, display_for_label, display_for_value

LABELS_KEPT: Final = 2000
_KEY: Final = "-key-of-the-row-"
_CHECKBOX: Final = "action_checkbox"
_unfold_cells: Callable[..., Iterator[SafeString]] = unfold_list.items_for_result


def draw_once() -> None:
    """Let the lists of Unfold ask for headers once for a list, and for the cells of a row here."""
    unfold_list.result_headers = _once_for_a_list(unfold_list.result_headers)
    unfold_list.items_for_result = cells


def _once_for_a_list(headers: Callable[[Any], Iterable[Any]]) -> Callable[[Any], list[Any]]:
    @wraps(headers)
    def remembered(changelist: Any) -> list[Any]:
        if not hasattr(changelist, "drawn_headers"):
            changelist.drawn_headers = list(headers(changelist))
        return changelist.drawn_headers

    return remembered


@dataclass(frozen=True)
class _Column:
    """A column of one list. ``opening``, ``unbroken``: its tag, the latter for a value that is not to be wrapped."""

    name: str
    linked: bool
    opening: str
    unbroken: str
    closing: str


def cells(changelist: Any, row: models.Model, form: Any) -> Iterator[SafeString]:
    """All cells of a row in one piece. A list that is edited in place or chosen from in a window is left to Unfold."""
    if form is not None or changelist.is_popup:
        yield from _unfold_cells(changelist, row, form)
        return
    if not hasattr(changelist, "drawn_columns"):
        changelist.drawn_columns = list(_columns(changelist))
    empty = changelist.model_admin.get_empty_value_display()
    drawn = []
    for column in changelist.drawn_columns:
        value, unbroken = _value(changelist, column.name, row, empty)
        text: str = conditional_escape(value)
        if column.linked:
            text = _linked(changelist, row, text)
        drawn.append(f"{column.unbroken if unbroken else column.opening}{text}{column.closing}")
    yield mark_safe("".join(drawn))


def _columns(changelist: Any) -> Iterator[_Column]:
    heads, links = unfold_list.result_headers(changelist), changelist.list_display_links
    linked_before = False
    for place, (name, head) in enumerate(zip(changelist.list_display, heads, strict=True)):
        linked = links is not None and (name in links or (not links and not linked_before))
        tag = "th" if linked and not linked_before else "td"
        linked_before = linked_before or linked
        classes = unfold_list.CHECKBOX_CLASSES if name == _CHECKBOX else _classes(changelist, name, place, linked)
        title = escape(head["text"] if place or linked else gettext("Select record"))
        opening, unbroken = (
            f'<{tag} class="{" ".join(each)}" data-label="{title}">' for each in (classes, [*classes, "nowrap"])
        )
        yield _Column(name, linked, opening, unbroken, f"</{tag}>")


def _classes(changelist: Any, name: Any, place: int, linked: bool) -> list[str]:
    classes = [f"field-{unfold_list._coerce_field_name(name, place)}", *unfold_list.ROW_CLASSES]
    model_admin = changelist.model_admin
    hidden = name == model_admin.ordering_field and model_admin.hide_ordering_field and not linked
    return [*classes, "!hidden"] if hidden else classes


def _value(changelist: Any, name: Any, row: models.Model, empty: str) -> tuple[Any, bool]:
    """What a cell shows, and whether it is not to be wrapped."""
    try:
        field, source, value = lookup_field(name, row, changelist.model_admin)
    except ObjectDoesNotExist:
        return empty, False
    empty = getattr(source, "empty_value_display", empty)
    if field is None or field.auto_created:
        tones = getattr(source, "label", False)
        if tones:
            return label(value, empty, tones), False
        shown = display_for_value(value, empty, getattr(source, "boolean", False))
        return shown, isinstance(value, datetime.date | datetime.time)
    if isinstance(field.remote_field, models.ManyToOneRel):
        related = getattr(row, field.name)
        return empty if related is None else related, True
    return display_for_field(value, field, empty), isinstance(field, models.DateField | models.TimeField)


def _linked(changelist: Any, row: models.Model, text: str) -> str:
    try:
        address = changelist.url_for_result(row)
    except NoReverseMatch:
        return text
    if not hasattr(changelist, "drawn_query"):
        # What leads back to this very list is the same in each row, and takes long to find out.
        kept = {"preserved_filters": changelist.preserved_filters, "opts": changelist.opts}
        changelist.drawn_query = add_preserved_filters(kept, address).removeprefix(address)
    address += changelist.drawn_query
    return f'<a href="{escape(address)}" class="{" ".join(unfold_list.LINK_CLASSES)}" >{text}</a>'


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
