"""An image as UDF counts it, in blocks, and reading from it without ever believing that the bytes are there."""

from __future__ import annotations

from dataclasses import field
from typing import BinaryIO

from toolkit.media.udf.failure import DamagedUdfError
from toolkit.values import dataclass

BLOCK = 2048  # bytes in a logical sector of a CD or DVD, and in a logical block of every disc that Windows Setup is on


def blocks_for(size: int) -> int:
    """Count the blocks that `size` bytes need."""
    return -(-size // BLOCK)


def padding(size: int) -> int:
    """Tell how many bytes are missing to a whole block."""
    return -size % BLOCK


@dataclass(frozen=True, slots=True)
class Image:
    """An open image and its size in bytes."""

    stream: BinaryIO = field(repr=False)
    size: int

    @classmethod
    def of(cls, stream: BinaryIO) -> Image:
        return cls(stream, stream.seek(0, 2))

    @property
    def blocks(self) -> int:
        """Whole blocks only."""
        return self.size // BLOCK

    def read(self, offset: int, size: int) -> bytes:
        """Read exactly `size` bytes. Raises DamagedUdfError where the image ends before."""
        if offset + size > self.size:
            raise DamagedUdfError(f"it points to byte {offset + size} of an image that has {self.size}")
        self.stream.seek(offset)
        data = self.stream.read(size)
        if len(data) != size:
            raise DamagedUdfError(f"the image ends at byte {offset + len(data)}")
        return data

    def block(self, number: int) -> bytes:
        return self.read(number * BLOCK, BLOCK)
