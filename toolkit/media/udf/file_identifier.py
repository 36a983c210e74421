"""File identifier descriptors: the names in a folder, each pointing to a file entry (ECMA-167 4/14.4)."""

from __future__ import annotations

import struct
from enum import IntFlag
from typing import TYPE_CHECKING, NamedTuple

from toolkit.media.udf.allocation import Address, long_piece
from toolkit.media.udf.blocks import BLOCK
from toolkit.media.udf.failure import DamagedUdfError
from toolkit.media.udf.tag import TAG_SIZE, TagId, read_tag, resealed, sealed
from toolkit.media.udf.text import decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.media.udf.tag import Tag

# After the tag: version, characteristics, length of the name, where its file entry lies, length of implementation use
_FIXED = struct.Struct("<16xHBB16sH")
_ICB = 20


class Trait(IntFlag):
    """File characteristics (ECMA-167 4/14.4.3)."""

    HIDDEN = 1
    FOLDER = 2
    DELETED = 4
    PARENT = 8


class Target(NamedTuple):
    """A file entry to point to: its block in the only partition, and the number that is the file's own.

    A number of 0 leaves the one that is there, or stands for the root.
    """

    block: int
    unique_id: int = 0


class Identifier(NamedTuple):
    """One name in a folder. `raw` is the descriptor as it was found; a deleted one's name is not read."""

    name: str
    traits: int
    address: Address
    raw: bytes

    @property
    def is_folder(self) -> bool:
        return bool(self.traits & Trait.FOLDER)

    @property
    def is_named(self) -> bool:
        """Whether this is a file or folder that is there, and not a deleted one or the way up."""
        return not self.traits & (Trait.DELETED | Trait.PARENT)


def identifiers(folder: bytes) -> Iterator[Identifier]:
    """Split a folder. Raises DamagedUdfError where a descriptor is not whole.

    The location in the tag is not looked at: writers disagree on what it should be.
    """
    at = 0
    while at < len(folder):
        if len(folder) - at < _FIXED.size:
            raise DamagedUdfError("a folder ends in the middle of a name")
        _, traits, length, _, use = _FIXED.unpack_from(folder, at)
        used = _FIXED.size + use + length
        raw = folder[at : at + (used + 3 & ~3)]
        tag = read_tag(raw)
        if len(raw) < used or tag is None or tag.identifier != TagId.FILE_IDENTIFIER or tag.covered < used - TAG_SIZE:
            raise DamagedUdfError("a folder holds a broken name")
        name = "" if traits & Trait.DELETED else decoded(raw[used - length : used])
        yield Identifier(name, traits, long_piece(raw, _ICB).address, raw)
        at += len(raw)


def new_identifier(tag: Tag, name: str, traits: Trait, target: Target) -> bytes:
    """Name a file or folder. The way up has no name."""
    text = encoded(name) if name else b""
    fixed = struct.pack(
        "<HBBIIHHIH", 1, traits, len(text), BLOCK, target.block, 0, 0, target.unique_id & 0xFFFF_FFFF, 0
    )
    body = fixed + text
    body += bytes(-(TAG_SIZE + len(body)) % 4)
    return sealed(tag._replace(identifier=TagId.FILE_IDENTIFIER, covered=len(body), location=0), body)


def repointed(raw: bytes, target: Target) -> bytes:
    """Let an identifier stand for another file entry. Its seal is broken until it is laid out."""
    changed = bytearray(raw)
    struct.pack_into("<I", changed, _ICB + 4, target.block)
    if target.unique_id:
        struct.pack_into("<I", changed, _ICB + 12, target.unique_id & 0xFFFF_FFFF)
    return bytes(changed)


def laid_out(raws: Iterable[bytes], block: int) -> bytes:
    """Join the identifiers of a folder that is to lie at `block`, each sealed for the block that it begins in."""
    folder = bytearray()
    for raw in raws:
        folder += resealed(raw, block + len(folder) // BLOCK)
    return bytes(folder)
