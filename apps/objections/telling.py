"""Who hears of what happens in a case."""

from .models import Case, Event


def tell(case: Case, event: Event) -> None:
    """Let those know whom the step concerns."""
