"""The surface of PowerShell text: comments, quotes, brackets, statements, and strings with variables in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OPENING = "([{"
_CLOSING = ")]}"
_COMMENT = re.compile(
    r"""(?P<kept>'[^']*'|"(?:`.|[^"`])*")|<\#.*?\#>|(?:(?<=\s)|^)\#[^\r\n]*""", re.DOTALL | re.VERBOSE
)
_IN_STRING = re.compile(
    r"`(?P<escape>.)|\$\((?P<sub>[^()]*(?:\([^()]*\)[^()]*)*)\)|(?P<variable>\$(?:env:)?\w+)", re.DOTALL
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_QUOTED = re.compile(r"""'[^']*'|"(?:`.|[^"`])*\"""", re.DOTALL)


def without_comments(script: str) -> str:
    """Take out `# ...` and `<# ... #>`, but not inside strings."""
    return _COMMENT.sub(lambda match: match["kept"] or " ", script)


def statements(text: str) -> list[str]:
    """Split at line ends and semicolons outside quotes and brackets."""
    return split(text, ";\r\n")


def split(text: str, separators: str, *, keep_empty: bool = False) -> list[str]:
    """Split at any of the separators outside quotes and brackets. A separator may itself be a closing bracket."""
    pieces = [""]
    depth = 0
    for token in _tokens(text):
        if token in separators and not depth:
            pieces.append("")
            continue
        depth += (token in _OPENING) - (token in _CLOSING)
        pieces[-1] += token
    return pieces if keep_empty else [piece.strip() for piece in pieces if piece.strip()]


def bracketed(text: str, start: int) -> tuple[str, str]:
    """Give what stands between the bracket before `start` and its partner, and what follows."""
    closing = {"(": ")", "{": "}"}[text[start - 1]]
    inside = split(text[start:], closing, keep_empty=True)[0]
    return inside, text[start + len(inside) + 1 :].strip()


def interpolated(text: str, evaluate: Callable[[str], str]) -> str:
    """Give the value of a double-quoted string: backtick escapes, `$name`, `$env:NAME` and `$(...)`."""

    def value(match: re.Match[str]) -> str:
        if escape := match["escape"]:
            return _ESCAPES.get(escape, escape)
        return evaluate(match["sub"] or match["variable"])

    return _IN_STRING.sub(value, text.replace('""', '"'))


def _tokens(text: str) -> Iterator[str]:
    """Give whole quoted strings, and single characters in between."""
    position = 0
    while position < len(text):
        quoted = _QUOTED.match(text, position)
        yield quoted[0] if quoted else text[position]
        position = quoted.end() if quoted else position + 1
