"""Names in OSTA CS0: one byte per letter where all are Latin-1, two where not (UDF 1.02, 2.1.1 and 2.1.3)."""

from __future__ import annotations

from toolkit.media.udf.failure import DamagedUdfError

LONGEST = 255  # bytes, with the one that says how the rest is written (UDF 1.02, 2.3.4.3)

_LATIN = 8
_WIDE = 16


def encoded(name: str) -> bytes:
    """Write a name in the shorter form that holds it."""
    try:
        return bytes([_LATIN]) + name.encode("latin-1")
    except UnicodeEncodeError:
        return bytes([_WIDE]) + name.encode("utf-16-be")


def decoded(raw: bytes) -> str:
    """Read a name. Raises DamagedUdfError where it is not valid text."""
    if not raw:
        return ""
    try:
        match raw[0]:
            case 8:
                return raw[1:].decode("latin-1")
            case 16:
                return raw[1:].decode("utf-16-be")
            case form:
                raise DamagedUdfError(f"a name is written in a form unknown to UDF ({form})")
    except UnicodeDecodeError as err:
        raise DamagedUdfError("a name is not valid text") from err


def from_field(raw: bytes) -> str:
    """Read a name of fixed size, whose last byte tells how much of it is used; without its padding."""
    return decoded(raw[: min(raw[-1], len(raw) - 1)]).rstrip("\0 ")
