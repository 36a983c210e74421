"""SHA-256 in a thread of its own: hashlib lets go of the interpreter, so on a second processor it costs no time.

Beside it a CRC-32 of each block, by which what was written is found again: three times as fast, and no block that was
changed by accident keeps it but once in four billion.
"""

from __future__ import annotations

import hashlib
import threading
import zlib
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple

from toolkit.media.content import CHUNK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

_BLOCKS = 4


class FileHash:
    """One file's SHA-256. What hashing takes is given back with the last byte, as there may be thousands of files."""

    __slots__ = ("_hash", "hexdigest")

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.hexdigest = ""  # until the last byte has come

    def update(self, data: memoryview, *, last: bool) -> None:
        self._hash.update(data)
        if last:
            self.hexdigest = self._hash.hexdigest()
            del self._hash


class Span(NamedTuple):
    """The part of a block that belongs to one file, that file's own hash, and whether the file ends with it."""

    hash: FileHash
    start: int
    end: int
    last: bool


class Checks(NamedTuple):
    """An image's size in bytes, and the CRC-32 of each of its blocks of `CHUNK` bytes; an empty one has one as well."""

    size: int
    blocks: tuple[int, ...]


class _Filled(NamedTuple):
    block: bytearray
    size: int
    spans: Sequence[Span]


class BlockHash:
    """Takes an image in blocks of `CHUNK` bytes from a small pool: `block` lends one, `add` gives it back filled."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._free: SimpleQueue[bytearray] = SimpleQueue()
        self._filled: SimpleQueue[_Filled | None] = SimpleQueue()
        self._lent = 0
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.size = 0  # of all that was added, in bytes
        self._checks: list[int] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()

    def block(self) -> bytearray:
        """Lend a block, waiting for one where all are still to be hashed."""
        if self._lent < _BLOCKS and self._free.empty():
            self._lent += 1
            return bytearray(CHUNK)
        return self._free.get()

    def add(self, block: bytearray, size: int, spans: Sequence[Span] = ()) -> None:
        """Hash the first `size` bytes of a block that was lent."""
        self.size += size
        self._filled.put(_Filled(block, size, spans))

    def checks(self) -> Checks:
        """Wait for the last block, and tell what `read_back` has to find."""
        self._finish()
        return Checks(self.size, tuple(self._checks))

    def hexdigest(self) -> str:
        """Wait for the last block, and tell. Spans' hashes are complete then, too."""
        self._finish()
        return self._hash.hexdigest()

    def _finish(self) -> None:
        self._filled.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (filled := self._filled.get()) is not None:
            with memoryview(filled.block) as view:
                self._hash.update(view[: filled.size])
                self._checks.append(zlib.crc32(view[: filled.size]))
                for span in filled.spans:
                    span.hash.update(view[span.start : span.end], last=span.last)
            self._free.put(filled.block)
