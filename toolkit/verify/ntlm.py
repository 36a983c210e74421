"""What an NTLM challenge tells anybody: the guest's names, its build, and its clock ([MS-NLMP] 2.2.1.2)."""

from __future__ import annotations

import base64
import binascii
import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGNATURE = b"NTLMSSP\x00"
_CHALLENGE = 2
# NEGOTIATE: Unicode, request target, NTLM, always sign, extended session security, version, 128, key exchange, 56.
_FLAGS = (
    0x00000001 | 0x00000004 | 0x00000200 | 0x00008000 | 0x00080000 | 0x02000000 | 0x20000000 | 0x40000000 | 0x80000000
)
_VERSION_FLAG = 0x02000000
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_COMPUTER, _DOMAIN, _DNS_COMPUTER, _DNS_DOMAIN, _DNS_FOREST, _TIME = 1, 2, 3, 4, 5, 7


@dataclass(frozen=True, slots=True)
class Challenge:
    """Text is empty and values are None where the challenge does not say."""

    target: str = ""
    build: str = ""
    computer: str = ""
    domain: str = ""
    dns_computer: str = ""
    dns_domain: str = ""
    time: datetime | None = None


def negotiate_header() -> str:
    """Give the Authorization that asks for a challenge. It names nobody, and proves nothing."""
    message = _SIGNATURE + struct.pack("<II", 1, _FLAGS) + bytes(16) + struct.pack("<BBHxxxB", 10, 0, 0, 15)
    return f"Negotiate {base64.b64encode(message).decode('ascii')}"


def read_challenge(headers: Iterable[str]) -> Challenge | None:
    """Find the challenge in the values of WWW-Authenticate; None where there is none that can be read."""
    for header in headers:
        scheme, _, blob = header.strip().partition(" ")
        if scheme.casefold() in {"negotiate", "ntlm"} and blob:
            try:
                return parse_challenge(base64.b64decode(blob.strip(), validate=True))
            except (binascii.Error, ValueError, struct.error):
                return None
    return None


def parse_challenge(message: bytes) -> Challenge:
    """Read a challenge. Raises ValueError or struct.error where it is none."""
    if not message.startswith(_SIGNATURE) or struct.unpack_from("<I", message, 8) != (_CHALLENGE,):
        raise ValueError("not an NTLM challenge")
    (flags,) = struct.unpack_from("<I", message, 20)
    pairs = _pairs(_field(message, 40))
    return Challenge(
        target=_text(_field(message, 12)),
        build=_version(message) if flags & _VERSION_FLAG else "",
        computer=_text(pairs.get(_COMPUTER, b"")),
        domain=_text(pairs.get(_DOMAIN, b"")),
        dns_computer=_text(pairs.get(_DNS_COMPUTER, b"")),
        dns_domain=_text(pairs.get(_DNS_DOMAIN, b"") or pairs.get(_DNS_FOREST, b"")),
        time=_time(pairs.get(_TIME, b"")),
    )


def _field(message: bytes, at: int) -> bytes:
    length, _, offset = struct.unpack_from("<HHI", message, at)
    return message[offset : offset + length]


def _pairs(info: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(info):
        kind, length = struct.unpack_from("<HH", info, at)
        if kind == 0:
            break
        found[kind] = info[at + 4 : at + 4 + length]
        at += 4 + length
    return found


def _version(message: bytes) -> str:
    major, minor, build = struct.unpack_from("<BBH", message, 48)
    return f"{major}.{minor}.{build}"


def _text(data: bytes) -> str:
    return data.decode("utf-16-le", "replace")


def _time(data: bytes) -> datetime | None:
    if len(data) != 8:
        return None
    (ticks,) = struct.unpack("<Q", data)
    try:
        return _EPOCH + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return None
