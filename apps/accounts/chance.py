"""Random secrets for people to read and type."""

import secrets
from typing import Final

# Without letters and digits that look alike on paper.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"


def readable_secret(*, groups: int, length: int) -> str:
    """Small letters and digits in groups with dashes between: 4.95 bits for each character."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _place in range(length)) for _group in range(groups))
