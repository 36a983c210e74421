"""The first sector of a FAT volume: its parameters, and the message for a guest that tries to boot from it."""

from __future__ import annotations

import struct

from toolkit.errors import UnreadableError
from toolkit.media.fat.geometry import FAT16_CLUSTERS, SECTOR, Geometry

MESSAGE = b"This floppy holds answer files and is not bootable. Remove it and press a key.\r\n\0"
SIGNATURE = b"\x55\xaa"

_PARAMETERS = struct.Struct("<3s8sHBHBHHBHHHIIBBBI11s8s")
_LOADED_AT = 0x7C00
# 8086: zero DS, print the message at SI character by character (int 10h), wait for a key (int 16h), boot on (int 19h).
_CODE = bytes.fromhex("31c0 8ed8 be0000 ac 08c0 7409 b40e bb0700 cd10 ebf2 31c0 cd16 cd19")
_MESSAGE_OPERAND = 5  # where the code loads SI
_MEDIA_BYTES = frozenset([0xF0, *range(0xF8, 0x100)])
_SECTOR_SIZES = frozenset([512, 1024, 2048, 4096])


def boot_sector(geometry: Geometry, label: bytes, serial: int, message: bytes = MESSAGE) -> bytes:
    """Lay out the sector. `label` is 11 bytes, padded with spaces; `message` ends in a zero."""
    many = geometry.sectors >= 1 << 16
    parameters = _PARAMETERS.pack(
        b"\xeb\x3c\x90",  # jump over the parameters
        b"MSWIN4.1",  # fatgen103 recommends this name; some drivers look at it
        geometry.bytes_per_sector,
        geometry.sectors_per_cluster,
        geometry.reserved,
        geometry.fats,
        geometry.root_entries,
        0 if many else geometry.sectors,
        geometry.media,
        geometry.sectors_per_fat,
        geometry.sectors_per_track,
        geometry.heads,
        geometry.hidden,
        geometry.sectors if many else 0,
        geometry.drive,
        0,
        0x29,  # serial, label and type follow
        serial,
        label,
        b"FAT%d   " % geometry.bits,
    )
    return (parameters + boot_code(len(parameters), message)).ljust(SECTOR - len(SIGNATURE), b"\0") + SIGNATURE


def boot_code(offset: int, message: bytes) -> bytes:
    """Give code that says `message`, waits for a key and boots on, for a place `offset` bytes into the sector."""
    code = bytearray(_CODE)
    struct.pack_into("<H", code, _MESSAGE_OPERAND, _LOADED_AT + offset + len(code))
    return bytes(code) + message


def parse_boot_sector(sector: bytes) -> Geometry:
    """Read a FAT12 or FAT16 volume's geometry. Raises UnreadableError where it is none or contradicts itself."""
    if len(sector) < SECTOR:
        raise UnreadableError("it is too short for a FAT volume", help="Fetch or make it again.")
    fields = _PARAMETERS.unpack_from(sector)
    (per_sector, per_cluster, reserved, fats, roots, sectors, media, per_fat, per_track, heads) = fields[2:12]
    hidden, many, drive = fields[12:15]
    shape = (sectors or many, per_cluster, roots, media, per_fat, per_track, heads, per_sector, reserved, fats)
    geometry = Geometry(*shape, hidden, drive)
    if not _consistent(geometry):
        raise UnreadableError(
            "its boot sector does not describe a FAT12 or FAT16 volume", help="Only FAT12 and FAT16 can be read."
        )
    return geometry


def _consistent(geometry: Geometry) -> bool:
    return (
        geometry.bytes_per_sector in _SECTOR_SIZES
        and geometry.sectors_per_cluster.bit_count() == 1
        and geometry.media in _MEDIA_BYTES
        and min(geometry.reserved, geometry.fats, geometry.root_entries, geometry.sectors_per_fat) > 0
        and 0 < geometry.clusters < FAT16_CLUSTERS
    )
