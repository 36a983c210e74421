"""Reading an ISO by its Joliet or ISO9660 names: its files and where they lie. Nothing in it is believed unchecked."""

from __future__ import annotations

import struct
from enum import IntFlag, StrEnum
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from toolkit.errors import UnreadableError
from toolkit.media.extents import Extent, StoredFile
from toolkit.media.names import is_plain
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

SECTOR = 2048
FIRST_DESCRIPTOR = 16
DEPTH = 128

_DESCRIPTORS = 64  # real images have three to five
_PRIMARY = 1
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


# As plain numbers, because a driver tree asks tens of thousands of times.
_FOLDER, _ASSOCIATED, _CONTINUED = map(int, Flag)


class Record(NamedTuple):
    """A directory record. The extent is in bytes."""

    name: str
    flags: int
    extent: Extent


class Naming(StrEnum):
    """The two sets of names that an ISO may have, in the words of their standards."""

    JOLIET = "Joliet"
    ISO9660 = "ISO9660"


@dataclass(frozen=True, slots=True)
class Volume:
    """One set of names: its label, its blocks' size in bytes, and the record of its root folder."""

    naming: Naming
    label: str
    block: int
    root: bytes


def stored_files(image: BinaryIO) -> tuple[StoredFile, ...]:
    """Find every file by its Joliet name. Raises UnreadableError where the image is damaged or has no such names."""
    for volume in volumes(image):
        if volume.naming is Naming.JOLIET:
            return files_of(image, volume)
    raise UnreadableError(
        "the ISO has no Joliet names",
        help="Windows setup discs keep theirs in UDF; answer-file ISOs are made with Joliet.",
    )


def files_of(image: BinaryIO, volume: Volume) -> tuple[StoredFile, ...]:
    """Find every file of a volume, sorted by name. Raises UnreadableError where the image is damaged.

    Safe on hostile images: each folder is read once, and all of them together may not be larger than the image.
    """
    walk = _Walk(image, volume, image.seek(0, 2))
    return tuple(sorted(walk.files(walk.record(volume.root).extent, "", DEPTH), key=lambda file: file.name))


def volumes(image: BinaryIO) -> tuple[Volume, ...]:
    """Find the sets of names that an ISO has, Joliet first, as Windows prefers it."""
    found = [volume for descriptor in _descriptors(image) if (volume := _volume(descriptor)) is not None]
    return tuple(sorted(found, key=lambda volume: volume.naming is not Naming.JOLIET))


def _descriptors(image: BinaryIO) -> Iterator[bytes]:
    image.seek(FIRST_DESCRIPTOR * SECTOR)
    for _ in range(_DESCRIPTORS):
        descriptor = image.read(SECTOR)
        if len(descriptor) < SECTOR or descriptor[1:6] != b"CD001" or descriptor[0] == _TERMINATOR:
            return
        yield descriptor


def _volume(descriptor: bytes) -> Volume | None:
    joliet = descriptor[0] == _SUPPLEMENTARY and descriptor[88:91] in _ESCAPES
    if not joliet and descriptor[0] != _PRIMARY:
        return None
    (block,) = struct.unpack_from("<H", descriptor, 128)
    if block not in (512, 1024, SECTOR):
        raise _damaged(f"its blocks have {block} bytes")
    label = descriptor[40:72].decode("utf-16-be" if joliet else "latin-1", "replace").rstrip(" \0")
    return Volume(Naming.JOLIET if joliet else Naming.ISO9660, label, block, descriptor[_ROOT])


class _Walk:
    """One pass over an image's folders, with what has been read so far."""

    def __init__(self, image: BinaryIO, volume: Volume, size: int) -> None:
        self._image = image
        self._decoded = _decoded if volume.naming is Naming.JOLIET else _plain
        self._block = volume.block
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
            if record.flags & _FOLDER:
                yield from self.files(record.extent, f"{name}/", depth - 1)
                continue
            begun = _joined(begun, StoredFile(name, (record.extent,) if record.extent.size else ()))
            if not record.flags & _CONTINUED:
                yield begun
                begun = None
        if begun is not None:
            raise _damaged(f"{begun.name!a} has no end")

    def record(self, raw: bytes) -> Record:
        _, attributes, block, size, flags, unit, gap, length = _RECORD.unpack_from(raw)
        offset = (block + attributes) * self._block  # an extended attribute record goes before the data
        name = self._decoded(raw[_RECORD.size : _RECORD.size + length])
        if unit or gap:
            raise _damaged(f"{name!a} is interleaved, which nothing but CD-I discs is")
        if size and offset + size > self._size:
            what = "a folder" if name in _SELF_AND_PARENT else f"{name!a}"
            raise _damaged(f"it ends before {what} does")
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
            if record.name not in _SELF_AND_PARENT and not record.flags & _ASSOCIATED:
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
    return begun._replace(extents=begun.extents + part.extents)


def _decoded(raw: bytes) -> str:
    """Decode a name, without the version that genisoimage and others append."""
    if raw in (b"\0", b"\1"):
        return _SELF_AND_PARENT[raw[0]]
    try:
        return raw.decode("utf-16-be").removesuffix(";1")
    except UnicodeDecodeError as err:
        raise _damaged("a name is not valid text") from err


def _plain(raw: bytes) -> str:
    """Decode an ISO9660 name, without version and without the dot of an empty extension."""
    if raw in (b"\0", b"\1"):
        return _SELF_AND_PARENT[raw[0]]
    return raw.decode("latin-1").partition(";")[0].removesuffix(".")


def _damaged(reason: str) -> UnreadableError:
    return UnreadableError(f"the ISO is damaged: {reason}", help="Fetch or make it again.")
