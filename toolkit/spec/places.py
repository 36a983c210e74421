"""Where in a TOML text each key and value stands. The standard library's parser does not say."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import field
from typing import TypeAlias

from toolkit.problems import Place
from toolkit.values import dataclass

KeyPath: TypeAlias = tuple[str | int, ...]

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'',
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^\s,\]}#]+(?:[ ][0-9][^\s,\]}#]*)?")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


@dataclass
class _Scanner:
    """One pass over a text that `tomllib` has already found to be valid."""

    text: str
    at: int = 0
    found: dict[KeyPath, int] = field(default_factory=dict)
    tables: dict[KeyPath, int] = field(default_factory=dict)  # how many [[tables]] of this name so far
    implied: set[KeyPath] = field(default_factory=set)

    def scan(self) -> dict[KeyPath, int]:
        base: KeyPath = ()
        self.skip(_SPACE)
        while self.at < len(self.text):
            base = self.header() if self.text[self.at] == "[" else self.pair(base)
            self.skip(_SPACE)
        return self.found

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:  # not valid TOML after all: give up on the rest, quietly
            self.at = len(self.text)
            return ""
        self.at = match.end()
        return match.group()

    def header(self) -> KeyPath:
        start = self.at
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        path = self.inside(self.key())
        self.skip(_BLANK)
        self.at += 2 if many else 1
        self.imply(path, start)
        if many:
            number = self.tables.get(path, 0)
            self.tables[path] = number + 1
            self.found.setdefault(path, start)
            path = (*path, number)
        if path in self.implied:
            self.implied.remove(path)
            self.found[path] = start
        self.found.setdefault(path, start)
        return path

    def imply(self, path: KeyPath, start: int) -> None:
        """Tables around a header's exist by being named in it, until they get a header of their own."""
        for end in range(1, len(path)):
            if path[:end] not in self.found:
                self.found[path[:end]] = start
                self.implied.add(path[:end])

    def inside(self, key: list[str]) -> KeyPath:
        """Resolve a header's key: a name that is an array of tables means its newest table."""
        path: KeyPath = ()
        for position, part in enumerate(key):
            path = (*path, part)
            if position < len(key) - 1 and path in self.tables:
                path = (*path, self.tables[path] - 1)
        return path

    def pair(self, base: KeyPath) -> KeyPath:
        start = self.at
        path = base
        for part in self.key():
            path = (*path, part)
            self.found.setdefault(path, start)
        self.skip(_BLANK)
        self.at += 1  # the equals sign
        self.skip(_BLANK)
        self.value(path)
        return base

    def key(self) -> list[str]:
        parts = []
        while True:
            self.skip(_BLANK)
            quoted = self.text[self.at : self.at + 1] in {'"', "'"}
            parts.append(_unquoted(self.take(_STRING)) if quoted else self.take(_BARE_KEY))
            self.skip(_BLANK)
            if self.text[self.at : self.at + 1] != ".":
                return parts
            self.at += 1

    def value(self, path: KeyPath) -> None:
        first = self.text[self.at : self.at + 1]
        if first == "[":
            self.items(path)
        elif first == "{":
            self.inline_table(path)
        else:
            self.take(_STRING if first in {'"', "'"} else _SCALAR)

    def items(self, path: KeyPath) -> None:
        number = 0
        self.at += 1
        self.skip(_SPACE)
        while self.at < len(self.text) and self.text[self.at] != "]":
            self.found.setdefault((*path, number), self.at)
            self.value((*path, number))
            number += 1
            self.separator()
        self.at += 1

    def inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self.skip(_SPACE)
        while self.at < len(self.text) and self.text[self.at] != "}":
            self.pair(path)
            self.separator()
        self.at += 1

    def separator(self) -> None:
        self.skip(_SPACE)
        if self.text[self.at : self.at + 1] == ",":
            self.at += 1
            self.skip(_SPACE)


def _unquoted(text: str) -> str:
    if text.startswith("'"):
        return text[1:-1]
    return _ESCAPE.sub(lambda match: _character(match.group(1)), text[1:-1])


def _character(escape: str) -> str:
    if escape[0] in "uU" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _ESCAPED.get(escape, escape)


def places(text: str, file: str) -> dict[KeyPath, Place]:
    """Give the place of every key, table and array item of a valid TOML text."""
    offsets = _Scanner(text).scan()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return {path: _place(file, offset, starts) for path, offset in offsets.items()}


def _place(file: str, offset: int, starts: list[int]) -> Place:
    line = bisect_right(starts, offset)
    return Place(file, line, offset - starts[line - 1] + 1)
