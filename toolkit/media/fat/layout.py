"""Where everything goes on a FAT volume: names, records and clusters, decided before any content is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, assert_never

from toolkit.media.fat.aliases import aliases, displayed
from toolkit.media.fat.chains import LAST
from toolkit.media.fat.geometry import RECORD, Geometry
from toolkit.media.fat.long_names import long_name_records
from toolkit.media.fat.records import DOT, DOTDOT, Attribute, DosTime, label_record, record
from toolkit.media.tree import Folder, Leaf
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.media.content import MeasuredFile


@dataclass(frozen=True, slots=True)
class Slot:
    """A file or folder in a directory, with the records that name it."""

    alias: bytes
    long_name: tuple[bytes, ...]
    node: FolderSlots | MeasuredFile


@dataclass(frozen=True, slots=True)
class FolderSlots:
    """A directory's slots. `own` counts the records that it has by itself: `.` and `..`, or the root's label."""

    slots: tuple[Slot, ...]
    own: int

    @property
    def records(self) -> int:
        return self.own + sum(1 + len(slot.long_name) for slot in self.slots)

    @property
    def size(self) -> int:
        """In bytes."""
        return self.records * RECORD


@dataclass(frozen=True, slots=True)
class PlacedBytes:
    """A directory, laid out, for a place in the image (offset in bytes)."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A file whose content goes to a place in the image (offset in bytes)."""

    offset: int
    file: MeasuredFile


Placed: TypeAlias = PlacedBytes | PlacedFile


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole volume. `links` is the FAT, cluster by cluster."""

    links: tuple[int, ...]
    placed: tuple[Placed, ...]


def slots(root: Folder, *, labelled: bool) -> FolderSlots:
    """Name everything in a tree."""
    return FolderSlots(tuple(_slots(root)), own=1 if labelled else 0)


def clusters_needed(folder: FolderSlots, geometry: Geometry) -> int:
    """How many clusters everything below a folder takes."""
    return sum(geometry.clusters_for(slot.node.size) + _inside(slot.node, geometry) for slot in folder.slots)


def layout(root: FolderSlots, geometry: Geometry, label: bytes, when: DosTime) -> Layout:
    """Place a tree that fits. `label` is 11 bytes, or empty for none."""
    placer = _Placer(geometry, when)
    head = (label_record(label, when),) if label else ()
    placer.place(root, geometry.root_offset, 0, head)
    return Layout(tuple(placer.links), tuple(placer.placed))


class _Placer:
    """Hands out clusters one after the other, depth first, so that nothing is fragmented."""

    def __init__(self, geometry: Geometry, when: DosTime) -> None:
        self._geometry = geometry
        self._when = when
        self.links = [0xFF00 | geometry.media, LAST]
        self.placed: list[Placed] = []

    def place(self, folder: FolderSlots, offset: int, cluster: int, head: Iterable[bytes]) -> None:
        """Place what is in a folder, then the folder's own records at `offset`. The root's cluster is 0."""
        lines = [*head]
        for slot in folder.slots:
            lines += [*slot.long_name, self._place_slot(slot, cluster)]
        self.placed.append(PlacedBytes(offset, b"".join(lines)))

    def _place_slot(self, slot: Slot, parent: int) -> bytes:
        first = self._allocate(slot.node.size)
        offset = self._geometry.offset_of(first) if first else 0
        match slot.node:
            case FolderSlots() as folder:
                dots = (DOT, first), (DOTDOT, parent)
                head = [record(name, Attribute.FOLDER, at, 0, self._when) for name, at in dots]
                self.place(folder, offset, first, head)
                return record(slot.alias, Attribute.FOLDER, first, 0, self._when)
            case file:
                self.placed.append(PlacedFile(offset, file))
                return record(slot.alias, Attribute.ARCHIVE, first, file.size, self._when)

    def _allocate(self, size: int) -> int:
        """Take clusters for `size` bytes and give the first; 0 for none, which is what an empty file's record holds."""
        count = self._geometry.clusters_for(size)
        if not count:
            return 0
        first = len(self.links)
        self.links += [*range(first + 1, first + count), LAST]
        return first


def _slots(folder: Folder) -> Iterator[Slot]:
    short = aliases(child.name for child in folder.children)
    for child in folder.children:
        alias = short[child.name]
        long = () if displayed(alias) == child.name else long_name_records(child.name, alias)
        match child:
            case Folder():
                yield Slot(alias, long, FolderSlots(tuple(_slots(child)), own=2))
            case Leaf():
                yield Slot(alias, long, child.file)
            case _:
                assert_never(child)


def _inside(node: FolderSlots | MeasuredFile, geometry: Geometry) -> int:
    return clusters_needed(node, geometry) if isinstance(node, FolderSlots) else 0
