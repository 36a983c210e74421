"""Trees of files for the tests of media: hypothesis strategies, and one typical set."""

from __future__ import annotations

from hypothesis import strategies as st

from toolkit.files import NamedFile
from toolkit.media.names import FLOPPY_NAMES, JOLIET_NAMES, NameRules, name_problems

TYPICAL = (
    NamedFile("Autounattend.xml", b"<?xml version='1.0'?>" + b"<x/>" * 2000),
    NamedFile("winrmConfig.bat", b"@echo off\r\n" * 300),
    NamedFile("manifest.json", b'{"version": 1}'),
    NamedFile("$OEM$/$1/x", b"a"),
    NamedFile("$OEM$/$$/Setup/Scripts/SetupComplete.cmd", b"exit /b 0\r\n"),
    NamedFile("empty.txt", b""),
)

# One name more, which an ISO needs UDF for.
BRIDGED = (*TYPICAL, NamedFile("drivers/" + "n" * 100 + ".inf", b"long" * 2000))

_LETTERS = st.characters(codec="utf-16-le", exclude_characters="/;")
_PART = st.one_of(
    st.sampled_from(["a", "A", "LONGFI~1.TXT", "longfilename.txt", "longfilenamf.txt", ".x", "a b", "$1", "x.tar.gz"]),
    st.text(_LETTERS, min_size=1, max_size=40),
)
_NAME = st.lists(_PART, min_size=1, max_size=4).map("/".join)


def _fits(rules: NameRules, names: list[str]) -> list[str]:
    """Keep each name that goes with those before it."""
    kept: list[str] = []
    for name in names:
        if not name_problems([*kept, name], rules):
            kept.append(name)
    return kept


def trees(rules: NameRules) -> st.SearchStrategy[tuple[NamedFile, ...]]:
    contents = st.one_of(st.binary(max_size=40), st.integers(0, 5000).map(lambda size: b"\xa5" * size))
    names = st.lists(_NAME, min_size=1, max_size=12).map(lambda drawn: _fits(rules, drawn)).filter(bool)
    return names.flatmap(
        lambda kept: st.tuples(*(contents for _ in kept)).map(
            lambda datas: tuple(NamedFile(name, data) for name, data in zip(kept, datas, strict=True))
        )
    )


FLOPPY_TREES = trees(FLOPPY_NAMES)
ISO_TREES = trees(JOLIET_NAMES)
