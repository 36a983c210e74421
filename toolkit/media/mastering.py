"""The two ends between which a library masters an image: sources that it reads, and the target that it writes."""

from __future__ import annotations

import io
import itertools
import os
from collections import deque
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.media.content import MeasuredFile


class Sink(Protocol):
    """What takes an image from front to end: the part of a Recorder that is needed here."""

    @property
    def position(self) -> int: ...

    def put(self, data: bytes) -> None: ...

    def copy(self, file: MeasuredFile) -> None: ...

    def fill(self, end: int) -> None: ...


class Copied:
    """Stands for bytes that went from a source to the target and need not go through the library's hands as well."""

    __slots__ = ("_size",)

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size


class Piece:
    """Bytes for a place, without the zeros that they end in: most blocks of a disc's folders are hardly begun."""

    __slots__ = ("data", "offset", "size")

    def __init__(self, offset: int, data: bytes) -> None:
        self.offset = offset
        self.size = len(data)
        self.data = bytearray(data.rstrip(b"\0"))

    @property
    def end(self) -> int:
        return self.offset + self.size

    def goes_on(self, offset: int, data: bytes) -> bool:
        """Take bytes that follow right behind, if no zeros were left out. Most records are written one by one."""
        if offset != self.end or len(self.data) != self.size:
            return False
        self.data += data.rstrip(b"\0")
        self.size += len(data)
        return True


class Target:
    """A file to write an image into: back and forth among what describes it, then contents from front to end.

    What is written early but lies among or behind the contents, as UDF's second anchor does, waits for its turn.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._is_described = False
        self._waiting: deque[Piece] = deque()
        self._end = 0
        self._at = 0
        self.starts: dict[str, int] = {}  # where each file's content begins, in bytes

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._end}[whence]
        self._at = base + offset
        return self._at

    def write(self, data: bytes | Copied) -> int:
        size = len(data)
        if size and not isinstance(data, Copied):
            if self._is_described:
                self._go_on(self._at)
                self._sink.put(data)
            else:
                self._describe_more(data)
        self._at += size
        if size:
            self._end = max(self._end, self._at)
        return size

    def copy(self, file: MeasuredFile) -> Copied:
        """Put a file's content where the library stands. The first one ends what describes the image."""
        self._describe()
        self._go_on(self._at)
        self.starts[file.name] = self._at
        self._sink.copy(file)
        return Copied(file.size)

    def finish(self) -> None:
        """Record what is still waiting, and what describes the image if there was no content to be put behind it."""
        self._describe()
        self._go_on(self._end)

    def _describe_more(self, data: bytes) -> None:
        if not self._waiting or not self._waiting[-1].goes_on(self._at, data):
            self._waiting.append(Piece(self._at, data))

    def _describe(self) -> None:
        if not self._is_described:
            self._waiting = deque(_apart(self._waiting))
            self._is_described = True

    def _go_on(self, end: int) -> None:
        """Put what has been waiting for its place before `end`, and zeros where there is nothing."""
        while self._waiting and self._waiting[0].offset < end:
            piece = self._waiting.popleft()
            self._fill(piece.offset)
            self._sink.put(bytes(piece.data))
            self._fill(piece.end)
        self._fill(end)

    def _fill(self, end: int) -> None:
        if end < self._sink.position:
            raise io.UnsupportedOperation(f"byte {end} was asked for after byte {self._sink.position}")
        self._sink.fill(end)


def _apart(written: Iterable[Piece]) -> Iterable[Piece]:
    """Put pieces into the order of their places. Where they overlap, the later ones are on top."""
    arrived = list(written)
    ordered = sorted(arrived, key=lambda piece: piece.offset)
    if all(one.end <= other.offset for one, other in itertools.pairwise(ordered)):
        return ordered
    return _merged(sorted(enumerate(arrived), key=lambda each: each[1].offset))


def _merged(numbered: Iterable[tuple[int, Piece]]) -> Iterator[Piece]:
    together: list[tuple[int, Piece]] = []
    end = 0
    for number, piece in numbered:
        if together and piece.offset >= end:
            yield _joined(together)
            together = []
        end = max(end, piece.end) if together else piece.end
        together.append((number, piece))
    if together:
        yield _joined(together)


def _joined(together: list[tuple[int, Piece]]) -> Piece:
    if len(together) == 1:
        return together[0][1]
    start = together[0][1].offset
    joined = io.BytesIO()
    for _, piece in sorted(together, key=lambda each: each[0]):
        joined.seek(piece.offset - start)
        joined.write(piece.data.ljust(piece.size, b"\0"))
    return Piece(start, joined.getvalue())


class Source:
    """A measured file that is read once and whole, straight into the target."""

    __slots__ = ("_file", "_target")

    mode = "rb"  # pycdlib asks whether it will get bytes

    def __init__(self, file: MeasuredFile, target: Target) -> None:
        self._file = file
        self._target = target

    def seek(self, offset: int) -> int:
        if offset != 0:
            raise io.UnsupportedOperation("a source is read from the front")
        return 0

    def read(self, size: int) -> Copied:
        if size != self._file.size:
            raise io.UnsupportedOperation("a source is read whole")
        return self._target.copy(self._file)
