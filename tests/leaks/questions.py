"""What is asked: the addresses of the project, then what the pages found there offer, each also as theirs."""

import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from .addresses import Pattern, addresses, patterns
from .answers import Answer
from .pages import Form, Page
from .personas import PERSONAS
from .probes import (
    Probe,
    Translation,
    probes_of_autocomplete,
    probes_of_form,
    probes_of_list,
    probes_of_query,
)
from .world import World

SHARES: Final = 4
"""Searches, filters and forms go through the same code for everybody: each person tries every fourth of them, another
fourth each, so that those who see records try all. With the environment variable LEAKS=all everybody tries all."""


@dataclass
class Questions:
    """``answers`` and ``pages``: what was answered so far; every question is asked before the next one is wanted."""

    world: World
    twins: Translation
    answers: dict[Probe, Answer]
    pages: dict[Probe, Page]

    def one_of_each(self, wanted: Callable[[Pattern], bool]) -> Iterator[Probe]:
        """The addresses alone, with one of our rows and its twin each."""
        for pattern in filter(wanted, patterns()):
            for address in addresses(pattern, {})[:1]:
                yield from self._both(address)

    def all(self) -> Iterator[Probe]:
        """Everything that comes to mind."""
        known = list(patterns())
        yield from self._of_addresses(known)
        for link in self._links():
            yield from self._both(link)
        forms = self._forms()
        for pattern in known:
            if pattern.name.endswith("_changelist") and pattern.admin and self._opens(pattern):
                yield from self._share(probes_of_list(pattern.admin.model, pattern.filled(), self.world.theirs))
            elif pattern.name == "autocomplete":
                yield from self._share(probes_of_autocomplete(pattern.filled(), self.world.theirs))
        for form in forms:
            plain, *others = probes_of_form(form, self.twins)
            yield plain
            # Refused as it stands, it is refused whatever it holds; at another address it may not be.
            refused = self.answers[plain].status in {403, 405}
            yield from self._share(each for each in others if not refused or each.address != plain.address)

    def _of_addresses(self, known: list[Pattern]) -> Iterator[Probe]:
        from_links: dict[str, set[str]] = {}
        for again in (False, True):
            for pattern in known:
                for address in addresses(pattern, from_links):
                    yield from self._both(address)
                    if not pattern.parameters and not again and self._opens(pattern):
                        yield from probes_of_query(pattern, address, self.world.theirs)
            # The second time the links on the pages say what else fills a parameter.
            for page in self.pages.values():
                _learn(page, from_links)

    def _both(self, address: str) -> Iterator[Probe]:
        yield Probe("GET", address)
        yield Probe("GET", self.twins.address(address))

    def _opens(self, pattern: Pattern) -> bool:
        """Whether the plain page is open at all: one that is refused as a whole does not look at its parameters."""
        return self.answers[Probe("GET", pattern.filled())].status not in {302, 403, 405}

    def _share(self, probes: Iterable[Probe]) -> Iterator[Probe]:
        """This person's share of them."""
        if os.environ.get("LEAKS") == "all":
            yield from probes
            return
        share = PERSONAS.index(self.world.persona.name)
        yield from (each for each in probes if (zlib.crc32(str(each).encode()) + share) % SHARES == 0)

    def _links(self) -> list[str]:
        """Links with a query string: one for each set of parameters that a page of the kind takes."""
        found: dict[Any, str] = {}
        for page in self.pages.values():
            for link in sorted(page.links):
                path, _mark, query = link.partition("?")
                if query:
                    names = sorted(part.partition("=")[0] for part in query.split("&"))
                    found.setdefault((name_of(path), *names), link)
        return list(found.values())

    def _forms(self) -> list[Form]:
        """One for each set of fields at an address."""
        found: dict[Any, Form] = {}
        for page in self.pages.values():
            for form in page.forms:
                path = form.action.partition("?")[0]
                found.setdefault((path, *sorted({each.name for each in form.fields})), form)
        return list(found.values())


def name_of(path: str) -> str:
    """The name of an address, "" for one that leads nowhere."""
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""


def _learn(page: Page, from_links: dict[str, set[str]]) -> None:
    for link in page.links:
        try:
            match = resolve(urlsplit(link).path)
        except Resolver404:
            continue
        for name, value in match.kwargs.items():
            from_links.setdefault(f"{match.route} {name}", set()).add(str(value))
