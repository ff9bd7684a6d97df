"""Secrets: from the environment in production; on a developer's machine made once and kept under ``var/secrets``."""

import base64
import os
import secrets as random
from pathlib import Path

SECRETS_DIR = Path(__file__).resolve().parent.parent / "var" / "secrets"


def kept(name: str, make: str) -> str:
    """Return the secret kept in the file ``name``, writing ``make`` there first when there is none (mode 0600)."""
    path = SECRETS_DIR / name
    SECRETS_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(make)
    except FileExistsError:
        pass
    return path.read_text().strip()


def secret(name: str, length: int) -> str:
    """A secret text of at least ``length`` characters: environment variable ``name``, else the kept one."""
    return os.environ.get(name) or kept(name.lower(), random.token_urlsafe(length))


def master_keys() -> list[bytes]:
    """The 32-byte master keys that wrap data keys, newest first (``MASTER_KEYS``: base64, separated by commas)."""
    text = os.environ.get("MASTER_KEYS") or kept("master_keys", base64.b64encode(random.token_bytes(32)).decode())
    return [base64.b64decode(part) for part in text.split(",")]
