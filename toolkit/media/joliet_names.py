"""What Joliet shows of names that only UDF holds: the same name, cut to 64 letters, and unique in its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.media.names import JOLIET_NAMES, same_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_EXTENSION = 16  # letters that are still taken for one: .inf, .manifest, .7z.001


def joliet_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name of one folder the one that Joliet has for it. Those that it can hold are kept as they are."""
    ordered = list(names)
    held = {name: name for name in ordered if _is_held(name)}
    if len(held) == len(ordered):
        return held
    taken = {same_name(name) for name in held}
    return held | dict(_numbered((name for name in ordered if name not in held), taken))


def _is_held(name: str) -> bool:
    return _units(name) <= JOLIET_NAMES.units and not JOLIET_NAMES.forbidden.intersection(name)


def _numbered(names: Iterable[str], taken: set[str]) -> Iterator[tuple[str, str]]:
    """Cut what is too long, and number what is taken then as NAME_1, NAME_2, in the order asked."""
    for name in names:
        stem, extension = _parted("".join("_" if letter in JOLIET_NAMES.forbidden else letter for letter in name))
        number, tail = 0, ""
        while same_name(candidate := f"{_cut(stem, tail + extension)}{tail}{extension}") in taken:
            number += 1
            tail = f"_{number}"
        taken.add(same_name(candidate))
        yield name, candidate


def _parted(name: str) -> tuple[str, str]:
    stem, dot, extension = name.rpartition(".")
    if not stem or not 1 <= _units(extension) <= _EXTENSION:
        return name, ""
    return stem, dot + extension


def _cut(stem: str, rest: str) -> str:
    """Leave as much of `stem` as there is room for before `rest`, and no half of a letter nor a space at its end."""
    room = 2 * (JOLIET_NAMES.units - _units(rest))
    return stem.encode("utf-16-le")[:room].decode("utf-16-le", "ignore").rstrip(". ")


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2
