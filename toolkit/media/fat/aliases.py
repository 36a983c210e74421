"""8.3 names: which long names are ones already, and the NAME~1.EXT that stands for each of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# fatgen103: letters, digits and these. Upper case only; no bytes above 127, whose meaning depends on a code page.
_ALLOWED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'()-@^_`{}~")
_STEM = 8
_EXTENSION = 3


def aliases(names: Iterable[str]) -> dict[str, bytes]:
    """Give each name of one folder its 11-byte short name.

    Names that are 8.3 but for their case keep it, whatever else is there: Windows finds files by either name, so a
    generated alias must not be another file's name. The numbers are given in the order of `names`.
    """
    ordered = list(names)
    given = {name: short for name in ordered if (short := _as_short(name)) is not None}
    taken = set(given.values())
    numbers: dict[bytes, int] = {}
    for name in ordered:
        if name not in given:
            given[name] = _numbered(name, taken, numbers)
            taken.add(given[name])
    return given


def displayed(alias: bytes) -> str:
    """Write an alias as a name, without its padding."""
    stem, extension = alias[:_STEM].decode("ascii").rstrip(" "), alias[_STEM:].decode("ascii").rstrip(" ")
    return f"{stem}.{extension}" if extension else stem


def checksum(alias: bytes) -> int:
    """Of an alias, as every record of its long name carries it (fatgen103, ChkSum)."""
    total = 0
    for byte in alias:
        total = ((total & 1) << 7) + (total >> 1) + byte & 0xFF
    return total


def _as_short(name: str) -> bytes | None:
    stem, dot, extension = name.upper().partition(".")
    fits = 1 <= len(stem) <= _STEM and len(extension) <= _EXTENSION and bool(dot) == bool(extension)
    return _padded(stem, extension) if name.isascii() and fits and _ALLOWED.issuperset(stem + extension) else None


def _numbered(name: str, taken: set[bytes], numbers: dict[bytes, int]) -> bytes:
    stem, dot, extension = name.lstrip(". ").rpartition(".")
    stem, extension = (_legal(stem), _legal(extension)[:_EXTENSION]) if dot else (_legal(extension), "")
    family = _padded(stem[:6], extension)
    while True:
        numbers[family] = number = numbers.get(family, 0) + 1
        tail = f"~{number}"
        short = _padded(stem[: _STEM - len(tail)] + tail, extension)
        if short not in taken:
            return short


def _legal(text: str) -> str:
    """Drop spaces and dots, and put `_` for what a short name cannot hold."""
    kept = (letter for letter in text.upper() if letter not in " .")
    return "".join(letter if letter in _ALLOWED else "_" for letter in kept)


def _padded(stem: str, extension: str) -> bytes:
    return f"{stem:<{_STEM}}{extension:<{_EXTENSION}}".encode("ascii")
