"""Opening an image to change it, and being the only one who has it open, as far as the host can tell."""

from __future__ import annotations

import contextlib
import errno
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from toolkit.errors import UnreadableError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

_IN_USE = "it is open in another program"
_CURE = "Stop what uses it, or write to a new file with -o NEW.iso."
_SHARING_VIOLATION = 32  # Windows: somebody has it open and does not want it written to
_LOOP_DEVICES = Path("/sys/block")


@contextlib.contextmanager
def held(path: Path) -> Iterator[BinaryIO]:
    """Open an image for reading and writing until the block ends. Raises UnreadableError with the reason it cannot be.

    Who else has it open is known from locks, which QEMU holds on the media of a running guest (docs/system/images,
    "Disk image file locking"), from Linux's loop devices, and from Windows refusing. Others hold nothing: the virtual
    machine should be off.
    """
    with _opened(path) as image:
        if sys.platform != "win32":
            _lock(image, path)
        if _is_attached(path):
            raise _refused(path, "it is mounted or attached as a loop device")
        yield image


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        _require_changeable(path, path.stat())
        image = path.open("r+b")
    except OSError as err:
        if isinstance(err, FileNotFoundError):
            raise _refused(path, err.strerror or str(err), "Check the path.") from err
        in_use = getattr(err, "winerror", None) == _SHARING_VIOLATION
        raise _refused(path, _IN_USE if in_use else err.strerror or str(err)) from err
    with image:
        yield image


def _require_changeable(path: Path, status: os.stat_result) -> None:
    """Refuse what opening would not: to root, nothing is read-only."""
    if stat.S_ISDIR(status.st_mode):
        raise _refused(path, "it is a folder")
    if stat.S_ISBLK(status.st_mode):
        raise _refused(path, "it is a disk or a drive, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise _refused(path, "it is a device or a pipe")
    if not status.st_mode & 0o222:
        raise _refused(path, "it is read-only")


def _is_attached(path: Path) -> bool:
    """Look among Linux's loop devices, which take no locks."""
    for backing in _LOOP_DEVICES.glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            if Path(backing.read_text(encoding="utf-8").rstrip("\n")).samefile(path):
                return True
    return False


def _refused(path: Path, reason: str, cure: str = _CURE) -> UnreadableError:
    return UnreadableError(f"{path} cannot be changed: {reason}", help=cure)


if sys.platform != "win32":
    import fcntl

    def _lock(image: BinaryIO, path: Path) -> None:
        """Take both kinds of lock, without waiting. A file system that knows no locks is none's hindrance."""
        for lock in (fcntl.flock, fcntl.lockf):
            try:
                lock(image.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as err:
                if err.errno in (errno.EACCES, errno.EAGAIN):
                    raise _refused(path, _IN_USE) from err
