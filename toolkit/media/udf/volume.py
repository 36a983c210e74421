"""A UDF volume: its label, its folders and files, and each file as a stream. Nothing it says is believed unchecked."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from toolkit.errors import UnreadableError
from toolkit.media.extents import Extent, StoredFile
from toolkit.media.names import is_plain, same_name
from toolkit.media.udf.allocation import Form, Kind, Piece, pieces
from toolkit.media.udf.blocks import BLOCK, Image, blocks_for
from toolkit.media.udf.failure import DamagedUdfError, cut_short
from toolkit.media.udf.file_entry import FileEntry, file_entry
from toolkit.media.udf.file_identifier import Identifier, identifiers
from toolkit.media.udf.stream import FileStream, Hole, Run
from toolkit.media.udf.structure import Structure, read_structure, sector_of
from toolkit.media.udf.tag import TagId, is_at
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.media.udf.allocation import Address

DEPTH = 128  # deeper than any path that Windows can open
LARGEST_FOLDER = 8 << 20  # bytes, some 100,000 names

_CONTINUATIONS = 64  # further blocks of extents of one file; the first tells of 230 GiB already where they are full


class UdfEntry(NamedTuple):
    """A file or folder. `path` holds its folders, separated by `/`; `size` is in bytes, a folder's for its names."""

    path: str
    is_folder: bool
    size: int
    runs: tuple[Run, ...]
    entry: FileEntry


def open_volume(stream: BinaryIO) -> UdfVolume:
    """Find the UDF volume of an image. Raises NotUdfError where there is none, and UnreadableError where it is broken.

    The stream has to stay open for as long as the volume or a file of it is in use, and is not for sharing by threads.
    """
    image = Image.of(stream)
    return UdfVolume(image, read_structure(image))


@dataclass(frozen=True, slots=True)
class UdfVolume:
    """An open volume. Safe on hostile images: what is read of one never exceeds its own size by much."""

    image: Image
    structure: Structure

    @property
    def label(self) -> str:
        return self.structure.label

    @property
    def missing(self) -> int:
        """How many bytes the image is shorter than its partitions say; 0 for a whole one."""
        ends = (partition.start + partition.length for partition in self.structure.partitions)
        return max(0, max(ends) * BLOCK - self.image.size)

    def entries(self) -> Iterator[UdfEntry]:
        """Find every folder and file below the root, folders before what is in them, in the order of the disc."""
        return _Walk(self).entries(self.root, "", DEPTH)

    def stored_files(self) -> tuple[StoredFile, ...]:
        """Find every file, sorted by name, to be read from where it lies."""
        files = (StoredFile(entry.path, _solid(entry)) for entry in self.entries() if not entry.is_folder)
        return tuple(sorted(files, key=lambda file: file.name))

    def find(self, path: str) -> UdfEntry | None:
        """Find a file or folder as Windows does, without regard to case. None where there is none."""
        here = self.entry_at("", self.root)
        for part in path.split("/"):
            if not here.is_folder:
                return None
            found = self.child(here.entry, part)
            if found is None:
                return None
            here = self.entry_at(f"{here.path}/{found.name}".lstrip("/"), self.file_entry(found.address))
        return here

    def open(self, path: str) -> BinaryIO:
        """Open a file for reading and seeking. Raises UnreadableError where there is none of this name."""
        found = self.find(path)
        if found is None or found.is_folder:
            reason = "it is a folder" if found else "there is none"
            raise UnreadableError(f"{path!a} cannot be read from the image: {reason}", help="List what it holds.")
        return self.stream(found)

    def runs_of(self, path: str) -> tuple[Run, ...] | None:
        """Tell where a file lies, found as Windows does; None where there is none."""
        found = self.find(path)
        return None if found is None or found.is_folder else found.runs

    def stream(self, entry: UdfEntry) -> BinaryIO:
        return io.BufferedReader(FileStream(self.image.stream, entry.runs))

    @property
    def root(self) -> FileEntry:
        root = self.file_entry(self.structure.root)
        if not root.is_folder:
            raise DamagedUdfError("its root is no folder")
        return root

    def file_entry(self, address: Address) -> FileEntry:
        return file_entry(self.image.block(self.sector(address)), address)

    def sector(self, address: Address) -> int:
        """Find the block of the image that an address stands for."""
        return sector_of(self.structure.partitions, address)

    def child(self, folder: FileEntry, name: str) -> Identifier | None:
        """Find a name in a folder: as it is spelled, or else as Windows compares."""
        named = [each for each in self.names(folder) if each.is_named and same_name(each.name) == same_name(name)]
        return next((each for each in named if each.name == name), named[0] if named else None)

    def names(self, folder: FileEntry) -> Iterator[Identifier]:
        """Read a folder, with deleted names and the way up."""
        if folder.size > min(LARGEST_FOLDER, self.image.size):
            raise DamagedUdfError(f"a folder has {folder.size} bytes")
        return identifiers(FileStream(self.image.stream, self.runs(folder)).readall())

    def entry_at(self, path: str, entry: FileEntry) -> UdfEntry:
        return UdfEntry(path, entry.is_folder, entry.size, self.runs(entry), entry)

    def runs(self, entry: FileEntry) -> tuple[Run, ...]:
        """Find where the bytes of a file or folder are. Raises UnreadableError where they are not within the image."""
        if entry.form == Form.EMBEDDED:
            return (Extent(self.sector(entry.address) * BLOCK + entry.descriptors_at, entry.size),)
        runs: list[Run] = []
        left = entry.size
        for piece in self._pieces(entry):
            if not left:
                break
            size = min(left, piece.size)
            _append(runs, self._run(piece, size))
            left -= size
        if left:
            raise DamagedUdfError(f"the file in block {entry.address.block} has {entry.size} bytes, its extents fewer")
        return tuple(runs)

    def _run(self, piece: Piece, size: int) -> Run:
        if piece.kind is not Kind.RECORDED:
            return Hole(size)
        offset = self.sector(piece.address) * BLOCK
        length = self.structure.partitions[piece.address.partition].length
        if piece.address.block + blocks_for(size) > length or offset + size > self.image.size:
            raise (
                cut_short(self.missing)
                if self.missing
                else DamagedUdfError(f"a file goes on past the end, from block {piece.address.block}")
            )
        return Extent(offset, size)

    def _pieces(self, entry: FileEntry) -> Iterator[Piece]:
        """Give the pieces of a file, following the extents that tell of further extents (ECMA-167 4/14.5)."""
        raw = entry.descriptors
        for _ in range(_CONTINUATIONS):
            continued: Piece | None = None
            for piece in pieces(raw, entry.form, entry.address.partition):
                if piece.kind is Kind.CONTINUED:
                    continued = piece
                    break
                yield piece
            if continued is None:
                return
            block = self.image.block(self.sector(continued.address))
            length = int.from_bytes(block[20:24], "little")
            if not is_at(block, TagId.ALLOCATION_EXTENT, continued.address.block) or length > BLOCK - 24:
                raise DamagedUdfError(f"the extents in block {continued.address.block} are broken")
            raw = block[24 : 24 + length]
        raise DamagedUdfError(f"the file in block {entry.address.block} has too many extents")


class _Walk:
    """One pass over a volume's folders. Each is read once, and all together must not be larger than the image."""

    def __init__(self, volume: UdfVolume) -> None:
        self._volume = volume
        self._budget = volume.image.size
        self._seen: set[Address] = set()

    def entries(self, folder: FileEntry, prefix: str, depth: int) -> Iterator[UdfEntry]:
        if not depth:
            raise DamagedUdfError("its folders are nested too deeply")
        for found in self._named(folder):
            if not is_plain(found.name):
                raise DamagedUdfError(f"it holds a file called {found.name!a}")
            entry = self._volume.entry_at(prefix + found.name, self._volume.file_entry(found.address))
            if entry.is_folder != found.is_folder:
                raise DamagedUdfError(f"{entry.path!a} is both a file and a folder")
            yield entry
            if entry.is_folder:
                yield from self.entries(entry.entry, f"{entry.path}/", depth - 1)

    def _named(self, folder: FileEntry) -> Iterator[Identifier]:
        if folder.address in self._seen:
            raise DamagedUdfError("a folder lies within itself")
        self._seen.add(folder.address)
        self._budget -= folder.size
        if self._budget < 0:
            raise DamagedUdfError("its folders are larger than itself")
        return (each for each in self._volume.names(folder) if each.is_named)


def _solid(entry: UdfEntry) -> tuple[Extent, ...]:
    extents = tuple(run for run in entry.runs if isinstance(run, Extent) and run.size)
    if sum(extent.size for extent in extents) != entry.size:
        raise DamagedUdfError(f"{entry.path!a} has gaps, which nothing but rewritable discs have")
    return extents


def _append(runs: list[Run], run: Run) -> None:
    """Add a run, joined to the one before where it goes on from there."""
    match runs[-1] if runs else None, run:
        case Extent(start, size), Extent(offset, more) if start + size == offset:
            runs[-1] = Extent(start, size + more)
        case Hole(size), Hole(more):
            runs[-1] = Hole(size + more)
        case _:
            runs.append(run)
