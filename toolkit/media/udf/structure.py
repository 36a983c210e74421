"""The volume structures: anchor, both copies of the descriptors, partitions, way to the root (ECMA-167 part 3)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from toolkit.media.udf.allocation import Address, long_piece
from toolkit.media.udf.blocks import BLOCK, Image
from toolkit.media.udf.failure import DamagedUdfError, NotUdfError, UnsupportedUdfError
from toolkit.media.udf.tag import TagId, is_at, read_tag
from toolkit.media.udf.text import from_field
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

ANCHOR = 256

_LONGEST_SEQUENCE = 256  # blocks; 16 are customary
_MOST_MAPS = 8
_PLAIN_MAP = (1, 6)  # type and length of the map that means "this partition, as it is"
_MAP_NAMES = {2: "a virtual, sparable or metadata partition"}


class Descriptor(NamedTuple):
    """A descriptor and the block of the image in which it was found."""

    sector: int
    raw: bytes


class Partition(NamedTuple):
    """`start` and `length` in blocks of the image. `descriptors` holds every intact copy, main sequence first."""

    start: int
    length: int
    descriptors: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True)
class Structure:
    """All that has to be known before the first file can be looked for."""

    anchor: Descriptor
    volume: Descriptor
    partitions: tuple[Partition, ...]
    file_set: Descriptor
    root: Address

    @property
    def label(self) -> str:
        """The name that Windows shows beside the drive letter."""
        return from_field(self.volume.raw[84:212])


def read_structure(image: Image) -> Structure:
    """Find the volume. Raises NotUdfError, UnsupportedUdfError or DamagedUdfError."""
    anchor = _anchor(image)
    found = _descriptors(image, anchor)
    volume = _prevailing([each for each in found if _kind(each) == TagId.LOGICAL_VOLUME])
    if volume is None:
        raise DamagedUdfError("neither copy of its descriptors names a logical volume")
    (block,) = struct.unpack_from("<I", volume.raw, 212)
    if block != BLOCK:
        raise UnsupportedUdfError(f"its blocks have {block} bytes")
    partitions = tuple(_partition(found, number) for number in _map_numbers(volume.raw))
    where = long_piece(volume.raw, 248).address
    sector = sector_of(partitions, where)
    file_set = image.block(sector)
    if not is_at(file_set, TagId.FILE_SET, where.block):
        raise DamagedUdfError("its file set descriptor is broken")
    return Structure(anchor, volume, partitions, Descriptor(sector, file_set), long_piece(file_set, 400).address)


def sector_of(partitions: tuple[Partition, ...], address: Address) -> int:
    """Find the block of the image that an address stands for."""
    if address.partition >= len(partitions) or address.block >= partitions[address.partition].length:
        raise DamagedUdfError(f"it points to block {address.block} of partition {address.partition}, which has none")
    return partitions[address.partition].start + address.block


def _anchor(image: Image) -> Descriptor:
    """Look where ECMA-167 3/8.4.2.1 says: two of the three have to be there."""
    for sector in (ANCHOR, image.blocks - 1, image.blocks - 1 - ANCHOR):
        if 0 <= sector < image.blocks and is_at(raw := image.block(sector), TagId.ANCHOR, sector):
            return Descriptor(sector, raw)
    raise NotUdfError


def _descriptors(image: Image, anchor: Descriptor) -> list[Descriptor]:
    """Read the main sequence and the reserve one, each up to its end or its first broken descriptor."""
    main_size, main, reserve_size, reserve = struct.unpack_from("<IIII", anchor.raw, 16)
    return [*_sequence(image, main, main_size), *_sequence(image, reserve, reserve_size)]


def _sequence(image: Image, first: int, size: int) -> Iterator[Descriptor]:
    for sector in range(first, min(first + min(size // BLOCK, _LONGEST_SEQUENCE), image.blocks)):
        raw = image.block(sector)
        tag = read_tag(raw)
        if tag is None or tag.location != sector or tag.identifier == TagId.TERMINATING:
            return
        yield Descriptor(sector, raw)


def _kind(descriptor: Descriptor) -> int:
    return int.from_bytes(descriptor.raw[:2], "little")


def _prevailing(copies: list[Descriptor]) -> Descriptor | None:
    """Of several, the one with the highest sequence number counts (ECMA-167 3/8.4.3); of equal ones the first."""
    return max(copies, key=lambda copy: struct.unpack_from("<I", copy.raw, 16), default=None)


def _map_numbers(volume: bytes) -> Iterator[int]:
    """Give the number of the partition that each map leads to."""
    (count,) = struct.unpack_from("<I", volume, 268)
    if not 1 <= count <= _MOST_MAPS:
        raise UnsupportedUdfError(f"it has {count} partition maps")
    at = 440
    for _ in range(count):
        kind, length = volume[at], volume[at + 1]
        if (kind, length) != _PLAIN_MAP:
            raise UnsupportedUdfError(_MAP_NAMES.get(kind, f"a partition map of type {kind}"))
        yield struct.unpack_from("<H", volume, at + 4)[0]
        at += length


def _partition(found: list[Descriptor], number: int) -> Partition:
    copies = [
        each for each in found if _kind(each) == TagId.PARTITION and struct.unpack_from("<H", each.raw, 22)[0] == number
    ]
    prevailing = _prevailing(copies)
    if prevailing is None:
        raise DamagedUdfError(f"neither copy of its descriptors names partition {number}")
    start, length = struct.unpack_from("<II", prevailing.raw, 188)
    return Partition(start, length, tuple(copies))
