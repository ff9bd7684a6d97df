"""Errors of starting up that a person can mend: shown as one line, never as a traceback."""

import sys
from typing import NoReturn


class ConfigurationError(Exception):
    """A variable of the environment is wrong or missing; the text is one line that names the mend."""


def fail(message: str) -> NoReturn:
    """End the process with one line on the error stream."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(1)
