"""The file allocation table: twelve or sixteen bits for each cluster, naming the one that follows it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LAST = 0xFFFF  # in FAT12, the lower twelve bits of it
FIRST_END_MARK = 0xFFF8  # the same


def pack_fat(links: Sequence[int], size: int, bits: int = 12) -> bytes:
    """Write links of `bits` bits, two of twelve to three bytes, into a table of `size` bytes."""
    if bits == 16:
        return struct.pack(f"<{len(links)}H", *links).ljust(size, b"\0")
    table = bytearray(size)
    for number, wide in enumerate(links):
        link = wide & 0xFFF
        offset = number * 3 // 2
        if number % 2:
            table[offset] |= (link & 0xF) << 4
            table[offset + 1] = link >> 4
        else:
            table[offset] = link & 0xFF
            table[offset + 1] |= link >> 8
    return bytes(table)


def link_after(table: bytes, cluster: int, bits: int = 12) -> int | None:
    """What follows a cluster, or None where the table does not reach that far."""
    offset = cluster * bits // 8
    if offset + 2 > len(table):
        return None
    if bits == 16:
        return table[offset] | table[offset + 1] << 8
    pair = table[offset] | table[offset + 1] << 8
    return pair >> 4 if cluster % 2 else pair & 0xFFF
