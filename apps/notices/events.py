"""What receivers outside can be told of. Each app registers its events when it is ready; people choose among them."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise


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

TEST: Final = "webhook.test"
"""The event of a message that an administrator sends to try a receiver."""


def register(event: WebhookEvent) -> None:
    """Make an event known. Raises ValueError when another one has its name."""
    if EVENTS.setdefault(event.name, event) != event:
        raise ValueError(f"two events are called {event.name!r}")
