"""Where a file lies within an image. Discs have thousands of these: plain tuples are made in a quarter of the time."""

from __future__ import annotations

from typing import NamedTuple


class Extent(NamedTuple):
    """A run of bytes in an image: both in bytes, from the image's first."""

    offset: int
    size: int


class StoredFile(NamedTuple):
    """A file found on a medium, not yet read. `name` holds its folders, separated by `/`."""

    name: str
    extents: tuple[Extent, ...]

    @property
    def size(self) -> int:
        return sum(extent.size for extent in self.extents)
