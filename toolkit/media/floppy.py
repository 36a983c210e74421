"""Floppy images: FAT12, 1.44 MB unless said otherwise, the same bytes for the same files on every host."""

from __future__ import annotations

import hashlib
import io
import zlib
from typing import TYPE_CHECKING

from toolkit.media.content import CHUNK, Advance, FileDigest, MeasuredFile, SourceStream
from toolkit.media.extents import Extent, StoredFile
from toolkit.media.fat.boot_sector import boot_sector
from toolkit.media.fat.chains import pack_fat
from toolkit.media.fat.geometry import FLOPPIES, FloppySize, Geometry
from toolkit.media.fat.layout import FolderSlots, Layout, PlacedBytes, PlacedFile, clusters_needed, layout, slots
from toolkit.media.fat.reader import stored_files
from toolkit.media.fat.records import dos_time
from toolkit.media.labels import FLOPPY_LABEL, floppy_label_problems
from toolkit.media.largest import largest
from toolkit.media.making import USUAL, Making
from toolkit.media.names import FLOPPY_NAMES, name_problems
from toolkit.media.proof import read_back
from toolkit.media.recorder import Recorded
from toolkit.media.refusal import MediumError
from toolkit.media.stored import read_all
from toolkit.media.tree import tree
from toolkit.problems import Place, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.files import NamedFile

EPOCH = 315_532_800  # 1980-01-01, the first day that FAT can express
LARGEST = 4 << 20  # in bytes; no floppy format is larger


def write_floppy(
    files: Sequence[MeasuredFile], making: Making = USUAL, *, size: FloppySize = FloppySize.KIB_1440
) -> tuple[bytes, Recorded]:
    """Make an image, and tell what was read into it. Raises MediumError with everything that is in the way."""
    geometry, label = FLOPPIES[size], making.label
    root = planned(files, making, size=size)
    padded = label.upper().encode("ascii").ljust(FLOPPY_LABEL)
    plan = layout(root, geometry, padded if label else b"", dos_time(making.moment(EPOCH)))
    return _image(plan, geometry, padded if label else b"NO NAME    ", making.advance)


def planned(files: Sequence[MeasuredFile], making: Making, *, size: FloppySize) -> FolderSlots:
    """Decide where everything would go. Raises MediumError with everything that is in the way."""
    geometry, label = FLOPPIES[size], making.label
    if problems := (*floppy_label_problems(label), *name_problems((file.name for file in files), FLOPPY_NAMES)):
        raise MediumError(FLOPPY_NAMES.medium, problems)
    root = slots(tree(files), labelled=bool(label))
    if problems := tuple(_overflows(root, files, geometry)):
        raise MediumError(FLOPPY_NAMES.medium, problems)
    return root


def read_floppy(image: bytes) -> tuple[NamedFile, ...]:
    """Read every file of a FAT12 image, sorted by name. Raises UnreadableError where it is damaged or is none."""
    return read_all(io.BytesIO(image), stored_files(image), limit=LARGEST)


def _image(plan: Layout, geometry: Geometry, label: bytes, advance: Advance | None) -> tuple[bytes, Recorded]:
    image = bytearray(geometry.size)
    digests, places = [], []
    for placed in plan.placed:
        match placed:
            case PlacedBytes(offset, data):
                image[offset : offset + len(data)] = data
            case PlacedFile(offset, file):
                digests.append(_copy(file, image, offset, advance))
                places.append(StoredFile(file.name, (Extent(offset, file.size),) if file.size else ()))
    fat = pack_fat(plan.links, geometry.fat_size)
    for copy in range(geometry.fats):
        start = geometry.fat_offset + copy * geometry.fat_size
        image[start : start + len(fat)] = fat
    serial = zlib.crc32(image[geometry.root_offset :])
    sector = boot_sector(geometry, label, serial)
    image[: len(sector)] = sector
    whole = hashlib.sha256(image).hexdigest()
    return bytes(image), Recorded(
        tuple(digests), tuple(places), read_back(io.BytesIO(image), places), whole, ("FAT12",)
    )


def _copy(file: MeasuredFile, image: bytearray, offset: int, advance: Advance | None) -> FileDigest:
    stream = SourceStream(file, advance)
    try:
        while data := stream.read(CHUNK):
            image[offset : offset + len(data)] = data
            offset += len(data)
        return stream.digest()
    finally:
        stream.close()


def _overflows(root: FolderSlots, files: Sequence[MeasuredFile], geometry: Geometry) -> Iterator[Problem]:
    if root.records > geometry.root_entries:
        yield _overflow(
            "root-directory-full",
            f"the root folder needs {root.records} entries, a {geometry.kib} KiB floppy has {geometry.root_entries}"
            " (a long name takes several)",
            "Put files into a folder.",
        )
    needed = clusters_needed(root, geometry) * geometry.cluster_size
    if needed > geometry.capacity:
        yield _overflow(
            "floppy-full",
            f"the files need {needed} bytes on a {geometry.kib} KiB floppy that holds {geometry.capacity}:"
            f" {needed - geometry.capacity} bytes too many; the largest are {largest(files)}",
            "Leave some out, or make an ISO.",
        )


def _overflow(rule: str, message: str, help_: str) -> Problem:
    return Problem(rule, Severity.ERROR, message, Place("floppy"), help_)
