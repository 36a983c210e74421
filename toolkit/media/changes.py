"""Changes to an image as data: what is appended, then which sectors are patched, in stages that survive a power cut."""

from __future__ import annotations

import itertools
import os
from dataclasses import field
from typing import TYPE_CHECKING, BinaryIO

from toolkit.media.content import CHUNK, Advance, FileDigest, MeasuredFile, SourceStream
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SECTOR = 2048


@dataclass(frozen=True, slots=True)
class Append:
    """Something new beyond the old end. `offset` in bytes from the image's first; gaps between these are zeros."""

    offset: int
    content: bytes | MeasuredFile = field(repr=False)

    @property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.size


@dataclass(frozen=True, slots=True)
class Patch:
    """A sector as it was and as it is to be."""

    sector: int
    old: bytes = field(repr=False)
    new: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Changes:
    """How an image of `before` bytes becomes one of `after`.

    The appended bytes are on the disk before the first stage begins, and each stage before the next. Within a stage
    the patches may reach the disk in any order, or some of them not at all, without anything that was readable getting
    lost; that goes for the halves of a sector too.
    """

    before: int
    after: int
    appends: tuple[Append, ...]
    stages: tuple[tuple[Patch, ...], ...]

    @property
    def patches(self) -> tuple[Patch, ...]:
        """In the order of writing. A sector may come up more than once."""
        return tuple(itertools.chain.from_iterable(self.stages))


def append(image: BinaryIO, changes: Changes, advance: Advance | None = None) -> tuple[FileDigest, ...]:
    """Write what goes beyond the end, and tell what was read for it. Nothing that was there before is touched."""
    digests = []
    image.seek(changes.before)
    for part in changes.appends:
        _fill(image, part.offset)
        match part.content:
            case bytes(data):
                image.write(data)
            case MeasuredFile() as file:
                digests.append(_copy(file, image, advance))
    _fill(image, changes.after)
    image.flush()
    return tuple(digests)


def apply(image: BinaryIO, stages: Sequence[Sequence[Patch]], *, durable: bool = True) -> None:
    """Write the patches, stage by stage. `durable` waits for the disk after each."""
    for stage in stages:
        for patch in stage:
            write_sector(image, patch.sector, patch.new)
        settle(image, durable=durable)


def roll_back(image: BinaryIO, changes: Changes) -> None:
    """Put every sector back and cut off what was appended. May be called at any moment, and again."""
    for patch in reversed(changes.patches):
        write_sector(image, patch.sector, patch.old)
    settle(image)
    image.truncate(changes.before)
    settle(image)


def write_sector(image: BinaryIO, sector: int, data: bytes) -> None:
    image.seek(sector * SECTOR)
    image.write(data)
    image.flush()


def settle(image: BinaryIO, *, durable: bool = True) -> None:
    image.flush()
    if durable:
        os.fsync(image.fileno())


def _fill(image: BinaryIO, offset: int) -> None:
    image.write(bytes(offset - image.tell()))


def _copy(file: MeasuredFile, image: BinaryIO, advance: Advance | None) -> FileDigest:
    stream = SourceStream(file, advance)
    try:
        image.writelines(_chunks(stream))
        return stream.digest()
    finally:
        stream.close()


def _chunks(stream: SourceStream) -> Iterator[bytes]:
    while data := stream.read(CHUNK):
        yield data
