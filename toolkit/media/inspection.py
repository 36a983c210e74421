"""What is on a medium, or in a file: told by its bytes, without unpacking anything."""

from __future__ import annotations

import contextlib
import re
import stat
from dataclasses import field
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from toolkit.errors import UnreadableError
from toolkit.media import signature
from toolkit.media.contained import ContainedFile, FileSystem, Kind, contents_of, stream_of, udf_files
from toolkit.media.eltorito import Platform, boot_catalogue
from toolkit.media.refusal import told_of
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from toolkit.media.eltorito import BootEntry
    from toolkit.media.wim.image import WimFile, WimImage

__all__ = ["AnswerFile", "Boot", "FileSystem", "Inspection", "Installable", "Listed", "inspect", "windows_images"]

LARGEST_ANSWER_FILE = 2 << 20  # bytes; with scripts inside, real ones have some hundred thousand
MOST_ANSWERS = 4 << 20  # bytes of answer files on one medium
MOST_LOOKED_INTO = 50  # files of one kind

_ANSWER_FILE = re.compile(r"(?:.*/)?(?:auto)?unattend[^/]*\.xml", re.IGNORECASE)
_IMAGE_FILE = re.compile(r".*\.(?:wim|esd|swm)", re.IGNORECASE)
_SETUP_IMAGES = re.compile(r"(?:.*/)?sources/install\.(?:wim|esd|swm)", re.IGNORECASE)
_SETUP_FOLDERS = ("sources", "x64/sources", "x86/sources")  # the latter on discs for two architectures
_NAMESPACE = "urn:schemas-microsoft-com:unattend"
_SNIFFED = 64 << 10
_SECTOR = 512  # of which boot catalogues count what is to be loaded


@dataclass(frozen=True, slots=True)
class Boot:
    """An entry of the boot catalogue. `size` in bytes; `block` is of 2048; `file` is the one that lies there."""

    platform: str
    bootable: bool
    size: int
    block: int
    file: str | None


class Listed(NamedTuple):
    """A file on a medium. `size` in bytes."""

    name: str
    size: int


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """An answer file that was found, on a medium or as the inspected file itself; `data` is for a check."""

    name: str
    data: bytes = field(repr=False)  # holds passwords


@dataclass(frozen=True, slots=True)
class Installable:
    """A file of Windows images. `wim` is None where it cannot be read, for the `reason` told."""

    name: str
    wim: WimFile | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Inspection:
    """All that was found. `kind` is a word for machines, `words` says what the file looks like; `size` in bytes.

    `passed_over` counts answer files that are too large or too many to be looked into.
    """

    path: Path
    kind: str
    words: str
    size: int
    file_systems: tuple[FileSystem, ...] = ()
    boot: tuple[Boot, ...] = ()
    files: tuple[Listed, ...] = ()
    answer_files: tuple[AnswerFile, ...] = ()
    installable: tuple[Installable, ...] = ()
    passed_over: int = 0

    def to_json(self) -> dict[str, Any]:
        """Give everything but what is in the answer files, for `json.dumps`."""
        from toolkit.media.inspection_page import as_json  # noqa: PLC0415  (it knows this module)

        return as_json(self)

    def to_text(self, width: int) -> str:
        """Give a page `width` columns wide, with the beginning of a long list of files."""
        from toolkit.media.inspection_page import as_text  # noqa: PLC0415

        return as_text(self, width)


def inspect(path: Path) -> Inspection:
    """Look into a file. Raises UnreadableError where it cannot be read, or is a medium that is damaged."""
    with _opened(path) as image:
        size = image.seek(0, 2)
        found = contents_of(image)
        if found.kind is Kind.OTHER:
            return _alone(path, image, size, found.words)
        named = [file for file in found.files if _ANSWER_FILE.fullmatch(file.name)]
        answers = tuple(_answer_files(image, named))
        return Inspection(
            path,
            found.kind,
            found.words,
            size,
            found.file_systems,
            tuple(_boot(image, found.files)) if found.kind is Kind.ISO else (),
            tuple(Listed(file.name, file.size) for file in found.files),
            answers,
            tuple(_installable(image, file) for file in _named(_IMAGE_FILE, found.files)),
            len(named) - len(answers),
        )


def windows_images(path: Path) -> tuple[WimImage, ...]:
    """Give the images that a Windows setup disc, or an install.wim, .esd or .swm, holds, in their order.

    A disc for two architectures has two such files; their images are given one after the other. Raises UnreadableError
    where there is none.
    """
    with _opened(path) as image:
        if signature.is_wim(signature.head(image)):
            return _read(image).images
        files = udf_files(image, _SETUP_FOLDERS, _SETUP_IMAGES) or _named(_SETUP_IMAGES, _discs_files(path, image))
        found = tuple(one for file in files for one in _inner(path, image, file).images)
    if not found:
        raise UnreadableError(
            f"{path} holds no Windows images", help="Name a Windows setup disc: it has sources/install.wim or .esd."
        )
    return found


def _discs_files(path: Path, image: BinaryIO) -> tuple[ContainedFile, ...]:
    found = contents_of(image)
    if found.kind is Kind.OTHER:
        raise UnreadableError(
            f"{path} is no Windows setup disc: it looks like {found.words}", help="Name an ISO, or an install.wim."
        )
    return found.files


def _alone(path: Path, image: BinaryIO, size: int, words: str) -> Inspection:
    """Tell of a file that is no medium: images of Windows, an answer file, or something that is named only."""
    if signature.is_wim(signature.head(image)):
        return Inspection(path, "wim", words, size, installable=(Installable(path.name, _read(image)),))
    image.seek(0)
    if size <= LARGEST_ANSWER_FILE and is_answer_file(data := image.read()):
        return Inspection(path, "answer-file", "an answer file", size, answer_files=(AnswerFile(path.name, data),))
    return Inspection(path, "xml" if words == signature.XML else Kind.OTHER, words, size)


def is_answer_file(data: bytes) -> bool:
    """Tell by the namespace that every answer file names near its top, in the encodings that Windows reads."""
    start = data[:_SNIFFED]
    return any(_NAMESPACE.encode(encoding) in start for encoding in ("ascii", "utf-16-le", "utf-16-be"))


def _boot(image: BinaryIO, files: Sequence[ContainedFile]) -> Iterator[Boot]:
    catalogue = boot_catalogue(image)
    if catalogue is None:
        return
    names = {file.block: file.name for file in reversed(files) if file.size}
    for entry in catalogue.entries:
        yield Boot(_platform(entry), entry.bootable, entry.sectors * _SECTOR, entry.block, names.get(entry.block))


def _platform(entry: BootEntry) -> str:
    try:
        return Platform(entry.platform).name.replace("_", " ")
    except ValueError:
        return f"platform {entry.platform:#04x}"


def _answer_files(image: BinaryIO, files: Sequence[ContainedFile]) -> Iterator[AnswerFile]:
    left = MOST_ANSWERS
    for file in files[:MOST_LOOKED_INTO]:
        if file.size <= min(LARGEST_ANSWER_FILE, left):
            left -= file.size
            yield AnswerFile(file.name, stream_of(image, file).read())


def _installable(image: BinaryIO, file: ContainedFile) -> Installable:
    try:
        return Installable(file.name, _read(stream_of(image, file)))
    except UnreadableError as err:
        return Installable(file.name, None, err.message)


def _inner(path: Path, image: BinaryIO, file: ContainedFile) -> WimFile:
    """Read images within a disc, and say of what is no such file that the disc holds it."""
    try:
        return _read(stream_of(image, file))
    except UnreadableError as err:
        message = f"{file.name} in {path} cannot be read: {err.message}"
        raise UnreadableError(
            message, help="Fetch the disc again, and compare its SHA-256 with the publisher's."
        ) from err


def _named(pattern: re.Pattern[str], files: Sequence[ContainedFile]) -> list[ContainedFile]:
    return [file for file in files if pattern.fullmatch(file.name)][:MOST_LOOKED_INTO]


def _read(stream: BinaryIO) -> WimFile:
    from toolkit.media.wim.reading import read_images  # noqa: PLC0415  (most media have none)

    return read_images(stream)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file or a block device, and say what went wrong in our words for as long as it is open."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise _unreadable(path, "it is a folder")
        if not (stat.S_ISREG(mode) or stat.S_ISBLK(mode)):
            raise _unreadable(path, "it is a device or a pipe")
        with path.open("rb") as stream, told_of(path):
            yield stream
    except OSError as err:
        raise _unreadable(path, err.strerror or str(err)) from err


def _unreadable(path: Path, reason: str) -> UnreadableError:
    return UnreadableError(f"{path} cannot be read: {reason}", help="Check the path and that you may read it.")
