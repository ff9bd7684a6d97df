"""Views that a page asks by itself."""

from typing import Any


def unattended(view: Any) -> Any:
    """Marks a view that a page asks by itself, again and again: it keeps no session alive."""
    view.unattended = True
    return view
