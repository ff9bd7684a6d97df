"""Envelope encryption: what opens, what does not, and after what."""

import base64
import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from apps.core import crypto

NUMBER = "11010519491231002X"
FIELD = b"person.identity"


@given(st.text(max_size=60), st.binary(max_size=20))
def test_what_was_sealed_opens(text: str, context: bytes) -> None:
    plain, wrapped = crypto.new_data_key()
    sealed = crypto.encrypt(plain, text, context)
    assert crypto.decrypt(crypto.unwrap(wrapped), sealed, context) == text
    assert crypto.decrypt(plain, memoryview(sealed), context) == text


def test_equal_texts_are_sealed_differently_and_do_not_show() -> None:
    plain, _ = crypto.new_data_key()
    first, second = (crypto.encrypt(plain, NUMBER, FIELD) for _ in range(2))
    assert first != second
    assert NUMBER.encode() not in first


def test_a_sealed_value_opens_only_in_its_place_with_its_key_unchanged() -> None:
    plain, _ = crypto.new_data_key()
    other, _ = crypto.new_data_key()
    sealed = crypto.encrypt(plain, NUMBER, FIELD)
    changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    for key, value, context in (
        (other, sealed, FIELD),
        (plain, sealed, b"person.phone"),
        (plain, changed, FIELD),
        (plain, sealed[:20], FIELD),
        (plain, b"", FIELD),
        (plain, b"\x02" + sealed[1:], FIELD),
    ):
        with pytest.raises(crypto.Tampered):
            crypto.decrypt(key, value, context)


@pytest.mark.parametrize("gone", [None, b"", memoryview(b"")])
def test_a_destroyed_key_says_so(gone: Any) -> None:
    with pytest.raises(crypto.KeyDestroyed, match="destroyed"):
        crypto.unwrap(gone)


def test_a_changed_wrapped_key_does_not_open() -> None:
    _, wrapped = crypto.new_data_key()
    for damaged in (wrapped[:-1] + bytes([wrapped[-1] ^ 1]), wrapped[:-1], b"x" * len(wrapped)):
        with pytest.raises(crypto.Tampered):
            crypto.unwrap(damaged)


def test_a_master_key_is_replaced_without_a_stop(settings: Any) -> None:
    old, new = crypto.generate_master_key(), crypto.generate_master_key()
    settings.MASTER_KEYS = [old]
    plain, wrapped = crypto.new_data_key()
    before = crypto.fingerprint("resident_identity", NUMBER)

    settings.MASTER_KEYS = [new, old]
    assert crypto.unwrap(wrapped) == plain
    assert not crypto.is_current(wrapped)
    assert before in crypto.fingerprints("resident_identity", NUMBER)
    assert before != crypto.fingerprint("resident_identity", NUMBER)
    rewrapped = crypto.rewrap(wrapped)
    assert crypto.is_current(rewrapped)

    settings.MASTER_KEYS = [new]
    assert crypto.unwrap(rewrapped) == plain
    with pytest.raises(crypto.UnknownMasterKey):
        crypto.unwrap(wrapped)


def test_the_fingerprint_is_an_hmac_under_a_derived_key(settings: Any) -> None:
    master = bytes(range(32))
    settings.MASTER_KEYS = [base64.b64encode(master).decode()]
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"credit-city fingerprint").derive(master)
    message = b"\x00\x05phone" + b"13812345678"
    assert crypto.fingerprint("phone", "13812345678") == hmac.new(derived, message, hashlib.sha256).digest()
    settings.MASTER_KEYS = [master]
    assert crypto.fingerprint("phone", "13812345678") == hmac.new(derived, message, hashlib.sha256).digest()


def test_fingerprints_find_equal_values_of_one_kind() -> None:
    assert crypto.fingerprint("phone", "1") == crypto.fingerprint("phone", "1")
    assert crypto.fingerprint("phone", "1") != crypto.fingerprint("fax", "1")
    assert crypto.fingerprint("ab", "c") != crypto.fingerprint("a", "bc")


@pytest.mark.parametrize("keys", [[], ["not base64!"], [base64.b64encode(b"short").decode()], [b"short"]])
def test_bad_master_keys_are_named(settings: Any, keys: list[Any]) -> None:
    settings.MASTER_KEYS = keys
    with pytest.raises(ImproperlyConfigured, match="MASTER_KEYS"):
        crypto.new_data_key()


def test_a_single_master_key_is_taken(settings: Any) -> None:
    del settings.MASTER_KEYS
    settings.MASTER_KEY = crypto.generate_master_key()
    plain, wrapped = crypto.new_data_key()
    assert crypto.unwrap(wrapped) == plain
