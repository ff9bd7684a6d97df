"""All that happened in a case, in order, as its page tells it."""

import datetime
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from .models import Case, Event, Evidence, Letter

NOTE: Final = "note"
WORDS: Final[dict[str, tuple[str | Promise, str]]] = {
    "file": (gettext_lazy("taken in"), "warning"),
    "take": (gettext_lazy("taken over by"), "default"),
    "hand_over": (gettext_lazy("handed over to"), "default"),
    "accept": (gettext_lazy("accepted"), "info"),
    "refuse": (gettext_lazy("not accepted"), "danger"),
    "route": (gettext_lazy("department asked"), "primary"),
    "recall": (gettext_lazy("taken back from the department"), "warning"),
    "answer": (gettext_lazy("answered by the department"), "info"),
    "correction": (gettext_lazy("correction prepared"), "default"),
    "propose": (gettext_lazy("proposed to the second person"), "warning"),
    "decide": (gettext_lazy("decided"), "success"),
    "send_back": (gettext_lazy("sent back by the second person"), "warning"),
    "retract": (gettext_lazy("retracted by the applicant"), "default"),
    "pause": (gettext_lazy("clock paused"), "info"),
    "resume": (gettext_lazy("clock runs again"), "info"),
    "notify": (gettext_lazy("applicant told"), "success"),
    "reopen": (gettext_lazy("reopened"), "warning"),
    "province": (gettext_lazy("review at the province"), "warning"),
    "paper": (gettext_lazy("paper added"), "default"),
    "letter": (pgettext_lazy("objections", "letter made"), "default"),
    "told": (gettext_lazy("colleagues told"), "default"),
    "recount": (gettext_lazy("days counted again"), "info"),
    NOTE: (gettext_lazy("internal note"), "default"),
}
"""What of an event -> its words and the tone of its badge."""
FILES: Final = ("paper", "letter")
"""Told by the files themselves, which know more."""


@dataclass(frozen=True)
class Entry:
    """One line of the timeline. ``told``: the applicant may know of it."""

    at: datetime.datetime
    label: str
    tone: str
    who: str
    text: str
    told: bool


def timeline(case: Case) -> tuple[list[Entry], list[Entry]]:
    """What happened, oldest first, and apart from it the notes of the officers, newest first. One query; the papers
    and letters of the case are taken as they were read before."""
    events = list(case.events.select_related("actor"))
    happened = [_entry(each) for each in events if each.what not in {NOTE, *FILES}]
    happened += [_paper(each) for each in case.evidence.all()] + [_letter(each) for each in case.letters.all()]
    notes = [_entry(each) for each in reversed(events) if each.what == NOTE]
    # Papers that came with the application are kept a moment before it is written down.
    begun = events[0].at if events else case.filed_at
    return sorted(happened, key=lambda entry: max(entry.at, begun)), notes


def _entry(event: Event) -> Entry:
    label, tone = WORDS.get(event.what, (event.what, "default"))
    who = event.actor.name if event.actor else _("the system")
    return Entry(event.at, str(label), tone, who, event.text, event.for_applicant)


def _paper(paper: Evidence) -> Entry:
    label, tone = WORDS["paper"]
    text = f"{paper.name} · {paper.get_what_display()} · {paper.get_brought_by_display()}"
    told: Any = paper.brought_by == Evidence.By.APPLICANT
    return Entry(paper.added_at, str(label), tone, paper.added_by.name, text, told)


def _letter(letter: Letter) -> Entry:
    label, tone = WORDS["letter"]
    told = letter.is_for_applicant
    return Entry(letter.added_at, str(label), tone, letter.added_by.name, f"{letter.number} · {letter.name}", told)
