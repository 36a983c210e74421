"""Reading a FAT volume: its files and where they lie. Nothing an image says is believed before it is checked."""

from __future__ import annotations

import io
from dataclasses import field
from typing import TYPE_CHECKING, BinaryIO

from toolkit.errors import UnreadableError
from toolkit.media.extents import Extent, StoredFile
from toolkit.media.fat.boot_sector import parse_boot_sector
from toolkit.media.fat.chains import FIRST_END_MARK, link_after
from toolkit.media.fat.geometry import FAT16_CLUSTERS, FIRST_CLUSTER, SECTOR, Geometry
from toolkit.media.fat.records import Attribute, Found, found
from toolkit.media.names import is_plain
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 128  # deeper than any path that Windows can open
LARGEST_FOLDER = 2 << 20  # bytes: fatgen103 ends a directory at 65,536 records

_LARGEST_FAT = 2 * FAT16_CLUSTERS


def stored_files(image: bytes) -> tuple[StoredFile, ...]:
    """Find every file of a volume, as `files_within` does."""
    return files_within(io.BytesIO(image), Extent(0, len(image)))


def files_within(image: BinaryIO, extent: Extent) -> tuple[StoredFile, ...]:
    """Find every file of the volume in an extent of an image, sorted by name; theirs count from the image's start.

    Raises UnreadableError where the volume is damaged or is neither FAT12 nor FAT16. Safe on hostile images: a cluster
    belongs to one file or folder only, so neither loops nor shared clusters can make the result larger than the image.
    """
    window = _Window(image, extent)
    geometry = parse_boot_sector(window.read(0, SECTOR))
    if extent.size < geometry.data_offset:
        raise _damaged("it ends before its root directory does")
    table = window.read(geometry.fat_offset, min(geometry.fat_size, _LARGEST_FAT))
    volume = _Volume(window, geometry, table)
    root = window.read(geometry.root_offset, geometry.root_size)
    return tuple(sorted(volume.files(root, "", DEPTH), key=lambda file: file.name))


@dataclass(frozen=True, slots=True)
class _Window:
    """A part of an image, read by offsets from its own first byte."""

    image: BinaryIO
    extent: Extent

    def read(self, offset: int, size: int) -> bytes:
        """Read, no further than the window goes."""
        self.image.seek(self.extent.offset + offset)
        return self.image.read(max(0, min(size, self.extent.size - offset)))


@dataclass(frozen=True, slots=True)
class _Volume:
    """A volume being walked, with the clusters already taken."""

    window: _Window
    geometry: Geometry
    table: bytes = field(repr=False)
    taken: set[int] = field(default_factory=set)

    def files(self, directory: bytes, prefix: str, depth: int) -> Iterator[StoredFile]:
        if not depth:
            raise _damaged("its folders are nested too deeply")
        for entry in found(directory):
            if not is_plain(entry.name):
                raise _damaged(f"it holds a file called {entry.name!a}")
            name = prefix + entry.name
            if entry.attributes & Attribute.FOLDER:
                yield from self.files(self._folder(entry, name), f"{name}/", depth - 1)
            else:
                yield StoredFile(name, self._extents(entry, name))

    def _folder(self, entry: Found, name: str) -> bytes:
        """Join a folder's clusters; only the end of its chain tells how many there are."""
        most = max(1, LARGEST_FOLDER // self.geometry.cluster_size)
        clusters = list(self._chain(entry.cluster, min(most + 1, self.geometry.clusters), name))
        if len(clusters) > most:
            raise _damaged(f"the folder {name!a} is too large")
        return b"".join(self._cluster(cluster, name) for cluster in clusters)

    def _extents(self, entry: Found, name: str) -> tuple[Extent, ...]:
        count = self.geometry.clusters_for(entry.size)
        clusters = list(self._chain(entry.cluster, count, name)) if count else []
        if len(clusters) < count:
            raise _damaged(f"{name!a} has {entry.size} bytes, but its clusters end sooner")
        left, extents = entry.size, []
        for first, length in _runs(clusters):
            size = min(left, length * self.geometry.cluster_size)
            offset = self.geometry.offset_of(first)
            if offset + size > self.window.extent.size:
                raise _damaged(f"it ends in the middle of {name!a}")
            extents.append(Extent(self.window.extent.offset + offset, size))
            left -= size
        return tuple(extents)

    def _chain(self, first: int, count: int, name: str) -> Iterator[int]:
        """Follow up to `count` links, taking each cluster. Ends early at a mark of the end."""
        bits = self.geometry.bits
        end = FIRST_END_MARK & ((1 << bits) - 1)
        cluster: int | None = first
        for _ in range(count):
            if cluster is None or not FIRST_CLUSTER <= cluster < FIRST_CLUSTER + self.geometry.clusters:
                raise _damaged(f"{name!a} points outside of it")
            if cluster in self.taken:
                raise _damaged(f"{name!a} shares its clusters with another file or runs in a circle")
            self.taken.add(cluster)
            yield cluster
            cluster = link_after(self.table, cluster, bits)
            if cluster is not None and cluster >= end:
                return

    def _cluster(self, cluster: int, name: str) -> bytes:
        offset = self.geometry.offset_of(cluster)
        data = self.window.read(offset, self.geometry.cluster_size)
        if len(data) < self.geometry.cluster_size:
            raise _damaged(f"it ends in the middle of {name!a}")
        return data


def _runs(clusters: list[int]) -> Iterator[tuple[int, int]]:
    """Group neighbours: the first cluster of each run and how many there are."""
    start = 0
    for index in range(1, len(clusters) + 1):
        if index == len(clusters) or clusters[index] != clusters[index - 1] + 1:
            yield clusters[start], index - start
            start = index


def _damaged(reason: str) -> UnreadableError:
    return UnreadableError(f"the floppy image is damaged: {reason}", help="Fetch or make it again.")
