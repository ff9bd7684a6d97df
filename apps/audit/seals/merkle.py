"""The Merkle tree of RFC 9162 (section 2.1) over SHA-256."""

from hashlib import sha256

HASH_BYTES = 32


def leaf(text: bytes) -> bytes:
    """The hash of a leaf."""
    return sha256(b"\0" + text).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\1" + left + right).digest()


def root(hashes: list[bytes]) -> bytes:
    """The hash of the tree with these leaves."""
    if not hashes:
        return sha256(b"").digest()
    level = hashes
    while len(level) > 1:
        level = _above(level)
    return level[0]


def path(hashes: list[bytes], index: int) -> list[bytes]:
    """The hashes that lead from the leaf at ``index`` (from 0) to the root, lowest first."""
    if not 0 <= index < len(hashes):
        raise IndexError(index)
    found, level = [], hashes
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            found.append(level[beside])
        level, index = _above(level), index // 2
    return found


def _above(level: list[bytes]) -> list[bytes]:
    # A last node without a partner moves up as it is: the same tree as the RFC's split at the largest power of two.
    paired = [sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    return [*paired, level[-1]] if len(level) % 2 else paired
