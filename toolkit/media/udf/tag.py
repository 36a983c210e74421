"""The tag at the head of every UDF descriptor: what it is, where it lies, and the checks over both (ECMA-167 3/7.2)."""

from __future__ import annotations

import binascii
import struct
from enum import IntEnum
from typing import NamedTuple

_TAG = struct.Struct("<HHBxHHHI")
_CHECKSUM = 4
_VERSIONS = (2, 3)  # ECMA-167 second and third edition: UDF 1.x and 2.x

TAG_SIZE = _TAG.size


class TagId(IntEnum):
    """ECMA-167 3/7.2.1 and 4/7.2.1."""

    ANCHOR = 2
    PARTITION = 5
    LOGICAL_VOLUME = 6
    TERMINATING = 8
    INTEGRITY = 9
    FILE_SET = 256
    FILE_IDENTIFIER = 257
    ALLOCATION_EXTENT = 258
    FILE_ENTRY = 261
    EXTENDED_FILE_ENTRY = 266


class Tag(NamedTuple):
    """`covered` is how many bytes after the tag the CRC is over; `location` counts blocks."""

    identifier: int
    version: int
    serial: int
    covered: int
    location: int


def read_tag(descriptor: bytes) -> Tag | None:
    """Read the tag of a descriptor; None where there is none, or where the checksum or the CRC is wrong."""
    if len(descriptor) < TAG_SIZE:
        return None
    identifier, version, checksum, serial, crc, covered, location = _TAG.unpack_from(descriptor)
    if version not in _VERSIONS or checksum != _checksum(descriptor[:TAG_SIZE]):
        return None
    body = descriptor[TAG_SIZE : TAG_SIZE + covered]
    if len(body) != covered or crc != _crc(body):
        return None
    return Tag(identifier, version, serial, covered, location)


def is_at(descriptor: bytes, identifier: TagId, location: int) -> bool:
    """Tell whether this is an intact descriptor of this kind that belongs where it was found."""
    tag = read_tag(descriptor)
    return tag is not None and (tag.identifier, tag.location) == (identifier, location)


def sealed(tag: Tag, body: bytes) -> bytes:
    """Put a tag before a descriptor's body. The CRC covers `tag.covered` bytes of it."""
    head = bytearray(
        _TAG.pack(tag.identifier, tag.version, 0, tag.serial, _crc(body[: tag.covered]), tag.covered, tag.location)
    )
    head[_CHECKSUM] = _checksum(bytes(head))
    return bytes(head) + body


def resealed(raw: bytes, location: int | None = None) -> bytes:
    """Make the checks of a changed descriptor right again, and let it lie at `location` where one is given."""
    identifier, version, _, serial, _, covered, here = _TAG.unpack_from(raw)
    there = here if location is None else location
    return sealed(Tag(identifier, version, serial, covered, there), raw[TAG_SIZE:])


def _checksum(tag: bytes) -> int:
    """Add up all bytes of the tag but the checksum itself."""
    return (sum(tag) - tag[_CHECKSUM]) & 0xFF


def _crc(data: bytes) -> int:
    """ECMA-167 3/7.2.6: x16 + x12 + x5 + 1 from 0, which is what BinHex uses too."""
    return binascii.crc_hqx(data, 0)
