"""DER as far as certificates need it: tag, length, value. Reads what strangers sent, so every length is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

SEQUENCE = 0x30
OBJECT_IDENTIFIER = 0x06
_LONGEST_LENGTH = 4  # bytes; a certificate is kilobytes


class DerError(ValueError):
    """The bytes are no DER, or not of the expected shape."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element. `content` leaves out tag and length."""

    tag: int
    content: bytes

    def inside(self) -> tuple[Element, ...]:
        """Give the elements of a constructed one. Raises DerError."""
        return tuple(elements(self.content))


def elements(data: bytes) -> Iterator[Element]:
    """Read the elements that stand one after the other. Raises DerError where one is cut off."""
    at = 0
    while at < len(data):
        tag = data[at]
        length, start = _length(data, at + 1)
        if start + length > len(data):
            raise DerError(f"the element at byte {at} is cut off")
        yield Element(tag, data[start : start + length])
        at = start + length


def only(data: bytes, tag: int) -> Element:
    """Give the first element, which must have this tag. Raises DerError."""
    first = next(elements(data), None)
    if first is None or first.tag != tag:
        raise DerError(f"no element of tag {tag:#x}")
    return first


def dotted(content: bytes) -> str:
    """Write an object identifier with dots (X.690, 8.19)."""
    parts: list[int] = []
    number = 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            parts.append(number)
            number = 0
    if not parts:
        return ""
    first = min(parts[0] // 40, 2)
    return ".".join(map(str, (first, parts[0] - 40 * first, *parts[1:])))


def _length(data: bytes, at: int) -> tuple[int, int]:
    if at >= len(data):
        raise DerError("a length is missing")
    short = data[at]
    if short < 0x80:
        return short, at + 1
    count = short & 0x7F
    digits = data[at + 1 : at + 1 + count]
    if not 1 <= count <= _LONGEST_LENGTH or len(digits) < count:
        raise DerError("a length cannot be read")
    return int.from_bytes(digits, "big"), at + 1 + count
