"""Reading an image back after it was written, while the system brings it to the disk."""

from __future__ import annotations

import os
import threading
import zlib
from typing import TYPE_CHECKING, BinaryIO

from toolkit.media.content import CHUNK
from toolkit.media.hashing import Checks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from toolkit.media.content import Advance
    from toolkit.media.extents import StoredFile


def read_back(image: BinaryIO, files: Iterable[StoredFile], advance: Advance | None = None) -> Checks:
    """Tell what all that can be read from an image adds up to. `advance` is told of the bytes of `files`."""
    image.seek(0)
    checks = []
    block = bytearray(CHUNK)
    at = size = 0
    with memoryview(block) as view:
        for stretch, counted in _stretches(files if advance is not None else ()):
            left = stretch
            while left:
                count = image.readinto(view[at : at + left])  # type: ignore[attr-defined]  # every binary stream has it
                if not count:
                    break
                left -= count
                at += count
                if at == CHUNK:
                    checks.append(zlib.crc32(view))
                    size, at = size + at, 0
                if advance is not None and counted:
                    advance(count)
        checks.append(zlib.crc32(view[:at]))
    return Checks(size + at, tuple(checks))


def _stretches(files: Iterable[StoredFile]) -> Iterator[tuple[int, bool]]:
    """Cut an image into runs of bytes, in order: each one's length, and whether it is a file's. The last has no end."""
    at = 0
    for extent in sorted((extent for file in files for extent in file.extents), key=lambda extent: extent.offset):
        if extent.offset > at:
            yield extent.offset - at, False
        yield extent.size, True
        at = extent.offset + extent.size
    yield _ENDLESS, False


_ENDLESS = 1 << 62


class Settling:
    """Has the system write a file to the disk while the block runs. What goes wrong is raised when it ends."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._failed: OSError | None = None
        self._thread = threading.Thread(target=self._settle, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join()
        if self._failed is not None and error is None:
            raise self._failed

    def _settle(self) -> None:
        try:
            os.fsync(self._stream.fileno())
        except OSError as err:
            self._failed = err
