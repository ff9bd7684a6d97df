"""What a curious person sends: our own links and forms, with what is ours replaced by what is theirs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from django.contrib import admin
from django.db import models

from tests.planting import OURS, OWNED, THEIRS, Side, is_owned

from .addresses import Pattern
from .pages import Field, Form

NOT_SENT: Final = {"csrfmiddlewaretoken"}
KEY: Final = re.compile(r"(\w+:)?\d+")


@dataclass(frozen=True)
class Probe:
    """One request. ``files``: names of file fields with what they accept."""

    method: str
    address: str
    data: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        sent = f" {urlencode(self.data)[:300]}" if self.data else ""
        return f"{self.method} {unquote(self.address)}{sent}"

    @property
    def text(self) -> str:
        """All that is sent, readable."""
        return unquote(self.address) + "\n" + "\n".join(value for _name, value in self.data)


class Translation:
    """From ours to theirs: each mark to its twin, each primary key to the one of the twin row."""

    def __init__(self, ours: Side, theirs: Side) -> None:
        self.twins = {word: theirs.twins[place] for place, word in ours.twins.items() if place in theirs.twins}
        words = sorted(map(re.escape, self.twins), key=len, reverse=True)
        self._pattern = re.compile("|".join([*words, rf"(?<!\d){str(OURS)[:3]}(\d{{4}})(?!\d)"]))

    def __call__(self, text: str) -> str:
        return self._pattern.sub(self._twin, text)

    def address(self, address: str) -> str:
        return quote(self(unquote(address)), safe="/?&=:+,-_.~%")

    def _twin(self, match: re.Match[str]) -> str:
        return f"{str(THEIRS)[:3]}{match[1]}" if match[1] else self.twins[match[0]]


FOREIGN_KEYS: Final = (str(THEIRS + 1), str(THEIRS + OWNED + 1))


def probes_of_form(form: Form, translation: Translation) -> Iterator[Probe]:
    """The form as it stands; its address alone theirs; all of it theirs; each key in it theirs, one at a time."""
    buttons = [each for each in form.fields if each.kind == "submit"]
    files = tuple((each.name, each.accept) for each in form.fields if each.kind == "file")
    plain = [(each.name, _filled(each)) for each in form.fields if each.kind not in {"submit", "file", "image"}]
    plain = [(name, value) for name, value in plain if value is not None and name not in NOT_SENT]
    chosen = [(each.name, each.value or "") for each in buttons[:1]]

    def probe(address: str, data: Iterable[tuple[str, Any]]) -> Probe:
        pairs = tuple((name, str(value)) for name, value in data)
        if form.method == "post":
            return Probe("POST", address, pairs, files)
        query = urlencode([*parse_qsl(urlsplit(address).query), *pairs])
        return Probe("GET", f"{urlsplit(address).path}?{query}")

    foreign = translation.address(form.action)
    yield probe(form.action, plain + chosen)
    yield probe(foreign, plain + chosen)
    yield probe(foreign, [(name, translation(str(value))) for name, value in plain + chosen])
    for button in buttons[1:]:
        yield probe(form.action, [*plain, (button.name, button.value or "")])
        yield probe(foreign, [*plain, (button.name, button.value or "")])
    for each in form.fields:
        others = [pair for pair in plain if pair[0] != each.name]
        for key in _foreign_keys(each, translation):
            yield probe(form.action, [*others, (each.name, key), *chosen])
    yield from _probes_of_actions(form, plain, translation, probe)


def _probes_of_actions(form: Form, plain: Any, translation: Translation, probe: Any) -> Iterator[Probe]:
    """Each action of a list, upon their rows: chosen, and chosen with all pages."""
    choice = next((each for each in form.fields if each.kind == "select" and each.name == "action"), None)
    boxes = [each for each in form.fields if each.name == "_selected_action"]
    if choice is None:
        return
    others = [pair for pair in plain if pair[0] not in {"action", "_selected_action", "select_across"}]
    keys = [("_selected_action", translation(each.options[0])) for each in boxes if each.options]
    for option in filter(None, choice.options):
        for across in ("0", "1"):
            more = [("action", option), ("select_across", across), ("index", "0")]
            yield probe(form.action, [*others, *more, *keys])
            confirmed = [("do-confirmed", "1"), ("do-reason", "x"), ("post", "yes")]
            yield probe(form.action, [*others, *more, *keys, *confirmed])


def _filled(field: Field) -> str | None:
    """What a person in a hurry leaves or types."""
    if field.kind in {"textarea", "text"} and not field.value:
        return "x" if field.kind == "textarea" else ""
    return field.value


def _foreign_keys(field: Field, translation: Translation) -> list[str]:
    if field.kind in {"submit", "file", "textarea", "password"} or field.name in NOT_SENT:
        return []
    values = [value for value in (field.value, *field.options) if value]
    twins = {translation(value) for value in values} - set(values)
    if twins:
        return sorted(twins)[:2]
    is_key = all(KEY.fullmatch(value) for value in values) and (values or field.kind in {"select", "hidden"})
    if not is_key or field.name.startswith(("_", "form-", "action")) or field.name.endswith("_FORMS"):
        return []
    return list(FOREIGN_KEYS)


# Query strings


def probes_of_query(pattern: Pattern, address: str, theirs: Side) -> Iterator[Probe]:
    """Everything the view takes from its query string, with what is theirs."""
    slug, code = theirs.office.department.slug, theirs.office.department.uscc
    names = sorted(pattern.query_parameters())
    for value in (next(iter(theirs.marks)), slug, code, *FOREIGN_KEYS) if names else ():
        yield Probe("GET", f"{address}?{urlencode({name: value for name in names})}")


def probes_of_list(model: type[models.Model], address: str, theirs: Side) -> Iterator[Probe]:
    """A list page as an oracle: searches, filters, orders and lookups along relations that only their rows answer."""
    owned = is_owned(model)
    mark = next(iter(theirs.marks))
    queries: list[dict[str, Any]] = [{"q": theirs.company.name}, {"_changelist_filters": f"q={mark}"}]
    if owned:
        queries += [{"e": 1}, {"all": ""}, {"_facets": "True"}, {"_popup": 1}, {"_to_field": "id"}, {"p": 99}]
        queries += [{"q": theirs.company.uscc}, {"o": "1.2.3"}]
    searched = [text for text, (of, _name) in theirs.marks.items() if of is model]
    queries += [{"q": text[:-2]} for text in searched[:8]]
    lookups: dict[str, str] = {}
    for way, target in _ways(model):
        if owned or is_owned(target):
            lookups.setdefault(f"{way}id__in", ",".join(FOREIGN_KEYS))
            for text, (of, name) in theirs.marks.items():
                if of is target:
                    lookups.setdefault(f"{way}{name.replace('.', '__')}__startswith", text[:6])
    for field in model._meta.concrete_fields if owned else ():
        if isinstance(field, models.DateField):
            lookups[f"{field.name}__gte"] = "2025-07-01"
        elif field.is_relation:
            lookups[f"{field.name}__id__exact"] = FOREIGN_KEYS[is_owned(field.related_model)]  # type: ignore[arg-type]
        elif field.choices:
            lookups[f"{field.name}__exact"] = field.flatchoices[0][0]
    queries += [{lookup: value} for lookup, value in lookups.items()]
    for query in queries:
        yield Probe("GET", f"{address}?{urlencode(query)}")


def _ways(model: type[models.Model]) -> Iterator[tuple[str, type[models.Model]]]:
    """The model itself and what stands one step from it, either way."""
    yield "", model
    for field in model._meta.get_fields():
        if field.is_relation and isinstance(field.related_model, type) and "historical" not in field.name:
            yield f"{field.name}__", field.related_model


def probes_of_autocomplete(address: str, theirs: Side) -> Iterator[Probe]:
    """The look-up of every foreign key of every model, asked for theirs."""
    mark = next(iter(theirs.marks))
    for model in admin.site._registry:
        for field in model._meta.concrete_fields:
            if field.is_relation:
                wanted = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
                for term in ("", mark):
                    yield Probe("GET", f"{address}?{urlencode({**wanted, 'field_name': field.name, 'term': term})}")
