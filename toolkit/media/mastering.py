"""The two ends between which a library masters an image: sources that it reads, and the target that it writes."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
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


class Target:
    """A file to write an image into: back and forth among what describes it, then contents from front to end.

    What is written early but lies among or behind the contents, as UDF's second anchor does, waits for its turn.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._described: list[tuple[int, bytes]] | None = []
        self._waiting: list[tuple[int, bytes]] = []
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
            if self._described is not None:
                self._described.append((self._at, data))
            else:
                self._go_on(self._at)
                self._sink.put(data)
        self._at += size
        if size:
            self._end = max(self._end, self._at)
        return size

    def copy(self, file: MeasuredFile) -> Copied:
        """Put a file's content where the library stands. The first one ends what describes the image."""
        self._describe(self._at)
        self._go_on(self._at)
        self.starts[file.name] = self._at
        self._sink.copy(file)
        return Copied(file.size)

    def finish(self) -> None:
        """Record what is still waiting, and what describes the image if there was no content to be put behind it."""
        self._describe(self._end)
        self._go_on(self._end)

    def _describe(self, end: int) -> None:
        """Record what was written in front of the contents, which begin at `end`; the rest will come up on the way."""
        if self._described is None:
            return
        head = io.BytesIO()
        for offset, data in self._described:
            if offset < end:
                head.seek(offset)
                head.write(data)
            else:
                self._waiting.append((offset, data))
        self._waiting.sort()
        self._described = None
        self._sink.put(head.getvalue())

    def _go_on(self, end: int) -> None:
        """Put what has been waiting for its place before `end`, and zeros where there is nothing."""
        while self._waiting and self._waiting[0][0] < end:
            offset, data = self._waiting.pop(0)
            self._fill(offset)
            self._sink.put(data)
        self._fill(end)

    def _fill(self, end: int) -> None:
        if end < self._sink.position:
            raise io.UnsupportedOperation(f"byte {end} was asked for after byte {self._sink.position}")
        self._sink.fill(end)


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
