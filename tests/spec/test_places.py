from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.spec.places import KeyPath, places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import DrawFn


def located(text: str) -> dict[KeyPath, tuple[int, int]]:
    tomllib.loads(text)
    return {path: (place.line, place.column) for path, place in places(text, "x.toml").items()}


@pytest.mark.parametrize(
    ("text", "path", "where"),
    [
        ("a = 1", ("a",), (1, 1)),
        ("\n\n  a = 1", ("a",), (3, 3)),
        ("\ta = 1", ("a",), (1, 2)),
        ("a . b = 1", ("a", "b"), (1, 1)),
        ("a . b = 1", ("a",), (1, 1)),
        ('"a.b" = 1', ("a.b",), (1, 1)),
        ('"\\u0061\\t" = 1', ("a\t",), (1, 1)),
        ("'a\\b' = 1", ("a\\b",), (1, 1)),
        ('"" = 1', ("",), (1, 1)),
        ("'' = 1\nb = 2", ("b",), (2, 1)),
        ('[ a . "b" ]\nc = 1', ("a", "b"), (1, 1)),
        ('[ a . "b" ]\nc = 1', ("a", "b", "c"), (2, 1)),
        ('[ a . "b" ]\nc = 1', ("a",), (1, 1)),
        ("[a.b]\n[a]\nc = 1", ("a",), (2, 1)),
        ("[a.b]\n[a.c]", ("a",), (1, 1)),
        ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a",), (1, 1)),
        ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a", 0), (1, 1)),
        ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a", 1), (3, 1)),
        ("[[a]]\nb = 1\n[[a]]\nb = 2", ("a", 1, "b"), (4, 1)),
        ("[[ a . b ]]\n[[ a . b ]]\n[a.b.c]\nd = 1", ("a", "b", 1, "c", "d"), (4, 1)),
        ("[[a]]\n[[a.b]]\n[[a]]\n[[a.b]]\nc = 1", ("a", 1, "b", 0, "c"), (5, 1)),
        ("[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2", ("a", 1, "b", "c"), (6, 1)),
        ("a = [1, [2, 3]]", ("a", 1, 1), (1, 13)),
        ("a = [ # one\n  1, # two\n\n  2,\n]\nb = 1", ("a", 1), (4, 3)),
        ("a = [ # one\n  1, # two\n\n  2,\n]\nb = 1", ("b",), (6, 1)),
        ("a = [{b = 1}, {b = 2, c.d = 3}]", ("a", 1, "c", "d"), (1, 23)),
        ("a = { b = 1, c = { d = 2 } }\ne = 1", ("a", "c", "d"), (1, 20)),
        ("a = {}\nb = []\nc = 1", ("c",), (3, 1)),
        ('a = """\nx = 1\n[y]\n"""\nb = 1', ("b",), (5, 1)),
        ("a = '''\nx = 1\n'''''\nb = 1", ("b",), (4, 1)),
        ('a = """"x"""""\nb = 1', ("b",), (2, 1)),
        ('a = """\\""""\nb = 1', ("b",), (2, 1)),
        ('a = """"""\nb = 1', ("b",), (2, 1)),
        ("a = ''''''\nb = 1", ("b",), (2, 1)),
        ('a = ""\nb = 1', ("b",), (2, 1)),
        ('a = "\\\\"\nb = 1', ("b",), (2, 1)),
        ('a = "#"# = "\nb = 1', ("b",), (2, 1)),
        ("a = 1979-05-27 07:32:00Z\nb = 1", ("b",), (2, 1)),
        ("a = [1979-05-27 07:32:00, 07:32:00]", ("a", 1), (1, 27)),
        ("a = -1.5e-3 # c\nb = +inf\nc = 0xFF", ("c",), (3, 1)),
        ("# = [\na = 1", ("a",), (2, 1)),
        ("a = 1\r\nb = 2\r\n[c]\r\nd = 3", ("c", "d"), (4, 1)),
        ('ä = "ü"\n'.replace("ä", '"ä"') + "b = 1", ("b",), (2, 1)),
        ('a = { "😀" = 1, b = 2 }', ("a", "b"), (1, 16)),
        ("1 = 1\n-_ = 2\ntrue = 3", ("true",), (3, 1)),
        ("3.14 = 1", ("3", "14"), (1, 1)),
    ],
)
def test_every_key_has_the_place_where_it_begins(text: str, path: KeyPath, where: tuple[int, int]) -> None:
    assert located(text)[path] == where


def test_a_place_names_its_file() -> None:
    assert str(places("\na = 1", "my/unattend.toml")["a",]) == "my/unattend.toml:2:1"


def test_an_empty_text_has_no_places() -> None:
    assert places("", "x.toml") == {}
    assert places("# nothing\n", "x.toml") == {}


_SCALARS = st.sampled_from(
    [
        "0", "+1", "-17", "1_000", "0xDEAD_beef", "0o17", "0b1", "1.5", "-1e-3", "6.02e+23", "inf", "-nan",
        "true", "false", "1979-05-27", "07:32:00.5", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00-07:00",
    ]
)  # fmt: skip
_TEXTS = st.text(st.sampled_from("ab =.,[]{}#'\"\\é😀"), max_size=8)
_BLANKS = st.sampled_from(["", " ", "\t", "  "])
_COMMENTS = st.sampled_from(["", "# c", '# "', "# [x]", "# a = '''", "#ü}"])
_BARE = re.compile("[A-Za-z0-9_-]+")


def _basic(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Writer:
    """Writes a random TOML document, and writes down where each key went."""

    def __init__(self, draw: DrawFn) -> None:
        self.draw = draw
        self.end = draw(st.sampled_from(["\n", "\r\n"]))
        self.text = draw(st.sampled_from(["", self.end, f"# = {self.end}"]))
        self.expected: dict[KeyPath, int] = {}

    def blank(self) -> None:
        self.text += self.draw(_BLANKS)

    def line_end(self) -> None:
        self.text += self.draw(_BLANKS) + self.draw(_COMMENTS) + self.draw(st.sampled_from([self.end, self.end * 2]))

    def names(self, most: int) -> list[str]:
        name = st.one_of(st.sampled_from(["a", "b", "c", "1", "true", "_-"]), _TEXTS)
        return self.draw(st.lists(name, max_size=most, unique=True))

    def key(self, name: str) -> None:
        if _BARE.fullmatch(name) and self.draw(st.booleans()):
            self.text += name
        elif "'" not in name and self.draw(st.booleans()):
            self.text += f"'{name}'"
        else:
            self.text += _basic(name)

    def dotted(self, names: list[str]) -> None:
        for number, name in enumerate(names):
            if number:
                self.blank()
                self.text += "."
                self.blank()
            self.key(name)

    def scalar(self) -> None:
        text = self.draw(_TEXTS)
        forms = [self.draw(_SCALARS), _basic(text)]
        if "'" not in text:
            forms += [f"'{text}'", f"'''{self.end}{text}x'''"]
        forms.append('"""' + text.replace("\\", "\\\\").replace('"""', '""\\"') + f'{self.end}[no]{self.end}no = 1"""')
        self.text += self.draw(st.sampled_from(forms))

    def value(self, path: KeyPath, depth: int) -> None:
        kind = self.draw(st.sampled_from(["scalar", "array", "table"])) if depth else "scalar"
        if kind == "array":
            self.array(path, depth - 1)
        elif kind == "table":
            self.inline_table(path, depth - 1)
        else:
            self.scalar()

    def array(self, path: KeyPath, depth: int) -> None:
        self.text += "["
        for number in range(self.draw(st.integers(0, 3))):
            if number:
                self.text += ","
            self.draw(st.sampled_from([self.blank, self.line_end]))()
            self.expected[*path, number] = len(self.text)
            self.value((*path, number), depth)
            self.blank()
        self.text += self.draw(st.sampled_from(["", self.end])) + "]"

    def inline_table(self, path: KeyPath, depth: int) -> None:
        self.text += "{"
        for number, name in enumerate(self.names(2)):
            if number:
                self.text += ","
            self.blank()
            self.pair(path, name, depth)
            self.blank()
        self.text += "}"

    def pair(self, base: KeyPath, name: str, depth: int) -> None:
        below = self.draw(st.lists(st.sampled_from(["x", "y.z"]), max_size=2))
        start = len(self.text)
        self.dotted([name, *below])
        path: KeyPath = base
        for part in [name, *below]:
            path = (*path, part)
            self.expected[path] = start
        self.blank()
        self.text += "="
        self.blank()
        self.value(path, depth)

    def table(self, path: KeyPath, header: list[str], depth: int) -> None:
        names = self.names(4)
        tables = [name for name in names if depth and self.draw(st.booleans())]
        for name in names:
            if name not in tables:
                self.blank()
                self.pair(path, name, 2)
                self.line_end()
        for name in tables:
            self.draw(st.sampled_from([self.single, self.several]))((*path, name), [*header, name], depth - 1)

    def header(self, path: KeyPath, names: list[str], opening: str, closing: str) -> None:
        self.blank()
        start = len(self.text)
        for end in range(1, len(path) + 1):
            self.expected.setdefault(path[:end], start)
        self.text += opening
        self.blank()
        self.dotted(names)
        self.blank()
        self.text += closing
        self.line_end()

    def single(self, path: KeyPath, names: list[str], depth: int) -> None:
        self.header(path, names, "[", "]")
        self.table(path, names, depth)

    def several(self, path: KeyPath, names: list[str], depth: int) -> None:
        for number in range(self.draw(st.integers(1, 3))):
            self.header((*path, number), names, "[[", "]]")
            self.table((*path, number), names, depth)


@st.composite
def documents(draw: DrawFn) -> tuple[str, dict[KeyPath, int]]:
    writer = _Writer(draw)
    writer.table((), [], 2)
    return writer.text, writer.expected


def _paths(data: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from _paths(value, (*path, key))


@given(documents())
def test_any_document_gives_every_key_its_own_place(document: tuple[str, dict[KeyPath, int]]) -> None:
    text, expected = document
    found = places(text, "x.toml")
    assert set(found) == set(_paths(tomllib.loads(text)))
    for path, offset in expected.items():
        line, column = text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
        assert (found[path].line, found[path].column) == (line, column), path


@given(st.text(st.sampled_from("ab1=.,[]{}#'\"\\ \t\r\n-:😀"), max_size=60))
def test_no_text_whatever_makes_it_fail(text: str) -> None:
    found = places(text, "x.toml")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(_paths(data)) == set(found)
