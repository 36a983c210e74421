"""Reading an ISO by its Joliet names: its files and where they lie. Nothing an image says is believed unchecked."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from enum import IntFlag
from typing import TYPE_CHECKING, BinaryIO

from toolkit.errors import UnreadableError
from toolkit.media.extents import Extent, StoredFile
from toolkit.media.names import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTOR = 2048
FIRST_DESCRIPTOR = 16
DEPTH = 128

_DESCRIPTORS = 64  # real images have three to five
_SUPPLEMENTARY = 2
_TERMINATOR = 255
_ESCAPES = (b"%/@", b"%/C", b"%/E")  # Joliet levels 1 to 3
_ROOT = slice(156, 190)
_SELF_AND_PARENT = ("\0", "\1")  # one byte each where all other names have two for a letter
# ECMA-119 9.1: both-endian numbers, of which the little-endian halves are read
_RECORD = struct.Struct("<BBI4xI4x7xBBB2x2xB")


class Flag(IntFlag):
    """ECMA-119 9.1.6."""

    FOLDER = 0x02
    ASSOCIATED = 0x04
    CONTINUED = 0x80


@dataclass(frozen=True, slots=True)
class Record:
    """A directory record. The extent is in bytes."""

    name: str
    flags: int
    extent: Extent


def stored_files(image: BinaryIO) -> tuple[StoredFile, ...]:
    """Find every file, sorted by name. Raises UnreadableError where the image is damaged or has no Joliet names.

    Safe on hostile images: each folder is read once, and all of them together may not be larger than the image.
    """
    size = image.seek(0, 2)
    block, root = _joliet_root(image)
    walk = _Walk(image, block, size)
    return tuple(sorted(walk.files(walk.record(root).extent, "", DEPTH), key=lambda file: file.name))


def _joliet_root(image: BinaryIO) -> tuple[int, bytes]:
    """Find the Joliet volume's block size and the record of its root folder."""
    image.seek(FIRST_DESCRIPTOR * SECTOR)
    for _ in range(_DESCRIPTORS):
        descriptor = image.read(SECTOR)
        if len(descriptor) < SECTOR or descriptor[1:6] != b"CD001" or descriptor[0] == _TERMINATOR:
            break
        if descriptor[0] == _SUPPLEMENTARY and descriptor[88:91] in _ESCAPES:
            (block,) = struct.unpack_from("<H", descriptor, 128)
            if block not in (512, 1024, SECTOR):
                raise _damaged(f"its blocks have {block} bytes")
            return block, descriptor[_ROOT]
    raise UnreadableError(
        "the ISO has no Joliet names",
        help="Windows setup discs keep theirs in UDF; answer-file ISOs are made with Joliet.",
    )


class _Walk:
    """One pass over an image's folders, with what has been read so far."""

    def __init__(self, image: BinaryIO, block: int, size: int) -> None:
        self._image = image
        self._block = block
        self._size = size
        self._budget = size
        self._seen: set[int] = set()

    def files(self, folder: Extent, prefix: str, depth: int) -> Iterator[StoredFile]:
        if not depth:
            raise _damaged("its folders are nested too deeply")
        begun: StoredFile | None = None
        for record in self._records(self._read(folder)):
            name = prefix + record.name
            if not is_plain(record.name):
                raise _damaged(f"it holds a file called {record.name!a}")
            if record.flags & Flag.FOLDER:
                yield from self.files(record.extent, f"{name}/", depth - 1)
                continue
            begun = _joined(begun, StoredFile(name, (record.extent,) if record.extent.size else ()))
            if not record.flags & Flag.CONTINUED:
                yield begun
                begun = None
        if begun is not None:
            raise _damaged(f"{begun.name!a} has no end")

    def record(self, raw: bytes) -> Record:
        _, attributes, block, size, flags, unit, gap, length = _RECORD.unpack_from(raw)
        offset = (block + attributes) * self._block  # an extended attribute record goes before the data
        name = _decoded(raw[_RECORD.size : _RECORD.size + length])
        if unit or gap:
            raise _damaged(f"{name!a} is interleaved, which nothing but CD-I discs is")
        if size and offset + size > self._size:
            raise _damaged(f"it ends before {name!a} does")
        return Record(name, flags, Extent(offset, size))

    def _records(self, directory: bytes) -> Iterator[Record]:
        """Split a folder. Records do not cross sectors: a zero length means that the rest of this one is empty."""
        at = 0
        while at < len(directory):
            length = directory[at]
            if not length:
                at += self._block - at % self._block
                continue
            raw = directory[at : at + length]
            if length <= _RECORD.size or len(raw) < length or _RECORD.size + raw[_RECORD.size - 1] > length:
                raise _damaged("a folder holds a broken record")
            record = self.record(raw)
            if record.name not in _SELF_AND_PARENT and not record.flags & Flag.ASSOCIATED:
                yield record
            at += length

    def _read(self, folder: Extent) -> bytes:
        if folder.offset in self._seen:
            raise _damaged("a folder lies within itself")
        self._seen.add(folder.offset)
        self._budget -= folder.size
        if self._budget < 0:
            raise _damaged("its folders are larger than itself")
        self._image.seek(folder.offset)
        return self._image.read(folder.size)


def _joined(begun: StoredFile | None, part: StoredFile) -> StoredFile:
    """Put the parts of a file together that was too large for one record (4 GiB)."""
    if begun is None:
        return part
    if begun.name != part.name:
        raise _damaged(f"{begun.name!a} has no end")
    return replace(begun, extents=begun.extents + part.extents)


def _decoded(raw: bytes) -> str:
    """Decode a name, without the version that genisoimage and others append."""
    if raw in (b"\0", b"\1"):
        return _SELF_AND_PARENT[raw[0]]
    try:
        return raw.decode("utf-16-be").removesuffix(";1")
    except UnicodeDecodeError as err:
        raise _damaged("a name is not valid text") from err


def _damaged(reason: str) -> UnreadableError:
    return UnreadableError(f"the ISO is damaged: {reason}", help="Fetch or make it again.")
