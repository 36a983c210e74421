"""The files of any medium alike: which file systems it has, what they hold, and each file as a stream."""

from __future__ import annotations

import io
from enum import StrEnum
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from toolkit.media import signature
from toolkit.media.extents import Extent
from toolkit.media.signature import Medium
from toolkit.values import dataclass

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from toolkit.media.extents import StoredFile
    from toolkit.media.udf.stream import Run

_LABEL = slice(43, 54)  # of a FAT boot sector
_NO_LABEL = "NO NAME"


class Kind(StrEnum):
    """What a file is as a medium. `other` is everything that is not one."""

    ISO = "iso"
    FLOPPY = "floppy"
    VHD = "vhd"
    DISK = "disk"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class FileSystem:
    """`name` is ISO9660, Joliet, UDF, FAT12 or FAT16. An empty label is none."""

    name: str
    label: str


class ContainedFile(NamedTuple):
    """A file on a medium, folders separated by `/`. `size` in bytes; `runs` is where they are."""

    name: str
    size: int
    runs: tuple[Run, ...]

    @property
    def block(self) -> int | None:
        """The block of 2048 bytes in which it begins, by which boot catalogues name it."""
        match self.runs:
            case (Extent(offset, _), *_) if offset % 2048 == 0:
                return offset // 2048
            case _:
                return None


@dataclass(frozen=True, slots=True)
class Contents:
    """A medium that was looked into. `words` says what it is; the files are those that Windows would show."""

    kind: Kind
    words: str
    file_systems: tuple[FileSystem, ...] = ()
    files: tuple[ContainedFile, ...] = ()


def contents_of(image: BinaryIO) -> Contents:
    """Look into an image. Raises UnreadableError where it is a medium that is damaged."""
    match signature.recognised(signature.head(image), signature.tail(image)):
        case Medium.ISO:
            return _iso(image)
        case Medium.FLOPPY:
            extent = Extent(0, image.seek(0, 2))
            return Contents(Kind.FLOPPY, "a floppy or another FAT volume", *_fat(image, extent))
        case Medium.VHD:
            return _disk(image, Kind.VHD, "a VHD disk image of fixed size")
        case signature.UDF_DISC:
            return _iso(image)
        case signature.DISK:
            return _disk(image, Kind.DISK, "a disk image")
        case words:
            return Contents(Kind.OTHER, words)


def udf_files(image: BinaryIO, folders: Iterable[str], wanted: re.Pattern[str]) -> tuple[ContainedFile, ...]:
    """Find what matches, by its path, in some folders of a UDF volume, without reading all others; nothing where none.

    Raises UnreadableError where the volume is damaged.
    """
    from toolkit.media.udf.failure import NotUdfError, UnsupportedUdfError  # noqa: PLC0415
    from toolkit.media.udf.volume import open_volume  # noqa: PLC0415

    try:
        volume = open_volume(image)
    except (NotUdfError, UnsupportedUdfError):
        return ()
    places = [place for folder in folders if (place := volume.find(folder)) is not None and place.is_folder]
    found = [
        volume.entry_at(path, volume.file_entry(each.address))
        for place in places
        for each in volume.names(place.entry)
        if each.is_named and not each.is_folder and wanted.fullmatch(path := f"{place.path}/{each.name}")
    ]
    return tuple(ContainedFile(entry.path, entry.size, entry.runs) for entry in found)


def stream_of(image: BinaryIO, file: ContainedFile) -> BinaryIO:
    """Open a file of an image, which has to stay open for as long."""
    from toolkit.media.udf.stream import FileStream  # noqa: PLC0415

    return io.BufferedReader(FileStream(image, file.runs))


def _iso(image: BinaryIO) -> Contents:
    """Read an ISO by UDF, else by Joliet, else by ISO9660 names: the order in which Windows prefers them."""
    from toolkit.media import joliet  # noqa: PLC0415  (what is not there is not loaded)
    from toolkit.media.udf.failure import NotUdfError, UnsupportedUdfError  # noqa: PLC0415
    from toolkit.media.udf.volume import open_volume  # noqa: PLC0415

    volumes = joliet.volumes(image)
    systems = [FileSystem(volume.naming, volume.label) for volume in volumes]
    try:
        udf = open_volume(image)
    except (NotUdfError, UnsupportedUdfError):
        files = _stored(joliet.files_of(image, volumes[0])) if volumes else ()
    else:
        systems.append(FileSystem("UDF", udf.label))
        found = (ContainedFile(entry.path, entry.size, entry.runs) for entry in udf.entries() if not entry.is_folder)
        files = tuple(sorted(found, key=lambda file: file.name))
    return Contents(Kind.ISO, "an ISO image", tuple(sorted(systems, key=lambda system: system.name)), files)


def _disk(image: BinaryIO, kind: Kind, words: str) -> Contents:
    from toolkit.media.partition import FAT_TYPES, partitions  # noqa: PLC0415

    for number, extent in partitions(image):
        if number in FAT_TYPES:
            return Contents(kind, words, *_fat(image, extent))
    return Contents(kind, f"{words} without a FAT partition")


def _fat(image: BinaryIO, extent: Extent) -> tuple[tuple[FileSystem, ...], tuple[ContainedFile, ...]]:
    from toolkit.media.fat.boot_sector import parse_boot_sector  # noqa: PLC0415
    from toolkit.media.fat.reader import files_within  # noqa: PLC0415

    image.seek(extent.offset)
    sector = image.read(512)
    geometry = parse_boot_sector(sector)
    label = sector[_LABEL].decode("cp437").rstrip(" \0")
    system = FileSystem(f"FAT{geometry.bits}", "" if label == _NO_LABEL else label)
    return (system,), _stored(files_within(image, extent))


def _stored(files: Iterable[StoredFile]) -> tuple[ContainedFile, ...]:
    return tuple(ContainedFile(file.name, file.size, file.extents) for file in files)
