"""The kinds of notices. Each app registers its own when it is ready; a notice is put into words when it is read, in the
language of whoever reads it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise


@dataclass(frozen=True)
class NoticeKind:
    """What people are told about: ``register(NoticeKind("case-due", _("Case due"), _("Case %(number)s is ...")))``.

    ``title`` says it without parameters, ``text`` with those of the notice. ``choices``: the parameters that hold a
    code, with what it is called (``{"stage": Stage.choices}``). ``mailed``: the parameters that may stand in a mail,
    which leaves the platform: numbers of cases, never anything of a person. ``icon``: a Material Symbol; ``tone``:
    info, success, warning or danger.
    """

    code: str
    title: str | Promise
    text: str | Promise
    icon: str = "notifications"
    tone: str = "info"
    mailed: tuple[str, ...] = ("number",)
    choices: Mapping[str, Iterable[tuple[Any, Any]]] = field(default_factory=dict)

    def words(self, parameters: Mapping[str, Any]) -> dict[str, str]:
        """The parameters as they are read, codes by their names."""
        names = {name: dict(choices) for name, choices in self.choices.items()}
        return {name: str(names.get(name, {}).get(value, value)) for name, value in parameters.items()}

    def sentence(self, parameters: Mapping[str, Any]) -> str:
        """The text with its parameters, in the language of the moment. Raises KeyError where one is missing."""
        return str(self.text) % self.words(parameters)


KINDS: Final[dict[str, NoticeKind]] = {}
"""All registered kinds by their code."""


def register(kind: NoticeKind) -> None:
    """Make a kind known. Raises ValueError when another one has its code."""
    if KINDS.setdefault(kind.code, kind) != kind:
        raise ValueError(f"two kinds of notices are called {kind.code!r}")
