"""The walk: every request a person can think of, before and after the rows of another department exist.

What one may not see must make no difference: the answer to a request is the same, byte for byte, whether the foreign
rows are there or not. That covers refusals, counts, searches and filters at once. Besides, no foreign mark stands in
any answer, and no request changes a foreign row. Every request is rolled back, so the order does not matter.
"""

import html
import io
import logging
import os
import re
import traceback
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.models import Q
from django.test import Client, RequestFactory
from django.urls import Resolver404, resolve, reverse

from apps.records.models import Record
from apps.records.rules import EDITABLE
from tests.delivered import load_rules
from tests.exchange import files as sheets
from tests.planting import (
    MADE_LATER,
    OURS,
    PERSONA,
    SEEN,
    THEIRS,
    Side,
    is_owned,
    models_of_departments,
    numbered_from,
    path_to_department,
    plant,
    set_sequences,
)
from tests.records.files import PDF

from .addresses import Pattern, addresses, patterns
from .pages import Form, Page
from .personas import COUNTS, PERSONAS, Persona, persona
from .probes import (
    Probe,
    Translation,
    probes_of_autocomplete,
    probes_of_form,
    probes_of_list,
    probes_of_query,
)

SHARES: Final = 4
"""Searches, filters and forms go through the same code for everybody: each person tries every fourth of them, another
fourth each, so that those who see records try all. With the environment variable LEAKS=all everybody tries all."""
NEW: Final = re.compile(rf"(?<!\d){str(MADE_LATER)[:3]}\d{{4}}(?!\d)")
CHANGING: Final = re.compile(
    r'name="csrfmiddlewaretoken" value="[^"]*"|\s*<(?:script|link)[^>]*/static/[^>]*>(?:</script>)?'
    r'|<code class="acc-secret">[^<]*</code>'
)
"""What differs each time: the token of a form, a password just made, and the order in which a page names its scripts
and styles."""
DAY: Final = re.compile(r"\d{4}[-/]\d\d[-/]\d\d")
TIME: Final = re.compile(r"(?<=[T日 ])\d{1,2}:\d\d(:\d\d(\.\d+)?(\+\d\d:\d\d)?)?")
UNTOLD: Final = {"Content-Length", "Expires", "Last-Modified", "Vary", "X-Request-ID"}
"""Headers that differ each time, or follow from the rest."""
WITHIN_ARCHIVE: Final = re.compile(r"docProps/")
"""Parts of a workbook that say when it was made."""


@dataclass(frozen=True)
class Answer:
    """An answer and where it led, as one text without what differs from one request to the next.

    ``html``: the page itself, where it is one; ``led``: the address it was followed to.
    """

    status: int
    text: str
    html: str = ""
    error: str = ""
    led: str = ""


@dataclass
class World:
    """Two departments, and a person who looks at the second from the first. ``theirs`` is planted by the walk."""

    ours: Side
    theirs: Side
    seen: Side
    persona: Persona

    @property
    def forbidden(self) -> set[str]:
        """What this person must never read."""
        marks = {mark for mark, (model, _name) in self.theirs.marks.items() if not self.persona.may_open(model)}
        return marks | (set() if self.persona.oversees else set(self.seen.marks)) | set(self.seen.past)


def world(name: str) -> World:
    """Rules, both departments with their people, our rows, and of theirs what the person may lawfully see."""
    ours, theirs, seen = Side("o", OURS), Side("t", THEIRS), Side("s", SEEN)
    ours.states = tuple(Record.State.values)
    load_rules()
    for side in (ours, theirs):
        plant(side, owned=False)
    plant(ours, owned=True)
    with numbered_from(PERSONA):
        who = persona(name, ours)
    if who.oversees:
        seen.office, seen.company = theirs.office, theirs.company
        seen.states = tuple(state for state in Record.State.values if state not in EDITABLE)
        plant(seen, owned=True, only=Record)
    set_sequences(MADE_LATER)
    return World(ours, theirs, seen, who)


class Written:
    """Takes note whether a statement wrote to a table whose rows belong to departments."""

    def __init__(self) -> None:
        self.something = False
        self._tables = [f'"{model._meta.db_table}"' for model in models_of_departments()]

    def __call__(self, execute: Any, sql: Any, *arguments: Any) -> Any:
        text = str(sql)
        if not text.startswith("SELECT") and any(table in text for table in self._tables):
            self.something = True
        return execute(sql, *arguments)


@dataclass
class Walk:
    """One person's walk. ``leaks``: what was found, in words; ``answers``: how each request was answered before.

    ``only``: to these addresses alone, looking at one of our rows and its twin each, without forms and searches.
    """

    world: World
    only: Callable[[Pattern], bool] | None = None
    client: Client = field(init=False)
    answers: dict[Probe, Answer] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)

    _followed: dict[str, tuple[str, str]] = field(default_factory=dict)
    _read: dict[Probe, Page] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = Client(headers={"accept-language": "zh-hans"}, raise_request_exception=False)
        if self.world.persona.user is not None:
            self.client.force_login(self.world.persona.user)
        self._cookies = self.client.cookies.copy()

    def run(self) -> list[str]:
        """Ask everything, plant the foreign rows, ask everything again; returns the leaks."""
        # Hundreds of refusals are what is wanted.
        logging.disable(logging.CRITICAL)
        try:
            self._run()
        finally:
            logging.disable(logging.NOTSET)
        return self.leaks

    def _run(self) -> None:
        for probe in self._probes(self._twins()):
            if probe not in self.answers:
                self.answers[probe] = self._ask(probe)
        self._plant()
        self._followed.clear()
        cache.clear()
        rows = self._foreign_rows()
        self._forbidden = re.compile("|".join(map(re.escape, sorted(self.world.forbidden, key=len, reverse=True))))
        for probe, before in self.answers.items():
            self._compare(probe, before, rows)

    # What is asked

    def _twins(self) -> Translation:
        """Plant for a moment, to learn what the rows will be called."""
        with transaction.atomic():
            self._plant()
            twins = Translation(self.world.ours, self.world.theirs)
            transaction.set_rollback(True)
        return twins

    def _plant(self) -> None:
        theirs = self.world.theirs
        theirs.states = self.world.persona.hidden_states
        plant(theirs, owned=True)

    def _probes(self, twins: Translation) -> Iterator[Probe]:
        """Addresses first; then what their pages offer. Each also as theirs."""
        if self.only is not None:
            for pattern in filter(self.only, patterns()):
                for address in addresses(pattern, {})[:1]:
                    yield from self._both(address, twins)
            return
        known = list(patterns())
        from_links: dict[str, set[str]] = {}
        for again in (False, True):
            for pattern in known:
                for address in addresses(pattern, from_links if again else {}):
                    yield from self._both(address, twins)
                    if not pattern.parameters and not again and self._opens(pattern):
                        yield from probes_of_query(pattern, address, self.world.theirs)
            for page in self._pages():
                self._learn(page, from_links)
        for link in self._links():
            yield from self._both(link, twins)
        forms: dict[Any, Form] = {}
        for page in self._pages():
            for form in page.forms:
                path = form.action.partition("?")[0]
                forms.setdefault((path, *sorted({each.name for each in form.fields})), form)
        for pattern in known:
            if pattern.name.endswith("_changelist") and pattern.admin and self._opens(pattern):
                yield from self._some(probes_of_list(pattern.admin.model, pattern.filled(), self.world.theirs))
            elif pattern.name == "autocomplete":
                yield from self._some(probes_of_autocomplete(pattern.filled(), self.world.theirs))
        for form in forms.values():
            plain, *others = probes_of_form(form, twins)
            yield plain
            # Refused as it stands, it is refused whatever it holds; at another address it may not be.
            refused = self.answers[plain].status in {403, 405}
            yield from self._some(each for each in others if not refused or each.address != plain.address)

    def _opens(self, pattern: Pattern) -> bool:
        """Whether the plain page is open at all: one that is refused as a whole does not look at its parameters."""
        return self.answers[Probe("GET", pattern.filled())].status not in {302, 403, 405}

    def _some(self, probes: Iterable[Probe]) -> Iterator[Probe]:
        """This person's share of them."""
        if os.environ.get("LEAKS") == "all":
            yield from probes
            return
        share = PERSONAS.index(self.world.persona.name)
        yield from (each for each in probes if (zlib.crc32(str(each).encode()) + share) % SHARES == 0)

    def _both(self, address: str, twins: Translation) -> Iterator[Probe]:
        yield Probe("GET", address)
        yield Probe("GET", twins.address(address))

    def _learn(self, page: Page, from_links: dict[str, set[str]]) -> None:
        for link in page.links:
            try:
                match = resolve(urlsplit(link).path)
            except Resolver404:
                continue
            for name, value in match.kwargs.items():
                from_links.setdefault(f"{match.route} {name}", set()).add(str(value))

    def _links(self) -> list[str]:
        """Links with a query string: one for each set of parameters that a page of the kind takes."""
        found: dict[Any, str] = {}
        for page in self._pages():
            for link in sorted(page.links):
                path, _mark, query = link.partition("?")
                if query:
                    names = sorted(part.partition("=")[0] for part in query.split("&"))
                    found.setdefault((_name_of(path), *names), link)
        return list(found.values())

    def _pages(self) -> list[Page]:
        """The pages read so far."""
        for probe, answer in self.answers.items():
            if answer.html and probe not in self._read:
                self._read[probe] = Page(probe.address, answer.html)
        return list(self._read.values())

    # How it is answered

    def _ask(self, probe: Probe, before: Answer | None = None, rows: Any = None) -> Answer:
        """Send it and follow where it leads, then undo it.

        ``before``: the earlier answer; ``rows``: the foreign rows as they must still be.
        """
        self.client.cookies = self._cookies.copy()
        with transaction.atomic():
            written = Written()
            with connection.execute_wrapper(written):
                response = self._send(probe)
                error, text, status = _error(response), _text(response), response.status_code
            page = "" if before else _html(probe, response)
            led = before.led if before else self._worth_following(response)
            if led and status in {301, 302} and not error:
                error, more = self._follow(response)
                text += more
            if rows is not None and written.something and self._foreign_rows() != rows:
                self.leaks.append(f"{self.world.persona.name} changed foreign rows: {probe}")
            transaction.set_rollback(True)
        return Answer(status, text, page, error, led)

    def _send(self, probe: Probe) -> Any:
        if probe.method == "GET":
            return self.client.get(probe.address)
        data: dict[str, Any] = {}
        for name, value in probe.data:
            data.setdefault(name, []).append(value)
        return self.client.post(probe.address, {**data, **_uploads(probe)})

    def _worth_following(self, response: Any) -> str:
        """Where an answer leads, unless that is asked anyway."""
        target = response.get("Location", "")
        parts = urlsplit(target)
        told = response.cookies.get("messages") or response.wsgi_request.method == "POST"
        if parts.netloc not in {"", "testserver"} or parts.path == reverse(settings.LOGIN_URL):
            return ""
        return target if told or Probe("GET", target) not in self.answers else ""

    def _follow(self, response: Any) -> tuple[str, str]:
        """Error and text of where it led, with the messages told there. A page without any is asked once."""
        target = response["Location"]
        told = response.cookies.get("messages") or response.wsgi_request.method == "POST"
        if told or target not in self._followed:
            answer = self.client.get(target)
            self._followed[target] = found = _error(answer), _text(answer)
            return found
        return self._followed[target]

    def _compare(self, probe: Probe, before: Answer, rows: Any) -> None:
        after = self._ask(probe, before, rows)
        who = self.world.persona.name
        if after.error:
            self.leaks.append(f"{who} broke a page: {probe}\n{after.error}")
            return
        sent = probe.text.replace("/", "-")
        shown = [mark for mark in self._marks_in(after.text) if mark.replace("/", "-") not in sent]
        if any(mark.replace("/", "-") in sent for mark in self.world.theirs.marks if DAY.fullmatch(mark)):
            # A deadline follows from the day that was sent, and may be another marked day by chance.
            shown = [mark for mark in shown if not DAY.fullmatch(mark)]
        for mark in shown[:3]:
            model, name = {**self.world.theirs.marks, **self.world.seen.marks}[mark]
            self.leaks.append(f"{who} read {model._meta.label}.{name} ({mark}): {probe}")
        if (after.status, after.text) != (before.status, before.text) and not shown:
            names = {_name_of(urlsplit(address).path) for address in (probe.address, after.led)}
            if not any((who, name) in COUNTS for name in names):
                self.leaks.append(f"{who} can tell that foreign rows exist: {probe}\n{_difference(before, after)}")

    def _marks_in(self, text: str) -> list[str]:
        return sorted(set(self._forbidden.findall(text)))

    def _foreign_rows(self) -> dict[str, list[Any]]:
        """The rows of the other department that this person may not write, as they stand."""
        found = {}
        for model in models_of_departments():
            if self.world.persona.may_write(model) and not is_owned(model):
                continue
            theirs = Q(**{str(path_to_department(model)): self.world.theirs.office.department})
            found[model._meta.label] = list(model._base_manager.filter(theirs).order_by("pk").values_list())
        return found


def _uploads(probe: Probe) -> dict[str, Any]:
    uploads = {}
    for name, accept in probe.files:
        if "pdf" in accept:
            uploads[name] = SimpleUploadedFile("x.pdf", PDF, "application/pdf")
        else:
            uploads[name] = SimpleUploadedFile("x.xlsx", sheets.xlsx([["x"], ["1"]]))
    return uploads


def _error(response: Any) -> str:
    if response.status_code < 500:
        return ""
    information = getattr(response, "exc_info", None)
    return "".join(traceback.format_exception(*information)[-6:]) if information else f"status {response.status_code}"


def _text(response: Any) -> str:
    """Body, headers, messages and files of an answer, readable, without what differs each time."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    parts = []
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                if not WITHIN_ARCHIVE.match(name):
                    parts.append(name + "\n" + archive.read(name).decode("utf-8", "replace"))
    else:
        parts.append(body.decode("utf-8", "replace"))
    for name, value in response.items():
        if name not in UNTOLD:
            parts.append(f"{name}: {unquote(value)}")
    cookie = response.cookies.get("messages")
    if cookie is not None and cookie.value:
        told = CookieStorage(RequestFactory().get("/"))._decode(cookie.value) or []
        parts += [f"told: {message}" for message in told]
    text = "\n".join(parts)
    if "\\u" in text:
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    return TIME.sub("#", NEW.sub("#", CHANGING.sub("", html.unescape(text))))


def _html(probe: Probe, response: Any) -> str:
    page = response.status_code == 200 and "text/html" in response.get("Content-Type", "")
    return response.text if page and probe.method == "GET" else ""


def _name_of(path: str) -> str:
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""


def _difference(before: Answer, after: Answer) -> str:
    """The first lines that differ."""
    if before.status != after.status:
        return f"  status {before.status}, then {after.status}"
    pairs = zip(before.text.splitlines(), after.text.splitlines(), strict=False)
    for line, other in pairs:
        if line != other:
            return f"  before: {line.strip()[:300]}\n  after:  {other.strip()[:300]}"
    return f"  {len(before.text)} characters, then {len(after.text)}"
