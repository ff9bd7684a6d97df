"""What receivers outside can be told of. Each app registers its events when it is ready; people choose among them."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class WebhookEvent:
    """``register(WebhookEvent("case.closed", _("Case closed"), ("number", "state")))``.

    ``fields``: all that a message may hold of it: numbers of cases, kinds, states, days. Never anything of a person.
    """

    name: str
    title: str | Promise
    fields: tuple[str, ...]


EVENTS: Final[dict[str, WebhookEvent]] = {}
"""All events that can be chosen, by name."""

TEST: Final = WebhookEvent("webhook.test", _("Test message"), ("day",))
"""What an administrator sends to try a receiver; nobody chooses it."""


def title_of(name: str) -> str | Promise:
    """What an event is called; of one that no app registers any more its name."""
    found = TEST if name == TEST.name else EVENTS.get(name)
    return found.title if found else name


def register(event: WebhookEvent) -> None:
    """Make an event known. Raises ValueError when another one has its name."""
    if EVENTS.setdefault(event.name, event) != event:
        raise ValueError(f"two events are called {event.name!r}")
