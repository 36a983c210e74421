"""What ECMA-167 and UDF ask of a volume and lenient readers do not look at; a strict one might."""

from __future__ import annotations

import io
import itertools
import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from toolkit.media.extents import Extent
from toolkit.media.udf.blocks import BLOCK, blocks_for
from toolkit.media.udf.file_entry import LINKS, SHAPES, SIZE
from toolkit.media.udf.file_identifier import Trait
from toolkit.media.udf.growth import FIRST_UNIQUE_ID, growth, iso9660_descriptors
from toolkit.media.udf.tag import TagId, is_at, read_tag
from toolkit.media.udf.volume import UdfVolume, open_volume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.media.udf.allocation import Address
    from toolkit.media.udf.file_entry import FileEntry


@dataclass(slots=True)
class Survey:
    """Everything in a volume, by the block of its file entry."""

    entries: dict[Address, FileEntry] = field(default_factory=dict)
    parents: dict[Address, Address] = field(default_factory=dict)
    pointers: Counter[Address] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)


def complaints(image: bytes, since: int) -> list[str]:
    """Check a volume whose blocks from sector `since` on were written by us."""
    volume = open_volume(io.BytesIO(image))
    start = volume.structure.partitions[0].start
    survey = Survey()
    _survey(volume, volume.root, volume.structure.root, survey, since - start)
    ours = {address: entry for address, entry in survey.entries.items() if address.block + start >= since}
    survey.complaints += _entry_complaints(volume, ours, survey)
    survey.complaints += _volume_complaints(volume, len(image))
    return survey.complaints


def link_surplus(image: bytes) -> dict[Address, int]:
    """Give by how much each folder's link count differs from the number of names that point to it."""
    volume = open_volume(io.BytesIO(image))
    survey = Survey()
    _survey(volume, volume.root, volume.structure.root, survey, 1 << 32)
    return {
        address: struct.unpack_from("<H", entry.raw, LINKS)[0] - survey.pointers[address]
        for address, entry in survey.entries.items()
        if entry.is_folder
    }


def _survey(volume: UdfVolume, folder: FileEntry, parent: Address, survey: Survey, since: int) -> None:
    survey.entries[folder.address] = folder
    at = 0
    (run,) = volume.runs(folder)
    assert isinstance(run, Extent)
    for name in volume.names(folder):
        if not name.traits & Trait.DELETED:
            survey.pointers[name.address] += 1
        if name.traits & Trait.PARENT and name.address != parent:
            survey.complaints.append(f"the way up from {folder.address} is {name.address}, not {parent}")
        block = (run.offset + at) // BLOCK - volume.structure.partitions[0].start
        tag = read_tag(name.raw)
        if tag is None or (block >= since and tag.location != block):
            survey.complaints.append(f"{name.name!r} lies in {block} and says {tag}")
        at += len(name.raw)
        if name.is_named:
            entry = volume.file_entry(name.address)
            _check_number(name.raw, entry, survey, since)
            survey.entries[name.address] = entry
            if name.is_folder:
                _survey(volume, entry, folder.address, survey, since)


def _check_number(raw: bytes, entry: FileEntry, survey: Survey, since: int) -> None:
    (told,) = struct.unpack_from("<I", raw, 32)
    if entry.address.block >= since and told != _unique_id(entry):
        survey.complaints.append(f"{entry.address} has another number than its name says, {told}")


def _entry_complaints(volume: UdfVolume, ours: dict[Address, FileEntry], survey: Survey) -> Iterator[str]:
    numbers = Counter(_unique_id(entry) for entry in survey.entries.values())
    (next_number,) = struct.unpack_from("<Q", growth(volume).integrity.raw, 40)
    used: list[tuple[int, int, str]] = []
    for address, entry in ours.items():
        number = _unique_id(entry)
        if numbers[number] > 1 or not FIRST_UNIQUE_ID <= number < next_number:
            yield f"{address} has the number {number}; next is {next_number}"
        (links,) = struct.unpack_from("<H", entry.raw, LINKS)
        if links != survey.pointers[address]:
            yield f"{address} has {links} links and is pointed to {survey.pointers[address]} times"
        size, recorded = struct.unpack_from("<QQ", entry.raw, SIZE)
        if recorded != blocks_for(size):
            yield f"{address} has {size} bytes in {recorded} blocks"
        used.append((volume.sector(address), volume.sector(address) + 1, f"the entry {address}"))
        for run in volume.runs(entry):
            assert isinstance(run, Extent)
            first = run.offset // BLOCK
            used.append((first, first + blocks_for(run.size), f"the bytes of {address}"))
    used.sort()
    for (_, end, one), (begin, _, other) in itertools.pairwise(used):
        if begin < end:
            yield f"{one} and {other} overlap"


def _volume_complaints(volume: UdfVolume, size: int) -> Iterator[str]:
    ground = growth(volume)
    last = size // BLOCK - 1
    if not is_at(volume.image.block(last), TagId.ANCHOR, last):
        yield "there is no anchor at the end"
    lengths = {struct.unpack_from("<II", copy.raw, 188) for copy in ground.partition.descriptors}
    if lengths != {(ground.partition.start, last - ground.partition.start)}:
        yield f"the partition is said to be {lengths}, up to {last}"
    if struct.unpack_from("<I", ground.integrity.raw, 84) != (last - ground.partition.start,):
        yield "the integrity descriptor tells another length"
    for descriptor in iso9660_descriptors(volume.image):
        if struct.unpack_from("<I", descriptor.raw, 80) != (last + 1,):
            yield f"the volume descriptor in {descriptor.sector} tells another size"


def _unique_id(entry: FileEntry) -> int:
    (number,) = struct.unpack_from("<Q", entry.raw, SHAPES[entry.kind].unique_id)
    return int(number)
