"""The tables of cases: the case itself, its parts, and its files."""

from .case import Case, Counter
from .files import Evidence, Letter, StoredFile
from .parts import Event, Passage, Pause

__all__ = ["Case", "Counter", "Event", "Evidence", "Letter", "Passage", "Pause", "StoredFile"]
