"""ISO9660 names for readers without Joliet: upper case, A-Z 0-9 _, unique in their folder, the same every time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# ECMA-119 7.5.1 and 10.2: name and extension together have at most 30 characters at interchange levels 2 and 3.
_LENGTH = 30
_EXTENSION = 3

_OTHERS = re.compile("[^A-Z0-9_]")


def iso_file_names(names: Iterable[str]) -> dict[str, str]:
    """Give each file of one folder its name, with the version that the standard asks for: `AUTOUNATTEND.XML;1`."""
    return {name: f"{short};1" for name, short in _numbered((name, *_parted(name)) for name in names)}


def iso_folder_names(names: Iterable[str]) -> dict[str, str]:
    """Give each folder of one folder its name."""
    return dict(_numbered((name, _legal(name), "") for name in names))


def _parted(name: str) -> tuple[str, str]:
    """Split off an extension of one to three characters, with its dot; anything else stays in the stem."""
    stem, dot, extension = name.rpartition(".")
    if not dot or not stem or not 1 <= len(extension) <= _EXTENSION:
        return _legal(name), "."
    return _legal(stem), f".{_legal(extension)}"


def _legal(text: str) -> str:
    return _OTHERS.sub("_", text.upper())


def _numbered(parted: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """Cut names to length, and number what is taken already as NAME_1, NAME_2, in the order asked."""
    taken: set[str] = set()
    numbers: dict[str, int] = {}
    for name, stem, extension in parted:
        room = _LENGTH - max(len(extension) - 1, 0)
        first = candidate = f"{stem[:room]}{extension}"
        while candidate in taken:
            numbers[first] = number = numbers.get(first, 0) + 1
            tail = f"_{number}"
            candidate = f"{stem[: room - len(tail)]}{tail}{extension}"
        taken.add(candidate)
        yield name, candidate
