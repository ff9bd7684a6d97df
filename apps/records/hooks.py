"""What apps of upper floors put beside a record on its page; they register in ``AppConfig.ready``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest


@dataclass(frozen=True)
class Way:
    """A way that leads on from a record: a button."""

    title: str
    icon: str
    link: str


@dataclass(frozen=True)
class Matter:
    """Something open about a record: its name, how it stands, where it is."""

    title: str
    note: str
    link: str


@dataclass(frozen=True)
class Beside:
    """What is put beside a record."""

    ways: tuple[Way, ...] = ()
    matters: tuple[Matter, ...] = ()


beside_record: Final[list[Callable[[HttpRequest, Any], Beside]]] = []
"""``hook(request, record)``, asked when the page of a record is made; it shows nobody what that person may not see."""


def beside(request: HttpRequest, record: Any) -> Beside:
    """All that is put beside the record, for the person of this request."""
    found = [hook(request, record) for hook in beside_record]
    return Beside(
        tuple(way for each in found for way in each.ways), tuple(one for each in found for one in each.matters)
    )
