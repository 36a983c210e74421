"""The files that clients write into a guest, for as long as it runs."""

from __future__ import annotations

import ntpath


class GuestFiles:
    """By path; Windows distinguishes neither its case nor its slashes. A folder is there while a file is in it.

    What goes to NUL is nowhere.
    """

    def __init__(self) -> None:
        self._contents: dict[str, bytearray] = {}

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(sorted(self._contents))

    def read(self, path: str) -> bytes | None:
        found = self._contents.get(_key(path))
        return None if found is None else bytes(found)

    def write(self, path: str, data: bytes) -> None:
        if not _is_nowhere(path):
            self._contents[_key(path)] = bytearray(data)

    def append(self, path: str, data: bytes) -> None:
        if not _is_nowhere(path):
            self._contents.setdefault(_key(path), bytearray()).extend(data)

    def remove(self, path: str) -> bool:
        """Remove a file; tell whether it was there."""
        return self._contents.pop(_key(path), None) is not None

    def below(self, folder: str) -> tuple[str, ...]:
        """Give the files in a folder and in the folders below it."""
        beginning = f"{_key(folder)}\\"
        return tuple(path for path in self.paths if path.startswith(beginning))


def _is_nowhere(path: str) -> bool:
    return _key(path) == "nul"


def _key(path: str) -> str:
    return ntpath.normpath(path.strip('"')).casefold()
