"""The lawful ways of a case as a drawing, for the docs."""

from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import translation

from . import states
from .models import Case

PLACE: Final = Path(settings.BASE_DIR) / "docs" / "states.md"
_HEAD: Final = """# The ways of a case

Made from `apps/objections/states.py` by `manage.py draw_states`; a test fails where this file says something else. The
database refuses every other change of state. An arrow names the action and who takes it; an open case of an objection
keeps its record marked.
"""


def drawing() -> str:
    """The page with a diagram for each kind of case (Mermaid)."""
    with translation.override("en"):
        return "\n".join([_HEAD, *(_diagram(kind) for kind in states.KINDS)])


def _diagram(kind: str) -> str:
    steps = [step for step in states.STEPS if kind in step.kinds]
    reached = [state for state in Case.State if any(step.target == state for step in steps)]
    lines = [f"## {Case.Kind(kind).label.capitalize()}\n", "```mermaid", "stateDiagram-v2"]
    lines += [f'    state "{state.label}" as {state.value}' for state in reached]
    for step in steps:
        action = step.action.replace("_", " ") + (", once" if step.once else "")
        lines.append(f"    {step.source or '[*]'} --> {step.target}: {action} ({step.by})")
    lines += [f"    {state.value} --> [*]" for state in reached if state not in states.OPEN]
    return "\n".join([*lines, "```", ""])
