"""The two departments between which somebody might leak, and the person who looks from the one to the other."""

from dataclasses import dataclass

from tests.delivered import load_rules
from tests.planting import MADE_LATER, OURS, PERSONA, SEEN, THEIRS, Side, numbered_from, plant, set_sequences

from .personas import Persona, persona


@dataclass
class World:
    """Two departments, and a person who looks at the second from the first. ``theirs`` is planted by the walk.

    ``seen``: what the person may lawfully see of the second.
    """

    ours: Side
    theirs: Side
    seen: Side
    persona: Persona

    @property
    def forbidden(self) -> set[str]:
        """What this person must never read."""
        return {mark for mark, (model, _name) in self.theirs.marks.items() if not self.persona.may_open(model)} | set(
            self.seen.past
        )

    def plant_theirs(self) -> None:
        """The rows that the person must not notice."""
        plant(self.theirs, owned=True, overseen=self.persona.oversees)


def world(name: str) -> World:
    """Rules, both departments with their people, our rows, and of theirs what the person may lawfully see."""
    ours, theirs, seen = Side("o", OURS), Side("t", THEIRS), Side("s", SEEN)
    load_rules()
    for side in (ours, theirs):
        plant(side, owned=False)
    plant(ours, owned=True)
    with numbered_from(PERSONA):
        who = persona(name, ours)
    if who.oversees:
        seen.office, seen.company = theirs.office, theirs.company
        plant(seen, owned=True, overseen=who.oversees)
    set_sequences(MADE_LATER)
    return World(ours, theirs, seen, who)
