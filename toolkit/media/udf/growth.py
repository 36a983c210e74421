"""A volume that can be made longer: what has to hold for that, and which descriptors tell its length."""

from __future__ import annotations

import struct
from dataclasses import field
from typing import TYPE_CHECKING

from toolkit.media.changes import Patch
from toolkit.media.udf.blocks import BLOCK, blocks_for
from toolkit.media.udf.failure import DamagedUdfError, UnsupportedUdfError, cut_short
from toolkit.media.udf.structure import ANCHOR, Descriptor, Partition
from toolkit.media.udf.tag import Tag, TagId, is_at, read_tag, resealed
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.media.udf.blocks import Image
    from toolkit.media.udf.volume import UdfVolume

FIRST_UNIQUE_ID = 16  # what comes before is reserved (UDF 1.02, 3.2.1.1)

_MOST_BLOCKS = 1 << 32
_PARTITION_LENGTH = 192
_SPACE = slice(56, 56 + 5 * 8)  # extents of space tables and bitmaps (ECMA-167 4/14.3)
_NEXT_UNIQUE_ID = 40
_COUNTS = 80  # of the integrity descriptor: two numbers for each partition, then implementation use
_FILES_AND_FOLDERS = 32  # into implementation use (UDF 1.02, 2.2.6.4)
_CLOSED = 1
_VOLUME_DESCRIPTORS = range(16, 48)
_SPACE_SIZE = 80


@dataclass(frozen=True, slots=True)
class Counts:
    """By how much a volume has grown. The numbers may be negative."""

    files: int
    folders: int
    next_unique_id: int


@dataclass(frozen=True, slots=True)
class Growth:
    """A volume that was found fit to grow. `tag` is a pattern for the tags of new descriptors."""

    image: Image
    anchor: Descriptor
    partition: Partition
    integrity: Descriptor
    tag: Tag = field(repr=False)

    @property
    def end(self) -> int:
        """The first block behind the image, whole or not."""
        return blocks_for(self.image.size)

    @property
    def next_unique_id(self) -> int:
        """Give a number that no file has. Writers count files or blocks, so none is beyond the image's last block."""
        (told,) = struct.unpack_from("<Q", self.integrity.raw, _NEXT_UNIQUE_ID)
        return max(int(told), FIRST_UNIQUE_ID, self.end)

    def last_anchor(self, sector: int) -> bytes:
        """Make the anchor that belongs into the last block (ECMA-167 3/8.4.2.1: two of three places)."""
        return resealed(self.anchor.raw, sector)

    def patches(self, end: int, counts: Counts) -> Iterator[Patch]:
        """Tell everyone that the image now ends at block `end`, the anchor included. Nothing old becomes unreadable."""
        if end >= _MOST_BLOCKS:
            raise UnsupportedUdfError(f"it would have {end} blocks")
        length = end - 1 - self.partition.start
        for copy in self.partition.descriptors:
            yield _patch(copy, _with_number(copy.raw, _PARTITION_LENGTH, length))
        yield _patch(self.integrity, _counted(self.integrity.raw, length, counts))
        for descriptor in iso9660_descriptors(self.image):
            raw = bytearray(descriptor.raw)
            raw[_SPACE_SIZE : _SPACE_SIZE + 8] = struct.pack("<I", end) + struct.pack(">I", end)
            yield Patch(descriptor.sector, descriptor.raw, bytes(raw))


def growth(volume: UdfVolume) -> Growth:
    """Find out whether a volume can grow. Raises UnsupportedUdfError or DamagedUdfError where it cannot."""
    structure = volume.structure
    if len(structure.partitions) != 1:
        raise UnsupportedUdfError(f"it has {len(structure.partitions)} partitions")
    if volume.missing:
        raise cut_short(volume.missing)
    partition = structure.partitions[0]
    if any(any(copy.raw[_SPACE]) for copy in partition.descriptors):
        raise UnsupportedUdfError("it keeps a list of its free space, as rewritable media do")
    if structure.anchor.sector != ANCHOR:
        raise UnsupportedUdfError(f"its first anchor, in block {ANCHOR}, is missing")
    tag = read_tag(structure.file_set.raw)
    if tag is None:
        raise DamagedUdfError("its file set descriptor is broken")
    return Growth(volume.image, structure.anchor, partition, _integrity(volume), tag)


def iso9660_descriptors(image: Image) -> Iterator[Descriptor]:
    """Find the ISO9660 and Joliet volume descriptors on the same disc, which tell its size as well."""
    for sector in _VOLUME_DESCRIPTORS:
        raw = image.block(sector)
        if raw[1:6] != b"CD001" or raw[0] == 255:
            return
        if raw[0] in (1, 2):
            yield Descriptor(sector, raw)


def _integrity(volume: UdfVolume) -> Descriptor:
    size, sector = struct.unpack_from("<II", volume.structure.volume.raw, 432)
    if not size:
        raise UnsupportedUdfError("it has no integrity descriptor")
    raw = volume.image.block(sector)
    if not is_at(raw, TagId.INTEGRITY, sector):
        raise DamagedUdfError("its integrity descriptor is broken")
    kind, following = struct.unpack_from("<II", raw, 28)
    if kind != _CLOSED or following:
        raise UnsupportedUdfError("it was not closed by what wrote it")
    if struct.unpack_from("<I", raw, 72)[0] != 1:
        raise UnsupportedUdfError("its integrity descriptor is for several partitions")
    return Descriptor(sector, raw)


def _counted(integrity: bytes, length: int, counts: Counts) -> bytes:
    raw = bytearray(integrity)
    struct.pack_into("<Q", raw, _NEXT_UNIQUE_ID, counts.next_unique_id)
    struct.pack_into("<I", raw, _COUNTS + 4, length)
    (use,) = struct.unpack_from("<I", raw, 76)
    at = _COUNTS + 8 + _FILES_AND_FOLDERS
    if use >= _FILES_AND_FOLDERS + 8:
        files, folders = struct.unpack_from("<II", raw, at)
        struct.pack_into("<II", raw, at, max(0, files + counts.files), max(0, folders + counts.folders))
    return bytes(raw)


def _with_number(raw: bytes, at: int, number: int) -> bytes:
    changed = bytearray(raw)
    struct.pack_into("<I", changed, at, number)
    return bytes(changed)


def _patch(descriptor: Descriptor, changed: bytes) -> Patch:
    return Patch(descriptor.sector, descriptor.raw, resealed(changed)[:BLOCK])
