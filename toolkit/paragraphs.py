"""Text as people read it on terminals of any width. Commands, options and thumbprints stay whole, to be copied."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NARROWEST = 20  # no page is laid out for less


def wrapped(text: str, lead: str, width: int) -> list[str]:
    """Break `text` at blanks; the first line begins with `lead`, and the others stand below what follows it."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=lead,
        subsequent_indent=" " * min(len(lead), width // 2),
        break_long_words=False,
        break_on_hyphens=False,
    ) or [lead.rstrip()]


def listed(title: str, items: Sequence[str], width: int, *, numbered: bool = False) -> list[str]:
    """Give the items below their title; nothing where there are none."""
    leads = (f"  {number}. " if numbered else "  " for number in range(1, len(items) + 1))
    return _titled(
        title, [line for item, lead in zip(items, leads, strict=True) for line in wrapped(item, lead, width)]
    )


def verbatim(title: str, lines: Iterable[str]) -> list[str]:
    """Give the lines below their title as they are, however long."""
    return _titled(title, [f"  {line}" for line in lines])


def _titled(title: str, lines: list[str]) -> list[str]:
    return [title, *lines] if lines else []
