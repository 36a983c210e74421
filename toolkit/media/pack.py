"""Packing files onto a medium, proven by reading it back before it takes its place; and reading media that exist."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, BinaryIO, assert_never

from toolkit.errors import UnreadableError, UsageError
from toolkit.files import NamedFile, whole_file
from toolkit.media import iso, signature
from toolkit.media.content import FileDigest, MediaFile, counted, source_digest
from toolkit.media.extents import Extent, StoredFile
from toolkit.media.fat.geometry import FloppySize
from toolkit.media.garbage import garbage_kept
from toolkit.media.making import Making
from toolkit.media.proof import Settling, read_back
from toolkit.media.refusal import told_of
from toolkit.media.signature import Medium
from toolkit.media.stored import digest, read_all
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from toolkit.media.content import MeasuredFile
    from toolkit.media.recorder import Recorded

__all__ = ["FileDigest", "FloppySize", "MediaFile", "Medium", "Packed", "contents", "pack", "require_packable"]


@dataclass(frozen=True, slots=True)
class Packed:
    """A finished image, and what was read back from it, by name. `size` in bytes, `sha256` of the image in hex.

    `stand_ins` are the names under which Joliet has the files that only UDF can name; most images have none.
    """

    path: Path
    medium: Medium
    size: int
    sha256: str
    files: tuple[FileDigest, ...]
    file_systems: tuple[str, ...]
    stand_ins: Mapping[str, str]


def pack(  # noqa: PLR0913  (all but the first three are named by the caller)
    files: Iterable[MediaFile | NamedFile],
    target: Path,
    medium: Medium,
    *,
    label: str = "",
    timestamp: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    floppy_size: FloppySize = FloppySize.KIB_1440,
    digests: bool = True,
) -> Packed:
    """Write `files` to a new image at `target`, whole or not at all, and only after reading it back and comparing.

    The same files, label and timestamp (seconds since 1970; None is a fixed date) give the same bytes anywhere.
    `progress` is told bytes done and bytes in all; without `digests` the files' own are not worked out. Raises
    MediumError with everything that is wrong with the files, and UnreadableError where a source changes or cannot be
    read, or the target cannot be written.
    """
    measured = _measured(files, target)
    advance = counted(progress, 2 * sum(file.size for file in measured))
    making = Making(label, timestamp, advance, digests)
    with whole_file(target) as image, garbage_kept():
        given = _record(measured, image, medium, making, floppy_size)
        image.flush()
        with Settling(image):
            places = _stored(image, medium)
            checks = read_back(image, places, advance)
        if set(places) != set(given.places) or checks != given.checks:
            raise _not_as_it_was(target, measured, [digest(image, file) for file in places])
    kept = tuple(sorted(given.files, key=lambda file: file.name))
    return Packed(target, medium, given.size, given.sha256, kept, given.file_systems, given.stand_ins)


def require_packable(
    files: Iterable[MediaFile | NamedFile],
    target: Path,
    medium: Medium,
    *,
    label: str = "",
    floppy_size: FloppySize = FloppySize.KIB_1440,
) -> None:
    """Raise what `pack` would raise of the same files before it writes."""
    measured = _measured(files, target)
    match medium:
        case Medium.ISO:
            iso.planned(measured, Making(label))
        case Medium.FLOPPY:
            from toolkit.media import floppy  # noqa: PLC0415

            floppy.planned(measured, Making(label), size=floppy_size)
        case Medium.VHD:
            from toolkit.media import vhd  # noqa: PLC0415

            vhd.planned(measured, Making(label))
        case _:
            assert_never(medium)


def contents(path: Path) -> tuple[NamedFile, ...]:
    """Read every file of a floppy, an ISO or a VHD, told apart by their bytes, sorted by name.

    Raises UnreadableError where it is neither, saying what it looks like, and where it is damaged.
    """
    try:
        _require_readable(path)
        with path.open("rb") as image, told_of(path):
            match signature.recognised(signature.head(image), signature.tail(image)):
                case Medium() as medium:
                    return read_all(image, _stored(image, medium), limit=iso.LARGEST_IN_MEMORY)
                case words:
                    raise _no_medium(path, words)
    except OSError as err:
        raise UnreadableError(
            f"{path} cannot be read: {err.strerror or err}", help="Check the path and that you may read it."
        ) from err


def _measured(files: Iterable[MediaFile | NamedFile], target: Path) -> list[MeasuredFile]:
    measured = [MediaFile.of(file).measure() for file in files]
    if not measured:
        raise UsageError("there is nothing to pack", help="Name at least one file.")
    _refuse_own_input(measured, target)
    return measured


def _record(
    files: Sequence[MeasuredFile], image: BinaryIO, medium: Medium, making: Making, floppy_size: FloppySize
) -> Recorded:
    match medium:
        case Medium.ISO:
            return iso.write_iso(files, image, making)
        case Medium.FLOPPY:
            from toolkit.media import floppy  # noqa: PLC0415  (10 ms that an ISO need not pay)

            data, recorded = floppy.write_floppy(files, making, size=floppy_size)
            image.write(data)
            return recorded
        case Medium.VHD:
            from toolkit.media import vhd  # noqa: PLC0415

            return vhd.write_vhd(files, image, making)
        case _:
            assert_never(medium)


def _stored(image: BinaryIO, medium: Medium) -> tuple[StoredFile, ...]:
    match medium:
        case Medium.ISO:
            return iso.files_on(image)
        case Medium.FLOPPY:
            from toolkit.media.fat.reader import files_within  # noqa: PLC0415

            return files_within(image, Extent(0, image.seek(0, 2)))
        case Medium.VHD:
            from toolkit.media import vhd  # noqa: PLC0415

            return vhd.stored_files(image)
        case _:
            assert_never(medium)


def _refuse_own_input(files: Sequence[MeasuredFile], target: Path) -> None:
    """Compare identities, not names: links, case and `..` give one file many names."""
    try:
        there = target.stat()
    except FileNotFoundError:
        return
    except OSError as err:
        raise UnreadableError(
            f"{target} cannot be written: {err.strerror or err}", help="Choose another place."
        ) from err
    if stat.S_ISDIR(there.st_mode):
        raise UsageError(f"{target} is a folder", help="Name the image file to write.")
    for file in files:
        if file.stamp is not None and (file.stamp.device, file.stamp.inode) == (there.st_dev, there.st_ino):
            raise UsageError(
                f"{target} is one of the files to be packed ({file.name})", help="Write the image somewhere else."
            )


def _not_as_it_was(target: Path, files: Iterable[MeasuredFile], kept: Iterable[FileDigest]) -> UnreadableError:
    """Find the file to name by reading the sources once more."""
    odd = sorted({file.name for file in {source_digest(file) for file in files} ^ set(kept)})
    what = f"{odd[0]!a} does" if odd else "its directories do"
    return UnreadableError(
        f"{target} was written, but {what} not read back as it was",
        help="Nothing was kept. The disk or the memory may be failing; try another place.",
    )


def _require_readable(path: Path) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise _no_medium(path, "a folder")
    if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
        raise _no_medium(path, "a device or a pipe")


def _no_medium(path: Path, words: str) -> UnreadableError:
    return UnreadableError(f"{path} is neither a floppy nor an ISO: it looks like {words}", help="Name an image file.")
