"""The header of a WIM file: 208 bytes that say where the XML lies (Windows Imaging File Format, Microsoft, 2012)."""

from __future__ import annotations

import struct
from enum import IntFlag

from toolkit.errors import UnreadableError
from toolkit.media.wim.image import Compression
from toolkit.values import dataclass

SIZE = 208
MARK = b"MSWIM\0\0\0"
PIPABLE = b"WLPWM\0\0\0"  # wimlib's own form (wimlib.net, wimlib-imagex capture --pipable): the true header comes last

_FIXED = struct.Struct("<8sIIII16sHHI")
_XML = struct.Struct("<7sBQQ")
_XML_AT = 72
_SOLID = 0xE00


class Flag(IntFlag):
    COMPRESSED = 0x2
    XPRESS = 0x20000
    LZX = 0x40000
    LZMS = 0x80000


class Resource(IntFlag):
    COMPRESSED = 0x4


@dataclass(frozen=True, slots=True)
class Header:
    """`offset` and `size` are the XML's, in bytes, the offset from the file's first."""

    compression: Compression
    solid: bool
    part: int
    parts: int
    offset: int
    size: int


def parse_header(raw: bytes) -> Header:
    """Read a header. Raises UnreadableError where it is none or says what cannot be."""
    if len(raw) < SIZE or raw[:8] not in (MARK, PIPABLE):
        raise UnreadableError("it is not a WIM file", help="Name an install.wim, .esd or .swm.")
    _, header_size, version, flags, _, _, part, parts, _ = _FIXED.unpack_from(raw)
    packed, kind, offset, original = _XML.unpack_from(raw, _XML_AT)
    size = int.from_bytes(packed, "little")
    if header_size != SIZE:
        raise damaged(f"its header has {header_size} bytes")
    if kind & Resource.COMPRESSED or size != original:
        raise damaged("its list of images is compressed")
    if not 1 <= part <= parts:
        raise damaged(f"it is part {part} of {parts}")
    return Header(_compression(flags), version == _SOLID, part, parts, offset, size)


def damaged(reason: str) -> UnreadableError:
    return UnreadableError(f"the WIM file is damaged: {reason}", help="Fetch or make it again.")


def _compression(flags: int) -> Compression:
    if not flags & Flag.COMPRESSED:
        return Compression.NONE
    if flags & Flag.LZMS:
        return Compression.LZMS
    return Compression.LZX if flags & Flag.LZX else Compression.XPRESS
