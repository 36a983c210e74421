"""A file of a volume as a seekable stream, however many pieces it lies in."""

from __future__ import annotations

import bisect
import io
import itertools
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

from toolkit.media.extents import Extent
from toolkit.media.udf.failure import DamagedUdfError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import WriteableBuffer


class Hole(NamedTuple):
    """A run of zeros that the image does not hold. `size` in bytes."""

    size: int


Run: TypeAlias = "Extent | Hole"


class FileStream(io.RawIOBase):
    """Reads runs of an image as one file. Closing it leaves the image open; seeks the image before each read."""

    def __init__(self, image: BinaryIO, runs: Sequence[Run]) -> None:
        super().__init__()
        self._image = image
        self._runs = tuple(run for run in runs if run.size)
        self._ends = list(itertools.accumulate(run.size for run in self._runs))
        self._at = 0

    @property
    def size(self) -> int:
        """In bytes."""
        return self._ends[-1] if self._ends else 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError(f"cannot seek to {base + offset}")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read up to the end of the present run."""
        view = memoryview(buffer).cast("B")
        index = bisect.bisect_right(self._ends, self._at)
        if index == len(self._runs) or not len(view):
            return 0
        run = self._runs[index]
        into = self._at - (self._ends[index] - run.size)
        count = min(len(view), run.size - into)
        view[:count] = self._bytes(run, into, count)
        self._at += count
        return count

    def _bytes(self, run: Run, into: int, count: int) -> bytes:
        match run:
            case Hole():
                return bytes(count)
            case Extent(offset, _):
                self._image.seek(offset + into)
                data = self._image.read(count)
                if len(data) != count:
                    raise DamagedUdfError(f"the image ends at byte {offset + into + len(data)}")
                return data
