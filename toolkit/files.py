"""Named bytes, and writing them whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import tempfile
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from toolkit.errors import UnreadableError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PRIVATE = 0o600
_UNFINISHED = ".part"
_DEVICES = Path("/dev")
_CURE = "Mend that,"
_CURES = {
    errno.ENOSPC: "Free the space",
    errno.EFBIG: "Free the space",
    errno.EACCES: "You may not write there: get the right to,",
    errno.EPERM: "You may not write there: get the right to,",
    errno.EROFS: "Nobody may write there: mount it for writing,",
    errno.EEXIST: "A file stands where a folder is to be: move it away,",
    errno.ENOTDIR: "A file stands where a folder is to be: move it away,",
    errno.EISDIR: "A folder stands where a file is to be: move it away,",
    errno.ENOENT: "Make the folder first,",
}


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that we made, in memory. `name` may hold folders, separated by `/` on every host."""

    name: str
    data: bytes = field(repr=False)  # answer files hold passwords

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def read_at_most(file: Path, largest: int) -> bytes | None:
    """Read a file, None where it is larger: a device that never ends has no size to ask for. Raises OSError."""
    with file.open("rb") as stream:
        data = stream.read(largest + 1)
    return data if len(data) <= largest else None


def is_file(path: Path) -> bool:
    """Say whether there is such a file; a name that is longer than any file system takes is none."""
    return _looked(path.is_file)


def is_folder(path: Path) -> bool:
    """Say whether there is such a folder, likewise."""
    return _looked(path.is_dir)


def is_device(path: Path) -> bool:
    """Say whether this is what is neither file nor folder, or a name in /dev: its /dev/stdout may lead to a file."""
    return _looked(path.exists) and not is_folder(path) and (path.parent == _DEVICES or not is_file(path))


def _looked(look: Callable[[], bool]) -> bool:
    try:
        return look()
    except OSError:
        return False


def is_unfinished(name: str) -> bool:
    """Say whether this is what a killed process left of a file that it was writing."""
    return name.startswith(".") and name.endswith(_UNFINISHED)


@contextlib.contextmanager
def whole_file(target: Path, *, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """Open `target` for writing such that it appears complete or not at all.

    The bytes go to a temporary file in the same folder, which is flushed to the disk and renamed when the block ends
    well, and removed when it does not (an error, a full disk, Ctrl-C). Raises UnreadableError with path and fix.
    """
    with _renamed_to(target, mode) as stream:
        yield stream
        _settle(stream, target)


def write_whole(target: Path, data: bytes, *, mode: int = PRIVATE) -> None:
    """Write `data` to `target`, whole or not at all."""
    with whole_file(target, mode=mode) as stream:
        stream.write(data)


def write_all(folder: Path, files: Sequence[NamedFile]) -> None:
    """Write `files` into `folder`: all of them, or none where one cannot be written.

    Every byte is on the disk before the first name changes, so that a full disk leaves the old files as they were.
    """
    with contextlib.ExitStack() as renames:
        written = []
        for file in files:
            target = folder / file.name
            make_folder(target.parent)
            stream = renames.enter_context(_renamed_to(target, PRIVATE))
            stream.write(file.data)
            written.append((stream, target))
        for stream, target in written:
            _settle(stream, target)


@contextlib.contextmanager
def _renamed_to(target: Path, mode: int) -> Iterator[BinaryIO]:
    """Open a temporary file beside `target`, which takes its name at the end; settling it is up to the block."""
    if target.is_dir():
        raise _unwritable(target, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    if is_device(target):
        # Renamed over, it would be gone for the whole host: root may do that, to /dev/null as well.
        raise UnreadableError(f"{target} cannot be written: it is a device or a pipe", help="Name a file.")
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=_UNFINISHED)
    except OSError as err:
        raise _unwritable(target, err) from err
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w+b") as stream:
            yield stream
        temporary.chmod(mode)
        temporary.replace(target)
    except OSError as err:
        raise _unwritable(target, err) from err
    finally:
        temporary.unlink(missing_ok=True)


def _settle(stream: BinaryIO, target: Path) -> None:
    try:
        stream.flush()
        os.fsync(stream.fileno())
    except OSError as err:
        raise _unwritable(target, err) from err


def make_folder(folder: Path, *, mode: int | None = None) -> None:
    """Make `folder` and its parents, with `mode` where given. Raises UnreadableError when something is in the way."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if mode is not None:
            folder.chmod(mode)
    except OSError as err:
        raise _unwritable(folder, err) from err


def _unwritable(target: Path, err: OSError) -> UnreadableError:
    reason = err.strerror or str(err)
    return UnreadableError(
        f"{target} cannot be written: {reason}",
        help=f"Nothing was left half-written. {_CURES.get(err.errno or 0, _CURE)} or choose another place with -o.",
    )
