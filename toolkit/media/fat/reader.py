"""Reading a FAT12 volume: its files and where they lie. Nothing an image says is believed before it is checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from toolkit.errors import UnreadableError
from toolkit.media.extents import Extent, StoredFile
from toolkit.media.fat.boot_sector import parse_boot_sector
from toolkit.media.fat.chains import link_after
from toolkit.media.fat.geometry import FIRST_CLUSTER, Geometry
from toolkit.media.fat.records import Attribute, Found, found
from toolkit.media.names import is_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 128  # deeper than any path that Windows can open


def stored_files(image: bytes) -> tuple[StoredFile, ...]:
    """Find every file of a volume, sorted by name. Raises UnreadableError where the volume is damaged or no FAT12.

    Safe on hostile images: a cluster belongs to one file or folder only, so neither loops nor shared clusters can make
    the result larger than the image.
    """
    geometry = parse_boot_sector(image)
    if len(image) < geometry.data_offset:
        raise _damaged("it ends before its root directory does")
    table = image[geometry.fat_offset : geometry.fat_offset + geometry.fat_size]
    volume = _Volume(image, geometry, table)
    root = image[geometry.root_offset : geometry.root_offset + geometry.root_size]
    return tuple(sorted(volume.files(root, "", DEPTH), key=lambda file: file.name))


@dataclass(frozen=True, slots=True)
class _Volume:
    """An image being walked, with the clusters already taken."""

    image: bytes = field(repr=False)
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
        clusters = self._chain(entry.cluster, self.geometry.clusters, name)
        return b"".join(self._cluster(cluster, name) for cluster in clusters)

    def _extents(self, entry: Found, name: str) -> tuple[Extent, ...]:
        count = self.geometry.clusters_for(entry.size)
        clusters = list(self._chain(entry.cluster, count, name)) if count else []
        if len(clusters) < count:
            raise _damaged(f"{name!a} has {entry.size} bytes, but its clusters end sooner")
        left, extents = entry.size, []
        for first, length in _runs(clusters):
            size = min(left, length * self.geometry.cluster_size)
            extents.append(Extent(self.geometry.offset_of(first), size))
            left -= size
        if extents and extents[-1].offset + extents[-1].size > len(self.image):
            raise _damaged(f"it ends in the middle of {name!a}")
        return tuple(extents)

    def _chain(self, first: int, count: int, name: str) -> Iterator[int]:
        """Follow up to `count` links, taking each cluster. Ends early at a mark of the end."""
        cluster: int | None = first
        for _ in range(count):
            if cluster is None or not FIRST_CLUSTER <= cluster < FIRST_CLUSTER + self.geometry.clusters:
                raise _damaged(f"{name!a} points outside of it")
            if cluster in self.taken:
                raise _damaged(f"{name!a} shares its clusters with another file or runs in a circle")
            self.taken.add(cluster)
            yield cluster
            cluster = link_after(self.table, cluster)
            if cluster is not None and cluster >= 0xFF8:
                return

    def _cluster(self, cluster: int, name: str) -> bytes:
        offset = self.geometry.offset_of(cluster)
        data = self.image[offset : offset + self.geometry.cluster_size]
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
