"""MD4 (RFC 1320), which NTLM keeps passwords in and which OpenSSL 3 no longer offers to hashlib."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MASK = 0xFFFFFFFF
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
_BLOCK = 64


def _choose(x: int, y: int, z: int) -> int:
    return (x & y) | (~x & z)


def _majority(x: int, y: int, z: int) -> int:
    return (x & y) | (x & z) | (y & z)


def _parity(x: int, y: int, z: int) -> int:
    return x ^ y ^ z


# Each round: its function, its constant, its four shifts, and the order in which it takes the words (RFC 1320, 3.4).
_ROUNDS: tuple[tuple[Callable[[int, int, int], int], int, tuple[int, ...], tuple[int, ...]], ...] = (
    (_choose, 0x00000000, (3, 7, 11, 19), tuple(range(16))),
    (_majority, 0x5A827999, (3, 5, 9, 13), (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
    (_parity, 0x6ED9EBA1, (3, 9, 11, 15), (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)),
)


def md4(data: bytes) -> bytes:
    """Give the 16-byte digest of `data`."""
    padded = data + b"\x80" + bytes((55 - len(data)) % _BLOCK) + struct.pack("<Q", len(data) * 8)
    state: tuple[int, ...] = _START
    for offset in range(0, len(padded), _BLOCK):
        mixed = _mixed(state, struct.unpack_from("<16I", padded, offset))
        state = tuple((old + new) & _MASK for old, new in zip(state, mixed, strict=True))
    return struct.pack("<4I", *state)


def nt_hash(password: str) -> bytes:
    """Give NTOWFv1 of a password ([MS-NLMP] 3.3.1)."""
    return md4(password.encode("utf-16-le", "surrogatepass"))


def _mixed(state: tuple[int, ...], words: tuple[int, ...]) -> tuple[int, ...]:
    a, b, c, d = state
    for function, constant, shifts, order in _ROUNDS:
        for step, word in enumerate(order):
            total = (a + function(b, c, d) + words[word] + constant) & _MASK
            shift = shifts[step % 4]
            a, b, c, d = d, ((total << shift) | (total >> (32 - shift))) & _MASK, b, c
    return a, b, c, d
