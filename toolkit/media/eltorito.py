"""El Torito: which programs a CD starts, and from where (El Torito Specification 1.0, 1995; UEFI 2.10, 13.3.2)."""

from __future__ import annotations

import struct
from dataclasses import field
from enum import IntEnum
from typing import TYPE_CHECKING, BinaryIO

from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTOR = 2048

_FIRST_DESCRIPTOR = 16
_DESCRIPTORS = 64
_TERMINATOR = 255
_MARK = b"EL TORITO SPECIFICATION"
_RECORD = 32
_BOOTABLE = 0x88
_HEADERS = (0x90, 0x91)  # more follow, the last
_EXTENDED = 0x44
_ENTRY = struct.Struct("<BBHBxHI")


class Platform(IntEnum):
    """What a boot entry is for."""

    BIOS = 0
    POWER_PC = 1
    MAC = 2
    UEFI = 0xEF


@dataclass(frozen=True, slots=True)
class BootEntry:
    """One program to start. `sectors` are of 512 bytes, `block` of 2048; `offset` is within the catalogue."""

    platform: int
    bootable: bool
    segment: int
    sectors: int
    block: int
    offset: int


@dataclass(frozen=True, slots=True)
class BootCatalogue:
    """The table of boot entries, and the block of the image that it is."""

    sector: int
    raw: bytes = field(repr=False)
    entries: tuple[BootEntry, ...]

    def with_entry(self, entry: BootEntry, block: int, sectors: int) -> BootCatalogue:
        """Let an entry start what lies at `block`. The catalogue has no checksum over these."""
        raw = bytearray(self.raw)
        struct.pack_into("<HI", raw, entry.offset + 6, sectors, block)
        return BootCatalogue(self.sector, bytes(raw), tuple(_entries(bytes(raw))))


def boot_catalogue(image: BinaryIO) -> BootCatalogue | None:
    """Read the catalogue; None where the image has none, or one that its own checksum denies."""
    sector = _catalogue_sector(image)
    if sector is None:
        return None
    image.seek(sector * SECTOR)
    raw = image.read(SECTOR)
    if len(raw) != SECTOR or not _is_valid(raw[:_RECORD]):
        return None
    return BootCatalogue(sector, raw, tuple(_entries(raw)))


def _catalogue_sector(image: BinaryIO) -> int | None:
    image.seek(_FIRST_DESCRIPTOR * SECTOR)
    for _ in range(_DESCRIPTORS):
        descriptor = image.read(SECTOR)
        if len(descriptor) < SECTOR or descriptor[1:6] != b"CD001" or descriptor[0] == _TERMINATOR:
            return None
        if descriptor[0] == 0 and descriptor[7:39].rstrip(b"\0 ") == _MARK:
            return int.from_bytes(descriptor[71:75], "little")
    return None


def _is_valid(entry: bytes) -> bool:
    """The words of the validation entry add up to nothing."""
    return entry[0] == 1 and entry[30:] == b"\x55\xaa" and sum(struct.unpack("<16H", entry)) & 0xFFFF == 0


def _entries(raw: bytes) -> Iterator[BootEntry]:
    """Read the initial entry, then each section's."""
    yield _entry(raw, _RECORD, raw[1])
    at = 2 * _RECORD
    while at + _RECORD <= len(raw) and raw[at] in _HEADERS:
        last, platform = raw[at] == _HEADERS[1], raw[at + 1]
        (count,) = struct.unpack_from("<H", raw, at + 2)
        at += _RECORD
        for _ in range(count):
            if at + _RECORD > len(raw):
                return
            yield _entry(raw, at, platform)
            at = _after_extensions(raw, at + _RECORD)
        if last:
            return


def _entry(raw: bytes, at: int, platform: int) -> BootEntry:
    mark, _, segment, _, sectors, block = _ENTRY.unpack_from(raw, at)
    return BootEntry(platform, mark == _BOOTABLE, segment, sectors, block, at)


def _after_extensions(raw: bytes, at: int) -> int:
    while at + _RECORD <= len(raw) and raw[at] == _EXTENDED:
        at += _RECORD
    return at
