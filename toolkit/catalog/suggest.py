"""Did you mean: the names that look most like the one that was given."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_AS_CLOSE = 0.1
# What others call a thing, where the names that look most alike are those of other things: x64 is not x86.
_OTHER_NAMES = {
    "x64": "amd64", "x86_64": "amd64", "x86-64": "amd64", "i386": "x86", "aarch64": "arm64",
    "usa": "united states", "uk": "united kingdom",
}  # fmt: skip


def did_you_mean(given: str, known: Iterable[str]) -> str | None:
    """Give `did you mean "a"?` for the closest name, or `"a" or "b"` for two that are as close, without regard to case.

    None when nothing is close.
    """
    from difflib import SequenceMatcher, get_close_matches  # noqa: PLC0415  (only mistakes need it)

    names = {name.casefold(): name for name in known}
    other = names.get(_OTHER_NAMES.get(given.casefold(), ""))
    if other:
        return f'did you mean "{other}"?'
    close = get_close_matches(given.casefold(), names, n=2, cutoff=0.6)
    likeness = [SequenceMatcher(None, name, given.casefold()).ratio() for name in close]
    quoted = [f'"{names[name]}"' for name, like in zip(close, likeness, strict=True) if like > likeness[0] - _AS_CLOSE]
    return f"did you mean {' or '.join(quoted)}?" if quoted else None


def one_of(known: Iterable[str]) -> str:
    """Give the allowed values as a list to read."""
    return ", ".join(f'"{name}"' for name in known)
