"""Did you mean: the names that look most like the one that was given."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def did_you_mean(given: str, known: Iterable[str]) -> str | None:
    """Give `did you mean "a" or "b"?` for the closest names, without regard to case; None when nothing is close."""
    names = {name.casefold(): name for name in known}
    close = get_close_matches(given.casefold(), names, n=2, cutoff=0.6)
    quoted = [f'"{names[match]}"' for match in close]
    return f"did you mean {' or '.join(quoted)}?" if quoted else None


def one_of(known: Iterable[str]) -> str:
    """Give the allowed values as a list to read."""
    return ", ".join(f'"{name}"' for name in known)
