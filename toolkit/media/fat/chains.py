"""The file allocation table of FAT12: twelve bits for each cluster, naming the one that follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LAST = 0xFFF


def pack_fat(links: Sequence[int], size: int) -> bytes:
    """Write links, two to three bytes, into a table of `size` bytes."""
    table = bytearray(size)
    for number, link in enumerate(links):
        offset = number * 3 // 2
        if number % 2:
            table[offset] |= (link & 0xF) << 4
            table[offset + 1] = link >> 4
        else:
            table[offset] = link & 0xFF
            table[offset + 1] |= link >> 8
    return bytes(table)


def link_after(table: bytes, cluster: int) -> int | None:
    """What follows a cluster, or None where the table does not reach that far."""
    offset = cluster * 3 // 2
    if offset + 2 > len(table):
        return None
    pair = table[offset] | table[offset + 1] << 8
    return pair >> 4 if cluster % 2 else pair & 0xFFF
