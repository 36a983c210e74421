"""Allocation descriptors: where the pieces of a file lie (ECMA-167 4/14.14)."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from toolkit.media.udf.blocks import blocks_for
from toolkit.media.udf.failure import DamagedUdfError, UnsupportedUdfError

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_PIECE = 0x3FFF_F800  # bytes: 30 bits of length, in whole blocks

_SHORT = struct.Struct("<II")
_LONG = struct.Struct("<IIH6x")
_LENGTH = 0x3FFF_FFFF


class Form(IntEnum):
    """The low three bits of the ICB flags (ECMA-167 4/14.6.8)."""

    SHORT = 0
    LONG = 1
    EXTENDED = 2
    EMBEDDED = 3


class Kind(IntEnum):
    """The top two bits of a piece's length (ECMA-167 4/14.14.1.1)."""

    RECORDED = 0
    UNRECORDED = 1
    UNALLOCATED = 2
    CONTINUED = 3


class Address(NamedTuple):
    """A block within a partition; `partition` is the index of its map in the logical volume."""

    block: int
    partition: int = 0


class Piece(NamedTuple):
    """A run of blocks. `size` is in bytes; only the last piece of a file has part of a block."""

    address: Address
    size: int
    kind: Kind = Kind.RECORDED


def long_piece(raw: bytes, offset: int) -> Piece:
    """Read one long allocation descriptor."""
    length, block, partition = _LONG.unpack_from(raw, offset)
    return Piece(Address(block, partition), length & _LENGTH, Kind(length >> 30))


def pieces(raw: bytes, form: int, partition: int) -> Iterator[Piece]:
    """Read descriptors up to the first empty one. Short ones lie in the file entry's own `partition`."""
    match form:
        case Form.LONG:
            step = _LONG.size
        case Form.SHORT:
            step = _SHORT.size
        case _:
            raise UnsupportedUdfError(f"a file's extents are written in form {form}")
    if len(raw) % step:
        raise DamagedUdfError("the extents of a file are cut short")
    for offset in range(0, len(raw), step):
        if form == Form.LONG:
            piece = long_piece(raw, offset)
        else:
            length, block = _SHORT.unpack_from(raw, offset)
            piece = Piece(Address(block, partition), length & _LENGTH, Kind(length >> 30))
        if not piece.size:
            return
        yield piece


def short_descriptors(block: int, size: int) -> bytes:
    """Describe `size` contiguous bytes from `block` on."""
    described = bytearray()
    while size:
        length = min(size, LARGEST_PIECE)
        described += _SHORT.pack(length, block)
        block += blocks_for(length)
        size -= length
    return bytes(described)
