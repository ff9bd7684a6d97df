"""Envelope encryption of personal data, AES-256-GCM throughout.

A person has a data key; the data key is stored wrapped by the master key of the installation. Destroying the wrapped
key makes everything of that person unreadable, in history and backups too. `settings.MASTER_KEYS` is a list of keys of
32 bytes (as bytes, or as base64 text): the first wraps, all of them unwrap, so that a key can be replaced without a
stop (`settings.MASTER_KEY`, a single key, is taken when the list is missing).

Bytes of a sealed value: version (1), nonce (12), ciphertext with tag (length of the text + 16).
Bytes of a wrapped key: version (1), id of the master key (8), nonce (12), ciphertext with tag (48). A model says in
`wrapped_keys` which of its columns hold some, so that a backup knows which master keys it needs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION: Final = b"\x01"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
KEY_ID_BYTES: Final = 8
WRAPPED_BYTES: Final = 1 + KEY_ID_BYTES + NONCE_BYTES + KEY_BYTES + TAG_BYTES
FINGERPRINT_BYTES: Final = 32
_WRAP_CONTEXT: Final = b"credit-city data key"

Bytes = bytes | bytearray | memoryview


class CryptoError(Exception):
    """Encrypted data cannot be read."""


class KeyDestroyed(CryptoError):
    """The person's data key was destroyed on purpose: the data is gone for good."""


class UnknownMasterKey(CryptoError):
    """The data key was wrapped by a master key that settings do not hold."""


class Tampered(CryptoError):
    """The bytes were changed, belong to another context, or the key is not theirs."""


@dataclass(frozen=True, slots=True)
class _MasterKey:
    key_id: bytes
    wrapping: AESGCM
    fingerprinting: bytes

    @classmethod
    def from_setting(cls, value: str | bytes) -> _MasterKey:
        try:
            key = base64.b64decode(value, validate=True) if isinstance(value, str) else value
        except (binascii.Error, ValueError) as error:
            raise ImproperlyConfigured("MASTER_KEYS holds a key that is not base64") from error
        if len(key) != KEY_BYTES:
            raise ImproperlyConfigured(f"MASTER_KEYS holds a key of {len(key)} bytes; a master key has {KEY_BYTES}")
        return cls(
            key_id=_derive(key, b"credit-city key id", KEY_ID_BYTES),
            wrapping=AESGCM(_derive(key, b"credit-city key wrapping", KEY_BYTES)),
            fingerprinting=_derive(key, b"credit-city fingerprint", KEY_BYTES),
        )


def _derive(key: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=purpose).derive(key)


@lru_cache(maxsize=8)
def _parsed(values: tuple[str | bytes, ...]) -> tuple[_MasterKey, ...]:
    if not values:
        raise ImproperlyConfigured("MASTER_KEYS is empty: set a base64 key of 32 bytes")
    return tuple(_MasterKey.from_setting(value) for value in values)


def _master_keys() -> tuple[_MasterKey, ...]:
    values = getattr(settings, "MASTER_KEYS", None) or [getattr(settings, "MASTER_KEY", "")]
    return _parsed(tuple(value for value in values if value))


def master_key_ids() -> list[str]:
    """The ids of the master keys that settings hold, in hexadecimal digits, the current one first. They tell nothing of
    the keys."""
    return [master.key_id.hex() for master in _master_keys()]


def generate_master_key() -> str:
    """A fresh master key as settings take it: base64 of 32 random bytes."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def new_data_key() -> tuple[bytes, bytes]:
    """A fresh data key: (plain 32 bytes, wrapped for storage)."""
    plain = os.urandom(KEY_BYTES)
    return plain, wrap(plain)


def wrap(plain_key: bytes) -> bytes:
    """`plain_key` (32 bytes) encrypted by the current master key."""
    if len(plain_key) != KEY_BYTES:
        raise ValueError(f"a data key has {KEY_BYTES} bytes, not {len(plain_key)}")
    master = _master_keys()[0]
    nonce = os.urandom(NONCE_BYTES)
    header = VERSION + master.key_id
    return header + nonce + master.wrapping.encrypt(nonce, plain_key, _WRAP_CONTEXT + header)


def unwrap(wrapped_key: Bytes | None) -> bytes:
    """The plain data key. Raises KeyDestroyed for an empty or missing key, UnknownMasterKey, Tampered."""
    wrapped = bytes(wrapped_key or b"")
    if not wrapped:
        raise KeyDestroyed("the data key of this person was destroyed; the data cannot be read any more")
    if len(wrapped) != WRAPPED_BYTES or wrapped[:1] != VERSION:
        raise Tampered("this is no wrapped data key")
    header, nonce, sealed = wrapped[:9], wrapped[9:21], wrapped[21:]
    for master in _master_keys():
        if master.key_id == header[1:]:
            try:
                return master.wrapping.decrypt(nonce, sealed, _WRAP_CONTEXT + header)
            except InvalidTag as error:
                raise Tampered("the wrapped data key was changed") from error
    raise UnknownMasterKey(f"no master key with id {header[1:].hex()} in MASTER_KEYS")


def is_current(wrapped_key: Bytes) -> bool:
    """Whether the key is wrapped by the first master key: False asks for `rewrap`."""
    return bytes(wrapped_key)[1 : 1 + KEY_ID_BYTES] == _master_keys()[0].key_id


def rewrap(wrapped_key: Bytes) -> bytes:
    """The same data key under the current master key. Errors as `unwrap`."""
    return wrap(unwrap(wrapped_key))


def encrypt(plain_key: bytes, text: str, context: bytes) -> bytes:
    """`text` sealed by a data key.

    `context` names the place of the value (say b"person.identity"); it is not stored, and the same must be given to
    `decrypt`, so that a value moved to another field does not open.
    """
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(plain_key).encrypt(nonce, text.encode(), context)


def decrypt(plain_key: bytes, sealed: Bytes, context: bytes) -> str:
    """The text of a sealed value. Raises Tampered when key, context or bytes do not belong together."""
    data = bytes(sealed)
    if len(data) < 1 + NONCE_BYTES + TAG_BYTES or data[:1] != VERSION:
        raise Tampered("this is no encrypted value")
    try:
        return AESGCM(plain_key).decrypt(data[1:13], data[13:], context).decode()
    except InvalidTag as error:
        raise Tampered("the value was changed, or it belongs to another person or field") from error


def fingerprint(kind: str, value: str) -> bytes:
    """Keyed hash (HMAC-SHA256, 32 bytes) by which an exact value is found without storing it.

    `kind` (say "resident_identity") keeps equal texts of different kinds apart. Bring `value` to its one form first
    (`clean_code`). The key is derived from the current master key: after a rotation recompute the stored
    fingerprints; until that is done, search with `fingerprints`.
    """
    return _fingerprint(_master_keys()[0], kind, value)


def fingerprints(kind: str, value: str) -> list[bytes]:
    """Fingerprints under every master key, current first: what a search compares with during a rotation."""
    return [_fingerprint(master, kind, value) for master in _master_keys()]


def _fingerprint(master: _MasterKey, kind: str, value: str) -> bytes:
    # The length of the kind goes first: ("a", "bc") and ("ab", "c") must differ.
    name = kind.encode()
    message = len(name).to_bytes(2, "big") + name + value.encode()
    return hmac.digest(master.fingerprinting, message, hashlib.sha256)
