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
    """A file to write an image into: back and forth among what describes it, then contents from front to end."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._head: io.BytesIO | None = io.BytesIO()
        self._at = 0
        self.starts: dict[str, int] = {}  # where each file's content begins, in bytes

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            offset += self._at
        elif whence == os.SEEK_END:
            offset += self._sink.position if self._head is None else self._head.seek(0, os.SEEK_END)
        self._at = offset
        return offset

    def write(self, data: bytes | Copied) -> int:
        size = len(data)
        if isinstance(data, Copied):
            self._at += size
            return size
        if self._head is not None:
            self._head.seek(self._at)
            self._head.write(data)
        else:
            self._go_on()
            self._sink.put(data)
        self._at += size
        return size

    def copy(self, file: MeasuredFile) -> Copied:
        """Put a file's content where the library stands. The first one ends what describes the image."""
        self.finish()
        self._go_on()
        self.starts[file.name] = self._at
        self._sink.copy(file)
        return Copied(file.size)

    def finish(self) -> None:
        """Record what describes the image, if there was no content to be put behind it."""
        if self._head is not None:
            self._sink.put(self._head.getvalue())
            self._head = None

    def _go_on(self) -> None:
        if self._at < self._sink.position:
            raise io.UnsupportedOperation(f"byte {self._at} was asked for after byte {self._sink.position}")
        self._sink.fill(self._at)


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
