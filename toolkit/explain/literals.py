"""Words that a pattern cannot do without: looking for those first spares a long log most of its patterns."""

from __future__ import annotations

import re

_SHORTEST = 3
# What ends a run of plain characters. A quantifier takes the character before it along.
_TOKEN = re.compile(
    r"\\(?P<escaped>[^\w\s])|(?P<class>\\.|\[(?:\\.|[^\]])*\]|[.^$])|(?P<quantifier>[*?]|\{[\d,]+\})|(?P<plain>.)"
)


def required_words(pattern: str) -> tuple[str, ...] | None:
    """Give words in lower case of which any match of `pattern` holds at least one; None where there are no such."""
    words = [_longest(alternative) for alternative in _alternatives(pattern)]
    return tuple(words) if all(len(word) >= _SHORTEST for word in words) else None


def _alternatives(pattern: str) -> list[str]:
    """Split at `|` outside brackets, and put a NUL, which is in no word, in place of each group."""
    found, depth = [""], 0
    for token in re.finditer(r"\\.|.", pattern, re.DOTALL):
        if token[0] == "(":
            depth += 1
        elif token[0] == ")":
            depth -= 1
            found[-1] += "\0" if not depth else ""
        elif not depth and token[0] == "|":
            found.append("")
        elif not depth:
            found[-1] += token[0]
    return found


def _longest(alternative: str) -> str:
    runs = [""]
    for token in _TOKEN.finditer(alternative):
        character = token["escaped"] or token["plain"] or ""
        if token["quantifier"]:
            runs[-1] = runs[-1][:-1]
        if character and character not in "\0+":
            runs[-1] += character.lower()
        else:
            runs.append("")
    return max(runs, key=len)
