"""What an earlier `generate` left in the output folder and the spec no longer gives.

A folder travels as it is, packed or by Packer's own lists: a script that is no longer wanted would still run on the
guest.
"""

from __future__ import annotations

import contextlib
import hashlib
from typing import TYPE_CHECKING

from toolkit.errors import UnreadableError
from toolkit.files import read_at_most
from toolkit.render.kept_manifest import kept_manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from toolkit.files import NamedFile

_LARGEST = 64 << 20  # of a file that we wrote


def listed(folder: Path) -> dict[str, str]:
    """Give the names and SHA-256s of the manifest in `folder`, {} where there is none of ours."""
    try:
        return {str(file["name"]): str(file["sha256"]) for file in kept_manifest(folder)["files"]}
    except (KeyError, TypeError):
        return {}


def remove(folder: Path, earlier: Mapping[str, str], files: Iterable[NamedFile]) -> list[Path]:
    """Remove what `earlier` lists and `files` does not hold, if nobody has changed it since. Raises UnreadableError."""
    now = {file.name for file in files}
    gone = {name: folder.joinpath(*name.split("/")) for name in sorted(earlier.keys() - now)}
    removed = []
    for name, path in gone.items():
        inside = path.is_relative_to(folder) and ".." not in path.relative_to(folder).parts
        if not inside or not _is(path, earlier[name]) or any(path.samefile(folder / each) for each in now):
            continue  # where A.cmd and a.cmd are one file, it has just been written
        try:
            path.unlink()
        except OSError as err:
            message = f"{path} is no longer wanted and cannot be removed: {err.strerror}"
            raise UnreadableError(message, help="Remove it: it would travel on the medium.") from err
        removed.append(path)
        _remove_empty(path.parent, folder)
    return removed


def _is(path: Path, sha256: str) -> bool:
    try:
        data = None if path.is_symlink() else read_at_most(path, _LARGEST)
    except OSError:
        return False
    return data is not None and hashlib.sha256(data).hexdigest() == sha256


def _remove_empty(inner: Path, folder: Path) -> None:
    with contextlib.suppress(OSError):  # not empty
        while inner not in (folder, inner.parent):
            inner.rmdir()
            inner = inner.parent
