"""A folder on the disk as files for a medium."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.errors import UnreadableError
from toolkit.media.content import MediaFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def files_under(folder: Path, *, below: str = "", wanted: Callable[[str], bool] | None = None) -> list[MediaFile]:
    """Take every file below `folder`, named by its path from there after `below` (empty, or ending in `/`), by name.

    `wanted` is asked for each folder and file by that path, without `below`; what it does not want is not looked into.
    Links to files count as files. Links to folders are not followed (there may be circles), but neither they nor what
    is no file at all are left out in silence. Raises UnreadableError.
    """
    try:
        return sorted(_files(folder, below, len(below), wanted), key=lambda file: file.name)
    except OSError as err:
        raise UnreadableError(
            f"{err.filename or folder} cannot be read: {err.strerror or err}",
            help="Check the path and that you may read it.",
        ) from err


def _files(folder: Path | str, prefix: str, skipped: int, wanted: Callable[[str], bool] | None) -> Iterator[MediaFile]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            if wanted is not None and not wanted(name[skipped:]):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, f"{name}/", skipped, wanted)
            elif entry.is_file():
                yield MediaFile(name, Path(entry.path))
            else:
                raise _odd(entry)


def _odd(entry: os.DirEntry[str]) -> UnreadableError:
    if not entry.is_symlink():
        what = "it is a device, a pipe or a socket"
    elif entry.is_dir():
        what = "it is a link to a folder, and these are not followed"
    else:
        what = "it is a link that leads nowhere"
    return UnreadableError(f"{entry.path} cannot be packed: {what}", help="Put files in its place, or remove it.")
