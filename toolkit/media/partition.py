"""The master boot record: one partition, and a message for a guest that tries to boot from the disk."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

from toolkit.media.extents import Extent
from toolkit.media.fat.boot_sector import SIGNATURE, boot_code
from toolkit.media.fat.geometry import SECTOR

if TYPE_CHECKING:
    from collections.abc import Iterator

FAT16 = 0x0E  # found by sector number, not by cylinder
FAT_TYPES = frozenset({0x01, 0x04, 0x06, 0x0E})  # FAT12, FAT16 small, large, large by sector number
MESSAGE = b"This disk holds answer files and is not bootable. Remove it and press a key.\r\n\0"

_SIGNATURE_AT = 440
_TABLE_AT = 446
_ENTRY = struct.Struct("<B3sB3sII")
_ENTRIES = 4
_HEADS, _PER_TRACK = 255, 63
_NO_CYLINDER = bytes([0xFE, 0xFF, 0xFF])  # beyond what cylinders can express


def boot_record(first: int, sectors: int, kind: int, signature: int) -> bytes:
    """Lay out a disk's first sector. `signature` is the number by which Windows tells disks apart."""
    last = first + sectors - 1
    entry = _ENTRY.pack(0, _cylinder(first), kind, _cylinder(last), first, sectors)
    code = boot_code(0, MESSAGE).ljust(_SIGNATURE_AT, b"\0")
    return code + struct.pack("<IH", signature, 0) + entry.ljust(_ENTRIES * _ENTRY.size, b"\0") + SIGNATURE


def partitions(image: BinaryIO) -> Iterator[tuple[int, Extent]]:
    """Read the table of primary partitions: each one's type, and where it lies, as far as that is within the image."""
    size = image.seek(0, 2)
    image.seek(0)
    record = image.read(SECTOR)
    if record[SECTOR - len(SIGNATURE) :] != SIGNATURE:
        return
    for number in range(_ENTRIES):
        _, _, kind, _, first, sectors = _ENTRY.unpack_from(record, _TABLE_AT + number * _ENTRY.size)
        if kind and sectors and first > 0 and (first + sectors) * SECTOR <= size:
            yield kind, Extent(first * SECTOR, sectors * SECTOR)


def _cylinder(sector: int) -> bytes:
    """Write a sector's number as head, sector and cylinder, in three bytes of 8, 6 and 10 bits."""
    track, within = divmod(sector, _PER_TRACK)
    cylinder, head = divmod(track, _HEADS)
    if cylinder > 1023:
        return _NO_CYLINDER
    return bytes([head, within + 1 | cylinder >> 8 << 6, cylinder & 0xFF])
