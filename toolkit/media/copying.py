"""Copying an image as cheaply as the host can: sharing its blocks, in the kernel, or by hand; holes stay holes."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, BinaryIO

from toolkit.errors import UnreadableError
from toolkit.media.content import CHUNK, Advance

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT_ONCE = 64 << 20  # bytes that the kernel copies between two reports of progress
# Between file systems, on one that cannot, or where a sandbox forbids the call
_UNABLE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF, errno.EACCES}


def copy_image(source: BinaryIO, target: BinaryIO, advance: Advance | None = None) -> None:
    """Fill an empty `target` with all of `source`. Raises UnreadableError where the source shrinks meanwhile."""
    size = source.seek(0, os.SEEK_END)
    told = advance or _nothing
    if _shares_blocks(source, target):
        told(size)
    else:
        at = 0
        for begin, end in _data(source, size):
            told(begin - at)
            _copy(source, target, begin, end, told)
            at = end
        target.truncate(size)
        told(size - at)
    target.seek(0)


def _copy(source: BinaryIO, target: BinaryIO, begin: int, end: int, told: Advance) -> None:
    at = begin
    while at < end:
        count = _copied_by_kernel(source, target, at, min(end - at, _AT_ONCE))
        if count is None:
            break
        told(count)
        at += count
    else:
        return
    source.seek(at)
    target.seek(at)
    while at < end:
        data = source.read(min(end - at, CHUNK))
        if not data:
            raise _shrunk()
        target.write(data)
        told(len(data))
        at += len(data)
    target.flush()


def _nothing(_count: int) -> None:
    pass


def _shrunk() -> UnreadableError:
    return UnreadableError("the ISO became shorter while it was copied", help="Let the program that writes it finish.")


if sys.platform == "linux":
    import fcntl

    _FICLONE = 0x40049409  # linux/fs.h

    def _data(source: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
        """Find the runs of bytes that the source really holds; all of it where the file system cannot tell."""
        at = 0
        while at < size:
            try:
                at = os.lseek(source.fileno(), at, os.SEEK_DATA)
                end = os.lseek(source.fileno(), at, os.SEEK_HOLE)
            except OSError as err:
                if err.errno == errno.ENXIO:  # only a hole is left
                    return
                yield at, size
                return
            yield at, min(end, size)
            at = end

    def _shares_blocks(source: BinaryIO, target: BinaryIO) -> bool:
        """Let both files be the same blocks until one is written to: Btrfs, XFS and others can."""
        try:
            fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
        except OSError:
            return False
        return True

    def _copied_by_kernel(source: BinaryIO, target: BinaryIO, at: int, count: int) -> int | None:
        """Tell how much was copied, or None where the kernel will not do it."""
        try:
            done = os.copy_file_range(source.fileno(), target.fileno(), count, at, at)
        except OSError as err:
            if err.errno in _UNABLE:
                return None
            raise
        return done or None

else:

    def _data(_source: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
        yield 0, size

    def _shares_blocks(_source: BinaryIO, _target: BinaryIO) -> bool:
        return False

    def _copied_by_kernel(_source: BinaryIO, _target: BinaryIO, _at: int, _count: int) -> int | None:
        return None
