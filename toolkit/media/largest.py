"""The files to leave out first where a medium overflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.media.tree import in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.media.content import MeasuredFile

_NAMED = 5


def largest(files: Iterable[MeasuredFile]) -> str:
    """Name the largest files with their sizes, the same ones in whatever order they come."""
    biggest = sorted(in_order(files), key=lambda file: -file.size)[:_NAMED]
    return ", ".join(f"{file.name} ({file.size})" for file in biggest)
