"""The walk: every request a person can think of, before and after the rows of another department exist.

What one may not see must make no difference: the answer to a request is the same, byte for byte, whether the foreign
rows are there or not. That covers refusals, counts, searches and filters at once. Besides, no foreign mark stands in
any answer, and no request changes a foreign row. Every request is rolled back, so the order does not matter.
"""

import gc
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.template import Template
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import Session
from tests.exchange import files as sheets
from tests.records.files import PDF

from .addresses import Pattern
from .answers import Answer, difference, error_of, page_of, text_of
from .pages import Page
from .personas import COUNTS
from .probes import Probe, Translation
from .questions import Questions, name_of
from .reading import ForeignRows, Watch, writes_by_table
from .world import World

DAY: Final = re.compile(r"\d{4}[-/]\d\d[-/]\d\d")


@dataclass
class Walk:
    """One person's walk. ``leaks``: what was found, in words; ``answers``: how each request was answered before.

    ``only``: to these addresses alone, looking at one of our rows and its twin each, without forms and searches.
    """

    world: World
    only: Callable[[Pattern], bool] | None = None
    answers: dict[Probe, Answer] = field(default_factory=dict)
    pages: dict[Probe, Page] = field(default_factory=dict)
    leaks: list[str] = field(default_factory=list)

    _followed: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client = Client(headers={"accept-language": "zh-hans"}, raise_request_exception=False)
        if self.world.persona.user is not None:
            self.client.force_login(self.world.persona.user)
            # That somebody is at work is noted every minute: no need for the walk to stumble over it.
            Session.objects.update(seen_at=timezone.now() + timedelta(hours=1))
        self._cookies = self.client.cookies.copy()

    def run(self) -> list[str]:
        """Ask everything, plant the foreign rows, ask again what they may change; returns the leaks."""
        with _quick():
            twins, planted = self._rehearse()
            self._watch = Watch(planted)
            questions = Questions(self.world, twins, self.answers, self.pages)
            for probe in questions.one_of_each(self.only) if self.only else questions.all():
                if probe not in self.answers:
                    self.answers[probe] = self._ask(probe)
            self.world.plant_theirs()
            self._followed.clear()
            cache.clear()
            theirs = ForeignRows(self.world.theirs.office.department, self.world.persona)
            self._forbidden = re.compile("|".join(map(re.escape, sorted(self.world.forbidden, key=len, reverse=True))))
            for probe, before in self.answers.items():
                self._judge(probe, before, self._ask(probe, before, theirs) if before.depends else before)
        return self.leaks

    def _rehearse(self) -> tuple[Translation, list[int]]:
        """Plant for a moment, to learn what the rows will be called, and into which tables they come."""
        before = writes_by_table()
        with transaction.atomic():
            self.world.plant_theirs()
            twins = Translation(self.world.ours, self.world.theirs)
            transaction.set_rollback(True)
        planted = [table for table, written in writes_by_table().items() if written != before.get(table, 0)]
        return twins, planted

    # How it is answered

    def _ask(self, probe: Probe, before: Answer | None = None, theirs: ForeignRows | None = None) -> Answer:
        """Send it and follow where it leads, then undo it.

        ``before``: the earlier answer; ``theirs``: the foreign rows, which must stay as they are.
        """
        self.client.cookies = self._cookies.copy()
        self._watch.since()
        with transaction.atomic():
            response = self._send(probe)
            error, text = error_of(response), text_of(response)
            if before is None and (page := page_of(probe, response)):
                self.pages[probe] = page
            use = self._watch.since()
            led = before.led if before else self._worth_following(response)
            more = self._follow(response) if led and response.status_code in {301, 302} and not error else None
            for label in theirs.changed() if theirs and use.written else ():
                self.leaks.append(f"{self.world.persona.name} changed foreign rows of {label}: {probe}")
            transaction.set_rollback(True)
        depends = use.counts or (more is not None and more.depends)
        if more is not None:
            error, text = more.error, text + more.text
        return Answer(response.status_code, text, error, led, depends)

    def _send(self, probe: Probe) -> Any:
        if probe.method == "GET":
            return self.client.get(probe.address)
        data: dict[str, Any] = {}
        for name, value in probe.data:
            data.setdefault(name, []).append(value)
        return self.client.post(probe.address, {**data, **_uploads(probe)})

    def _worth_following(self, response: Any) -> str:
        """Where an answer leads. An address that is asked anyway is worth it only after something was done."""
        target = response.get("Location", "")
        parts = urlsplit(target)
        if parts.netloc not in {"", "testserver"} or parts.path == reverse(settings.LOGIN_URL):
            return ""
        return target if response.wsgi_request.method == "POST" or Probe("GET", target) not in self.answers else ""

    def _follow(self, response: Any) -> Answer:
        """The page where it led; asked once where nothing was done on the way."""
        target = response["Location"]
        if response.wsgi_request.method != "POST" and target in self._followed:
            return self._followed[target]
        answer = self.client.get(target)
        found = Answer(answer.status_code, text_of(answer), error_of(answer), depends=self._watch.since().counts)
        if response.wsgi_request.method != "POST":
            self._followed[target] = found
        return found

    # What is a leak

    def _judge(self, probe: Probe, before: Answer, after: Answer) -> None:
        who = self.world.persona.name
        if after.error:
            self.leaks.append(f"{who} broke a page: {probe}\n{after.error}")
            return
        shown = self._shown(probe, after)
        for mark in shown[:3]:
            model, name = {**self.world.theirs.marks, **self.world.seen.marks}[mark]
            self.leaks.append(f"{who} read {model._meta.label}.{name} ({mark}): {probe}")
        if not shown and not after.same_as(before):
            names = {name_of(urlsplit(address).path) for address in (probe.address, after.led)}
            if not any((who, name) in COUNTS for name in names):
                self.leaks.append(f"{who} can tell that foreign rows exist: {probe}\n{difference(before, after)}")

    def _shown(self, probe: Probe, answer: Answer) -> list[str]:
        """The foreign marks in the answer, those left out that the person sent."""
        sent = probe.text.replace("/", "-")
        shown = [
            mark for mark in sorted(set(self._forbidden.findall(answer.text))) if mark.replace("/", "-") not in sent
        ]
        if any(mark.replace("/", "-") in sent for mark in self.world.theirs.marks if DAY.fullmatch(mark)):
            # A deadline follows from the day that was sent, and may be another marked day by chance.
            shown = [mark for mark in shown if not DAY.fullmatch(mark)]
        return shown


@contextmanager
def _quick() -> Iterator[None]:
    """Leave out what thousands of requests need not pay for: the log of refusals, which are what is wanted; copies of
    what each template was given; and looking for garbage all the time."""
    thresholds = gc.get_threshold()
    logging.disable(logging.CRITICAL)
    gc.set_threshold(100_000, 50, 100)
    try:
        with patch.object(Template, "_render", lambda template, context: template.nodelist.render(context)):
            yield
    finally:
        gc.set_threshold(*thresholds)
        logging.disable(logging.NOTSET)


def _uploads(probe: Probe) -> dict[str, Any]:
    uploads = {}
    for name, accept in probe.files:
        if "pdf" in accept:
            uploads[name] = SimpleUploadedFile("x.pdf", PDF, "application/pdf")
        else:
            uploads[name] = SimpleUploadedFile("x.xlsx", sheets.xlsx([["x"], ["1"]]))
    return uploads
