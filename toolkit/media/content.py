"""What goes onto a medium: a name and its bytes, in memory or in a file that must hold still while it is read."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from toolkit.errors import UnreadableError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.files import NamedFile

CHUNK = 1 << 19  # bytes at a time, few enough to stay in the cache of a processor

Advance: TypeAlias = "Callable[[int], None]"


class FileDigest(NamedTuple):
    """What a medium holds under one name. `size` in bytes; `sha256` in hex, None where nobody asked for it."""

    name: str
    size: int
    sha256: str | None


class Stamp(NamedTuple):
    """What tells that a file on the disk is still the one it was. Times in nanoseconds. Made three times for each file.

    `changed` (ctime) gives away a change whose mtime was put back; on Windows it is the time of creation and still.
    """

    device: int
    inode: int
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file for a medium. `name` may hold folders, separated by `/`; a Path is read only while it is written."""

    name: str
    source: bytes | Path = field(repr=False)  # answer files hold passwords

    @classmethod
    def of(cls, file: MediaFile | NamedFile) -> MediaFile:
        """Take a file as it is, or one that was made in memory."""
        return file if isinstance(file, MediaFile) else cls(file.name, file.data)

    @property
    def size(self) -> int:
        """In bytes, at this moment."""
        return self.measure().size

    def measure(self) -> MeasuredFile:
        """Note size and time, so that a later change is noticed. Raises UnreadableError."""
        if isinstance(self.source, bytes):
            return MeasuredFile(self, len(self.source), None)
        try:
            status = self.source.stat()
        except OSError as err:
            raise _unreadable(self.source, err.strerror or str(err)) from err
        if not stat.S_ISREG(status.st_mode):
            raise _unreadable(self.source, "it is a folder" if stat.S_ISDIR(status.st_mode) else "it is not a file")
        return MeasuredFile(self, status.st_size, Stamp.of(status))

    def open(self) -> SourceStream:
        return SourceStream(self.measure())


class MeasuredFile(NamedTuple):
    """A MediaFile of known size. `stamp` is None for bytes in memory, which cannot change."""

    file: MediaFile
    size: int
    stamp: Stamp | None

    @property
    def name(self) -> str:
        return self.file.name


class SourceReader:
    """Reads a measured file once, from front to end, into the caller's memory.

    The file is opened at the first read and closed after the last, so thousands of these cost no descriptors. Raises
    UnreadableError where the file is no longer the one that was measured: on opening, on the way and at the end.
    """

    __slots__ = ("_file", "_stream", "left")

    def __init__(self, file: MeasuredFile) -> None:
        self._file = file
        self._stream: io.FileIO | None = None
        self.left = file.size  # in bytes

    def fill(self, view: memoryview) -> None:
        """Read as many bytes as `view` is long; no more than are left may be asked for."""
        source = self._file.file.source
        if isinstance(source, bytes):
            begin = len(source) - self.left
            view[:] = source[begin : begin + len(view)]
        else:
            self._fill(view, source)
        self.left -= len(view)
        if self.left == 0:
            self._close_unchanged()

    def settle(self) -> None:
        """Have it said that all was read. A file that ought to be empty was never opened, and is looked at here."""
        stamp = self._file.stamp
        if self.left or (self._file.size == 0 and stamp is not None and self._file.file.measure().stamp != stamp):
            raise self._moved()

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _fill(self, view: memoryview, source: Path) -> None:
        try:
            if self._stream is None:
                self._stream = self._opened(source)
            at = 0
            while at < len(view):
                count = self._stream.readinto(view[at:])
                if not count:
                    self.close()
                    raise self._moved()
                at += count
        except OSError as err:
            raise _unreadable(source, err.strerror or str(err)) from err

    def _opened(self, source: Path) -> io.FileIO:
        stream = io.FileIO(source)
        if Stamp.of(os.fstat(stream.fileno())) != self._file.stamp:
            stream.close()
            raise self._moved()
        return stream

    def _close_unchanged(self) -> None:
        if self._stream is None:
            return
        changed = Stamp.of(os.fstat(self._stream.fileno())) != self._file.stamp
        self.close()
        if changed:
            raise self._moved()

    def _moved(self) -> UnreadableError:
        return UnreadableError(
            f"{self._file.file.source} changed while it was being read"
            if isinstance(self._file.file.source, Path)
            else f"{self._file.name} was not read to its end",
            help="Let the program that writes it finish, then pack again.",
        )


class SourceStream:
    """A measured file as a stream to be read once, from front to end, that tells its digest. Raises UnreadableError."""

    __slots__ = ("_advance", "_file", "_hash", "_reader")

    mode = "rb"  # asked for by libraries that want to know whether they will get bytes

    def __init__(self, file: MeasuredFile, advance: Advance | None = None) -> None:
        self._file = file
        self._reader = SourceReader(file)
        self._advance = advance
        self._hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Give up to `size` bytes, never fewer than there should be."""
        wanted = min(size, self._reader.left)
        if wanted <= 0:
            return b""
        data = bytearray(wanted)
        self._reader.fill(memoryview(data))
        self._hash.update(data)
        if self._advance is not None:
            self._advance(wanted)
        return bytes(data)

    def seek(self, offset: int) -> None:
        """Do nothing: writers of media seek to the front before they read, and that is where we are."""
        if offset != 0 or self._reader.left != self._file.size:
            raise io.UnsupportedOperation("a source is read once, from the front")

    def digest(self) -> FileDigest:
        """Tell what was read. To be asked after the last byte."""
        self._reader.settle()
        return FileDigest(self._file.name, self._file.size, self._hash.hexdigest())

    def close(self) -> None:
        self._reader.close()


def source_digest(file: MeasuredFile) -> FileDigest:
    """Read a source only to tell its digest. Raises UnreadableError."""
    stream = SourceStream(file)
    try:
        while stream.read(CHUNK):
            pass
        return stream.digest()
    finally:
        stream.close()


def _unreadable(source: bytes | Path, reason: str) -> UnreadableError:
    return UnreadableError(
        f"{source if isinstance(source, Path) else 'a file in memory'} cannot be read: {reason}",
        help="Check the path and that you may read it.",
    )


def counted(progress: Callable[[int, int], None] | None, total: int) -> Advance | None:
    """Give something to tell bytes as they are done, which tells `progress` those done so far and those in all."""
    if progress is None:
        return None
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    return advance
