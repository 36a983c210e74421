"""Packing files onto a medium, proven by reading it back before it takes its place; and reading media that exist."""

from __future__ import annotations

import hashlib
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, assert_never

from toolkit.errors import UnreadableError, UsageError
from toolkit.files import NamedFile, whole_file
from toolkit.media import floppy, iso, joliet, signature
from toolkit.media.content import CHUNK, Advance, FileDigest, MeasuredFile, MediaFile
from toolkit.media.extents import StoredFile, digest, read_all
from toolkit.media.fat.geometry import FloppySize
from toolkit.media.fat.reader import stored_files
from toolkit.media.signature import Medium

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

__all__ = ["FileDigest", "FloppySize", "MediaFile", "Medium", "Packed", "contents", "pack"]


@dataclass(frozen=True, slots=True)
class Packed:
    """A finished image, and what was read back from it, by name. `size` in bytes, `sha256` of the image in hex."""

    path: Path
    medium: Medium
    size: int
    sha256: str
    files: tuple[FileDigest, ...]


def pack(
    files: Iterable[MediaFile | NamedFile],
    target: Path,
    medium: Medium,
    *,
    label: str = "",
    timestamp: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    floppy_size: FloppySize = FloppySize.KIB_1440,
) -> Packed:
    """Write `files` to a new image at `target`, whole or not at all, and only after reading it back and comparing.

    The same files, label and timestamp (seconds since 1970; None is a fixed date) give the same bytes anywhere.
    `progress` is told bytes done and bytes in all. Raises MediumError with everything that is wrong with the files, and
    UnreadableError where a source changes or cannot be read, or the target cannot be written.
    """
    measured = [_media_file(file).measure() for file in files]
    if not measured:
        raise UsageError("there is nothing to pack", help="Name at least one file.")
    _refuse_own_input(measured, target)
    advance = _counted(progress, 2 * sum(file.size for file in measured))
    with whole_file(target) as image:
        match medium:
            case Medium.ISO:
                moment = iso.EPOCH if timestamp is None else timestamp
                given = iso.write_iso(measured, image, label=label, timestamp=moment, advance=advance)
            case Medium.FLOPPY:
                moment = floppy.EPOCH if timestamp is None else timestamp
                data, given = floppy.write_floppy(
                    measured, label=label, timestamp=moment, size=floppy_size, advance=advance
                )
                image.write(data)
            case _:
                assert_never(medium)
        image.flush()
        kept = tuple(digest(image, file, advance) for file in _stored(image, medium))
        _require_same(given, kept, target)
        size, sha256 = _digest_of(image)
    return Packed(target, medium, size, sha256, kept)


def contents(path: Path) -> tuple[NamedFile, ...]:
    """Read every file of a floppy or an ISO, told apart by their bytes, sorted by name.

    Raises UnreadableError where it is neither, saying what it looks like, and where it is damaged.
    """
    try:
        _require_readable(path)
        with path.open("rb") as image:
            match signature.recognised(signature.head(image)):
                case Medium() as medium:
                    return read_all(image, _stored(image, medium), limit=iso.LARGEST_IN_MEMORY)
                case words:
                    raise _no_medium(path, words)
    except OSError as err:
        raise UnreadableError(
            f"{path} cannot be read: {err.strerror or err}", help="Check the path and that you may read it."
        ) from err


def _stored(image: BinaryIO, medium: Medium) -> tuple[StoredFile, ...]:
    match medium:
        case Medium.ISO:
            return joliet.stored_files(image)
        case Medium.FLOPPY:
            image.seek(0)
            return stored_files(image.read(floppy.LARGEST))
        case _:
            assert_never(medium)


def _media_file(file: MediaFile | NamedFile) -> MediaFile:
    match file:
        case NamedFile():
            return MediaFile.of(file)
        case MediaFile():
            return file
        case _:
            assert_never(file)


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


def _counted(progress: Callable[[int, int], None] | None, total: int) -> Advance | None:
    if progress is None:
        return None
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    return advance


def _require_same(given: Iterable[FileDigest], kept: Iterable[FileDigest], target: Path) -> None:
    if odd := sorted({file.name for file in set(given) ^ set(kept)}):
        raise UnreadableError(
            f"{target} was written, but {odd[0]!a} does not read back as it was",
            help="Nothing was kept. The disk or the memory may be failing; try another place.",
        )


def _digest_of(image: BinaryIO) -> tuple[int, str]:
    hashed = hashlib.sha256()
    image.seek(0)
    while data := image.read(CHUNK):
        hashed.update(data)
    return image.tell(), hashed.hexdigest()


def _require_readable(path: Path) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise _no_medium(path, "a folder")
    if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
        raise _no_medium(path, "a device or a pipe")


def _no_medium(path: Path, words: str) -> UnreadableError:
    return UnreadableError(f"{path} is neither a floppy nor an ISO: it looks like {words}", help="Name an image file.")
