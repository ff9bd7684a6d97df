"""Secrets: from the environment in production; on a developer's machine made once and kept under ``var/secrets``."""

import base64
import contextlib
import os
import secrets as random
from pathlib import Path

from credit_city.errors import ConfigurationError

SECRETS_DIR = Path(__file__).resolve().parent.parent / "var" / "secrets"


def kept(name: str, make: str) -> str:
    """Return the secret kept in the file ``name`` (mode 0600), writing ``make`` there first when there is none.

    The folder is made by ``make``, never here: a server that was given no secrets must not invent its own.
    """
    path = SECRETS_DIR / name
    if not path.exists():
        if not SECRETS_DIR.exists():
            raise ConfigurationError(
                f"{name.upper()} is not set: set it in the environment (docs/operations.md), "
                "or run `make setup` on a developer's machine."
            )
        # Complete before it gets its name: two processes that start together must read the same secret.
        new = SECRETS_DIR / f".{name}.{os.getpid()}.{random.token_hex(4)}"
        with open(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(make)
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
        new.unlink()
    return path.read_text().strip()


def secret(name: str, length: int) -> str:
    """A secret text of at least ``length`` characters: environment variable ``name``, else the kept one."""
    return os.environ.get(name) or kept(name.lower(), random.token_urlsafe(length))


def master_keys() -> list[bytes]:
    """The 32-byte master keys that wrap data keys, newest first (``MASTER_KEYS``: base64, separated by commas)."""
    text = os.environ.get("MASTER_KEYS") or kept("master_keys", base64.b64encode(random.token_bytes(32)).decode())
    return [base64.b64decode(part) for part in text.split(",")]
