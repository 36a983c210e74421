"""Text as people read it on terminals of any width. Commands, options and thumbprints stay whole, to be copied."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Much of what is shown comes from strangers: servers, guests, images. Blanks and line ends are what they are.
_OBEYED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
NARROWEST = 20  # no page is laid out for less


def harmless(text: str) -> str:
    """Write out what a terminal would obey: escape sequences, and orders to write from right to left."""
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def wrapped(text: str, lead: str, width: int, *, hang: int = 0, whole: bool = True) -> list[str]:
    """Break `text` at blanks; the first line begins with `lead`, and the others stand below what follows it.

    They stand `hang` columns further in where the next paragraph has the same lead. A word that is wider than the page
    stays `whole`, to be copied, or is broken.
    """
    return textwrap.wrap(
        harmless(text),
        width,
        initial_indent=lead,
        subsequent_indent=" " * min(len(lead) + hang, width // 2),
        break_long_words=not whole,
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
    return _titled(title, [f"  {harmless(line)}" for line in lines])


def _titled(title: str, lines: list[str]) -> list[str]:
    return [title, *lines] if lines else []
