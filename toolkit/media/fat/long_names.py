"""Long names: thirteen UTF-16 units to a directory record, last piece first, tied to the alias by a checksum."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from toolkit.media.fat.aliases import checksum

if TYPE_CHECKING:
    from collections.abc import Sequence

MARK = 0x0F  # the attributes of a record that holds a piece of a long name
UNITS = 13

_LAYOUT = struct.Struct("<B10sBBB12sH4s")
_LAST = 0x40
_PIECE = UNITS * 2


def long_name_records(name: str, alias: bytes) -> tuple[bytes, ...]:
    """Give the records that go before the alias's own."""
    text = name.encode("utf-16-le")
    count = -(-len(text) // _PIECE)
    if len(text) < count * _PIECE:
        text = (text + b"\0\0").ljust(count * _PIECE, b"\xff")
    tie = checksum(alias)
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    return tuple(
        _LAYOUT.pack(number | (_LAST if number == count else 0), piece[:10], MARK, 0, tie, piece[10:22], 0, piece[22:])
        for number, piece in reversed(list(enumerate(pieces, 1)))
    )


def long_name(records: Sequence[bytes], alias: bytes) -> str | None:
    """Join the records found before an alias, or None where they are not all there or not the alias's own.

    Windows ignores such leftovers (of tools that know no long names) and shows the alias; so do we.
    """
    parts = [_LAYOUT.unpack(record) for record in records]
    numbers = [part[0] for part in parts]
    expected = [count | (_LAST if count == len(parts) else 0) for count in range(len(parts), 0, -1)]
    if not parts or numbers != expected or any(part[4] != checksum(alias) for part in parts):
        return None
    text = b"".join(part[1] + part[5] + part[7] for part in reversed(parts))
    units = [text[start : start + 2] for start in range(0, len(text), 2)]
    end = units.index(b"\0\0") if b"\0\0" in units else len(units)
    try:
        return b"".join(units[:end]).decode("utf-16-le")
    except UnicodeDecodeError:
        return None
