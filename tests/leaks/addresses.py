"""All addresses of the project, taken from its URL configuration, with every parameter filled.

A parameter is filled by its name: ``object_id``, ``id`` and ``pk`` with rows of the admin's model, ``<model>_id`` with
rows that hang on it, anything else with the values of a unique field of that name, or as the links on pages fill it.
"""

import inspect
import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.contrib.admin import ModelAdmin
from django.contrib.contenttypes.models import ContentType
from django.urls import URLResolver, get_resolver
from django.urls.converters import IntConverter
from django.urls.resolvers import RegexPattern
from django.utils.regex_helper import normalize

from tests.planting import OURS, ROOM, is_numbered, is_owned, models_of_departments

ROWS: Final = ("object_id", "id", "pk")


@dataclass(frozen=True)
class Pattern:
    """One line of the URL configuration. ``pieces``: its text with ``%(name)s`` for each parameter."""

    route: str
    pieces: str
    parameters: dict[str, Any]
    callback: Callable[..., Any]
    name: str

    @property
    def admin(self) -> ModelAdmin | None:
        """The admin whose page it is."""
        for each in _unwrapped(self.callback):
            owner = getattr(each, "__self__", None) or getattr(each, "model_admin", None)
            if isinstance(owner, ModelAdmin):
                return owner
        return None

    @property
    def owned(self) -> bool:
        """Whether it shows rows that only their department may see."""
        return self.admin is not None and is_owned(self.admin.model)

    def filled(self, **values: Any) -> str:
        return f"/{self.pieces % values}"

    def query_parameters(self) -> set[str]:
        """What the view's own code takes from a query string, read from its source."""
        found: set[str] = set()
        for module in {each.__module__ for each in self._code()}:
            if module.startswith("apps."):
                source = inspect.getsource(inspect.importlib.import_module(module))  # type: ignore[attr-defined]
                found |= set(re.findall(r"""GET(?:\.get|\.getlist)?[\[(]\s*["'](\w+)["']""", source))
        return found

    def _code(self) -> list[Any]:
        return [*_unwrapped(self.callback), *(type(self.admin).__mro__ if self.admin else ())]


def _unwrapped(callback: Any) -> Iterator[Any]:
    while callback is not None:
        yield callback
        callback = getattr(callback, "__wrapped__", None)


def patterns(resolver: Any = None, route: str = "", pieces: str = "", known: Any = None) -> Iterator[Pattern]:
    """Every line of the URL configuration, whatever includes it."""
    for each in (resolver or get_resolver()).url_patterns:
        text, names = _pieces(each.pattern)
        parameters = {**(known or {}), **{name: each.pattern.converters.get(name) for name in names}}
        if isinstance(each, URLResolver):
            yield from patterns(each, route + str(each.pattern), pieces + text, parameters)
        else:
            name = each.name or ""
            yield Pattern(route + str(each.pattern), pieces + text, parameters, each.callback, name)


def _pieces(pattern: Any) -> tuple[str, list[str]]:
    if isinstance(pattern, RegexPattern):
        return normalize(pattern.regex.pattern)[0]
    names = re.findall(r"<(?:[^>:]+:)?(\w+)>", str(pattern))
    return re.sub(r"<(?:[^>:]+:)?(\w+)>", r"%(\1)s", str(pattern).replace("%", "%%")), names


def addresses(pattern: Pattern, from_links: dict[str, set[str]]) -> list[str]:
    """The pattern with its parameters filled; ``from_links``: "route name" -> values of a parameter as links on
    pages have them."""
    if not pattern.parameters:
        return [pattern.filled()]
    if {"content_type_id", "object_id"} <= pattern.parameters.keys():
        owned = [model for model in models_of_departments() if is_owned(model)]
        return [
            pattern.filled(content_type_id=ContentType.objects.get_for_model(model).pk, object_id=row.pk)
            for model in owned
            for row in rows_of(model)[:1]
        ]
    filled = []
    model = pattern.admin.model if pattern.admin else None
    own = next((name for name in ROWS if name in pattern.parameters), None)
    for row in (rows_of(model) if model and own else []) or [None]:
        choices = {
            name: [str(row.pk)]
            if name == own and row is not None
            else _values(name, converter, pattern, row, from_links)
            for name, converter in pattern.parameters.items()
        }
        for values in itertools.product(*choices.values()):
            filled.append(pattern.filled(**dict(zip(choices, values, strict=True))))
    return filled


def rows_of(model: Any) -> list[Any]:
    """Our rows of a model: all where only their department sees them, else one."""
    rows = model._base_manager.order_by("pk")
    if not is_numbered(model):
        return list(rows[:1])
    ours = rows.filter(pk__gt=OURS, pk__lt=OURS + ROOM)
    return list(ours) if is_owned(model) else list(ours[:1]) or list(rows[:1])


def _values(name: str, converter: Any, pattern: Pattern, row: Any, from_links: dict[str, set[str]]) -> list[str]:
    if name == "history_id" and row is not None and pattern.admin and pattern.admin.history_model:  # type: ignore[attr-defined]
        found = row.history.order_by("history_id").values_list("history_id", flat=True)
        return [str(found[0])] if found else ["1"]
    if name == "app_label":
        return sorted({model._meta.app_label for model in apps.get_models() if is_owned(model)})
    if name.endswith("_id") and row is not None:
        for relation in row._meta.related_objects:
            if relation.related_model._meta.model_name == name.removesuffix("_id").replace("_", ""):
                keys = relation.related_model._base_manager.filter(**{relation.field.name: row})
                return [str(key) for key in keys.values_list("pk", flat=True)[:1]] or ["1"]
    if found := from_links.get(f"{pattern.route} {name}"):
        return sorted(found)
    return ["1" if isinstance(converter, IntConverter) else "x"]
