"""Fixed VHD: a small disk with one FAT16 partition for files, and the footer by which Hyper-V and others know it.

Windows Setup looks for Autounattend.xml by itself on removable drives only (MicrosoftDocs, windows-setup-automation-
overview, implicit answer file search order). A VHD on an IDE or SCSI controller is a fixed disk: there it carries
drivers and scripts, which are looked for by a marker on any letter. Generation 1 machines of Hyper-V take VHD,
generation 2 only VHDX.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

from toolkit.errors import UnreadableError
from toolkit.media.extents import Extent, StoredFile
from toolkit.media.fat.boot_sector import boot_sector
from toolkit.media.fat.chains import pack_fat
from toolkit.media.fat.geometry import SECTOR, Geometry, fat16
from toolkit.media.fat.layout import FolderSlots, Layout, PlacedBytes, PlacedFile, clusters_needed, layout, slots
from toolkit.media.fat.reader import files_within
from toolkit.media.fat.records import dos_time
from toolkit.media.labels import FLOPPY_LABEL, floppy_label_problems
from toolkit.media.largest import largest
from toolkit.media.making import USUAL, Making
from toolkit.media.names import DISK_NAMES, name_problems
from toolkit.media.partition import FAT16, FAT_TYPES, MESSAGE, boot_record, partitions
from toolkit.media.refusal import MediumError
from toolkit.media.signature import VHD_COOKIE
from toolkit.media.tree import tree
from toolkit.problems import Place, Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.media.content import MeasuredFile
    from toolkit.media.recorder import Recorded, Recorder

EPOCH = 946_684_800  # 2000-01-01, from which VHD counts its seconds

_MIB = 1 << 20
_FIRST_SECTOR = _MIB // SECTOR  # where Windows itself begins a disk's first partition
_SIZES = tuple(_MIB << power for power in range(4, 12))  # 16 MiB to 2 GiB
_FOOTER = struct.Struct(">8sIIQI4sI4sQQHBBII16sB")
_CHECKSUM_AT = 64
_FIXED = 2
_NO_OFFSET = 0xFFFF_FFFF_FFFF_FFFF


def write_vhd(files: Sequence[MeasuredFile], target: BinaryIO, making: Making = USUAL) -> Recorded:
    """Write an image as large as the files need, and tell what was read into it.

    Raises MediumError with everything that is in the way.
    """
    label, moment = making.label, making.moment(EPOCH)
    root, geometry = planned(files, making)
    padded = label.upper().encode("ascii").ljust(FLOPPY_LABEL)
    plan = layout(root, geometry, padded if label else b"", dos_time(moment))
    with making.recorder(target) as recorder:
        _put_volume(recorder, plan, geometry, padded if label else b"NO NAME    ")
        size = _FIRST_SECTOR * SECTOR + geometry.size
        size += -size % _MIB
        recorder.fill(size)
        recorder.put(footer(size, moment, _identity(plan)))
        return recorder.finish(_places(plan), (f"FAT{geometry.bits}",))


def planned(files: Sequence[MeasuredFile], making: Making) -> tuple[FolderSlots, Geometry]:
    """Decide how large the disk is to be. Raises MediumError with everything that is in the way."""
    label = making.label
    if problems := (*floppy_label_problems(label), *name_problems((file.name for file in files), DISK_NAMES)):
        raise MediumError(DISK_NAMES.medium, problems)
    root = slots(tree(files), labelled=bool(label))
    return root, _geometry(root, files)


def stored_files(image: BinaryIO) -> tuple[StoredFile, ...]:
    """Find every file of a disk image's first FAT partition, sorted by name. Raises UnreadableError."""
    for kind, extent in partitions(image):
        if kind in FAT_TYPES:
            return files_within(image, extent)
    raise UnreadableError("the disk image has no FAT partition", help="Only FAT12 and FAT16 can be read.")


def is_footer(raw: bytes) -> bool:
    """Tell whether these are the 512 bytes that end a VHD. The sum over them is kept as its complement."""
    if len(raw) != SECTOR or not raw.startswith(VHD_COOKIE):
        return False
    (kept,) = struct.unpack_from(">I", raw, _CHECKSUM_AT)
    return bool(kept == _checksum(raw))


def footer(size: int, timestamp: int, identity: bytes) -> bytes:
    """Lay out the footer of a fixed disk (Virtual Hard Disk Image Format Specification, Microsoft, 2006)."""
    raw = _FOOTER.pack(
        VHD_COOKIE,
        2,  # reserved bit, always set
        0x0001_0000,
        _NO_OFFSET,
        max(0, timestamp - EPOCH),
        b"unat",
        0x0001_0000,
        b"Wi2k",
        size,
        size,
        *cylinders(size // SECTOR),
        _FIXED,
        0,
        identity,
        0,
    ).ljust(SECTOR, b"\0")
    return raw[:_CHECKSUM_AT] + struct.pack(">I", _checksum(raw)) + raw[_CHECKSUM_AT + 4 :]


def cylinders(sectors: int) -> tuple[int, int, int]:
    """Give cylinders, heads and sectors per track as the specification's appendix computes them."""
    total = min(sectors, 65535 * 16 * 255)
    if total >= 65535 * 16 * 63:
        return total // 255 // 16, 16, 255
    tracks = total // 17
    heads = max(4, -(-tracks // 1024))
    per_track = 17
    if tracks >= heads * 1024 or heads > 16:
        per_track, heads, tracks = 31, 16, total // 31
    if tracks >= heads * 1024:
        per_track, heads, tracks = 63, 16, total // 63
    return tracks // heads, heads, per_track


def _geometry(root: FolderSlots, files: Sequence[MeasuredFile]) -> Geometry:
    """Find the smallest disk that holds everything."""
    needed = 0
    for size in _SIZES:
        geometry = fat16(_volume_sectors(size), _FIRST_SECTOR)
        needed = clusters_needed(root, geometry) * geometry.cluster_size
        if needed <= geometry.capacity:
            if root.records > geometry.root_entries:
                raise MediumError(DISK_NAMES.medium, [_root_full(root.records, geometry.root_entries)])
            return geometry
    raise MediumError(DISK_NAMES.medium, [_overflow(needed, fat16(_volume_sectors(_SIZES[-1]), _FIRST_SECTOR), files)])


def _volume_sectors(size: int) -> int:
    """Leave out what a program that counts in cylinders does not see: the disk is whole to either kind."""
    cylinder_count, heads, per_track = cylinders(size // SECTOR)
    return cylinder_count * heads * per_track - _FIRST_SECTOR


def _put_volume(recorder: Recorder, plan: Layout, geometry: Geometry, label: bytes) -> None:
    serial = zlib.crc32(_identity(plan))
    recorder.put(boot_record(_FIRST_SECTOR, geometry.sectors, FAT16, serial))
    recorder.fill(_FIRST_SECTOR * SECTOR)
    recorder.put(boot_sector(geometry, label, serial, MESSAGE))
    fat = pack_fat(plan.links, geometry.fat_size, geometry.bits)
    for _ in range(geometry.fats):
        recorder.put(fat)
    for placed in sorted(plan.placed, key=lambda placed: placed.offset):
        match placed:
            case PlacedBytes(offset, data):
                recorder.fill(_FIRST_SECTOR * SECTOR + offset)
                recorder.put(data)
            case PlacedFile(offset, file):
                recorder.fill(_FIRST_SECTOR * SECTOR + offset)
                recorder.copy(file)


def _places(plan: Layout) -> Iterator[StoredFile]:
    for placed in plan.placed:
        if isinstance(placed, PlacedFile):
            extent = Extent(_FIRST_SECTOR * SECTOR + placed.offset, placed.file.size)
            yield StoredFile(placed.file.name, (extent,) if placed.file.size else ())


def _identity(plan: Layout) -> bytes:
    """Make sixteen bytes out of names, sizes and time, so that the same files give the same disk."""
    folders = b"".join(placed.data for placed in plan.placed if isinstance(placed, PlacedBytes))
    return hashlib.sha256(folders).digest()[:16]


def _checksum(raw: bytes) -> int:
    return ~(sum(raw) - sum(raw[_CHECKSUM_AT : _CHECKSUM_AT + 4])) & 0xFFFF_FFFF


def _root_full(records: int, most: int) -> Problem:
    return _problem(
        "root-directory-full",
        f"the root folder needs {records} entries, a FAT16 disk has {most} (a long name takes several)",
        "Put files into a folder.",
    )


def _overflow(needed: int, geometry: Geometry, files: Sequence[MeasuredFile]) -> Problem:
    return _problem(
        "disk-full",
        f"the files need {needed} bytes on a disk of 2 GiB that holds {geometry.capacity}:"
        f" {needed - geometry.capacity} bytes too many; the largest are {largest(files)}",
        "Leave some out, or make an ISO.",
    )


def _problem(rule: str, message: str, help_: str) -> Problem:
    return Problem(rule, Severity.ERROR, message, Place("disk image"), help_)
