"""Batch files as cmd.exe reads them: logical lines, labels, and the way one statement splits into the next.

No delayed expansion, no `for /f`, and file names are known only for the medium.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from toolkit.numbers import signed
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

_BLOCK_START = re.compile(r"@?(?:if|for)\b|@?\(", re.IGNORECASE)
_UNQUOTED = re.compile(r'"[^"]*"?|\^.|>&[0-9]|(?P<bracket>[()])|(?P<operator>&&|\|\||&|\|)', re.DOTALL)
_IF = re.compile(r"if\b\s*(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_OPTION = re.compile(r"(?P<option>/i|not)\s+", re.IGNORECASE)
_ERRORLEVEL = re.compile(r"errorlevel\s+(?P<number>[0-9]{1,10})\s*", re.IGNORECASE)
_DEFINED = re.compile(r"defined\s+(?P<name>[^\s(]+)\s*", re.IGNORECASE)
_EXIST = re.compile(r'exist\s+(?P<path>"[^"]*"|[^\s(]+)\s*', re.IGNORECASE)
_COMPARISON = re.compile(
    r'(?P<left>"[^"]*"|[^\s=]*)\s*(?P<operator>==|\b(?:equ|neq|lss|leq|gtr|geq)\b)\s*(?P<right>"[^"]*"|[^\s(]*)\s*',
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line, blocks in brackets joined to one. `number` counts the file's lines from 1."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class BatchFile:
    """The lines of a batch file and where its labels are, by case-folded name.

    `typed` is a command line that stands in no file: in it what has no value stays as it is, `%d` among them.
    """

    name: str
    lines: tuple[Line, ...]
    labels: Mapping[str, int]
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """What an `if` came to, and the commands it governs."""

    holds: bool
    commands: str


def read_batch(name: str, data: bytes) -> BatchFile:
    """Read a batch file: UTF-8 if it is, else the OEM code page of the United States."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp437")
    lines = _logical(text.splitlines())
    labels: dict[str, int] = {}
    for index, line in enumerate(lines):
        if line.text.startswith(":") and not line.text.startswith("::"):
            labels.setdefault(line.text[1:].split(maxsplit=1)[0].casefold() if line.text[1:].split() else "", index)
    return BatchFile(name, tuple(lines), labels)


def _logical(raw: list[str]) -> list[Line]:
    """Join carets at line ends and bracketed blocks, whose lines become `a & b`."""
    lines: list[Line] = []
    number = 0
    while number < len(raw):
        first, text = number + 1, raw[number].strip()
        while text.endswith("^") and number + 1 < len(raw):
            number += 1
            text = text[:-1] + raw[number].strip()
        while _BLOCK_START.match(text) and _depth(text) > 0 and number + 1 < len(raw):
            number += 1
            joint = " " if text.endswith("(") or raw[number].strip().startswith(")") else " & "
            text += joint + raw[number].strip()
        if text:
            lines.append(Line(first, text))
        number += 1
    return lines


def _depth(text: str) -> int:
    return sum({"(": 1, ")": -1}.get(match["bracket"] or "", 0) for match in _UNQUOTED.finditer(text))


def first_command(text: str) -> tuple[str, str, str]:
    """Split off the first command of a line: the command as written, the operator after it, and the rest."""
    depth = 0
    for match in _UNQUOTED.finditer(text):
        depth += {"(": 1, ")": -1}.get(match["bracket"] or "", 0)
        if match["operator"] and depth <= 0:
            return text[: match.start()].strip(), match["operator"], text[match.end() :].strip()
    return text.strip(), "", ""


def block(text: str) -> tuple[str, str]:
    """Split a line that begins with a bracket into the block's inside and what follows it."""
    depth = 0
    for match in _UNQUOTED.finditer(text):
        depth += {"(": 1, ")": -1}.get(match["bracket"] or "", 0)
        if match["bracket"] and depth == 0:
            return text[1 : match.start()].strip(), text[match.end() :].strip()
    return text[1:].strip(), ""


def condition(text: str, *, errorlevel: int, variables: Mapping[str, str], files: frozenset[str]) -> Condition | None:
    """Judge an `if` line whose variables are expanded; None for other lines. `files` are base names that exist."""
    found = _IF.fullmatch(text)
    if found is None:
        return None
    rest, negated, folded = found["rest"], False, False
    while option := _OPTION.match(rest):
        negated = negated or option["option"].casefold() == "not"
        folded = folded or option["option"].casefold() == "/i"
        rest = rest[option.end() :]
    if match := _ERRORLEVEL.match(rest):
        holds = errorlevel >= int(match["number"])
    elif match := _DEFINED.match(rest):
        holds = match["name"].casefold() in variables
    elif match := _EXIST.match(rest):
        holds = match["path"].strip('"').replace("\\", "/").rpartition("/")[2].rpartition(":")[2].casefold() in files
    elif match := _COMPARISON.match(rest):
        holds = _compares(match["left"], match["operator"].casefold(), match["right"], folded=folded)
    else:
        return Condition(holds=False, commands="")
    return Condition(holds != negated, _branch(rest[match.end() :], taken=holds != negated))


def _branch(commands: str, *, taken: bool) -> str:
    """Give the commands of the branch: those after the condition, or those after `else`."""
    if not commands.startswith("("):
        return commands if taken else ""
    inside, rest = block(commands)
    if rest[:4].casefold() == "else":
        otherwise = rest[4:].strip()
        return inside if taken else (block(otherwise)[0] if otherwise.startswith("(") else otherwise)
    return inside if taken else ""


def _compares(left: str, operator: str, right: str, *, folded: bool) -> bool:
    if folded:
        left, right = left.casefold(), right.casefold()
    first, second = signed(left), signed(right)
    numeric = first is not None and second is not None
    a, b = (first, second) if numeric else (left, right)
    order = (a > b) - (a < b)  # type: ignore[operator]  # both int or both str, which mypy does not follow
    return {
        "==": left == right,
        "equ": order == 0,
        "neq": order != 0,
        "lss": order < 0,
        "leq": order <= 0,
        "gtr": order > 0,
        "geq": order >= 0,
    }[operator]
