"""What quoting promises, asked of a real command processor: each text arrives byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.peers.wine.harness import windows_path
from toolkit.files import NamedFile
from toolkit.render import cmd

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.peers.wine.harness import Ran, WineGuest

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

SPECIALS = "%!^&|<>\"';,=()~*? \\"
TEXTS = st.lists(
    st.text(st.sampled_from(SPECIALS + "aB1/-.:@{}[]$#`+_"), max_size=20)
    | st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=127),
    min_size=20,
    max_size=30,
)
# As long as a password may be in Windows' own dialogs, of every character that there is in ASCII.
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
HARD = [
    (PRINTABLE * 2)[:127],
    (PRINTABLE.replace('"', "") * 2)[:127],
    *SPECIALS,
    "%PATH%",
    "%%",
    "%1",
    "!PATH!",
    "^^",
    'a"b',
    '"',
    '""',
    'a "b" c',
    "ends in \\",
    'ends in \\"',
    "a & echo injected",
    '" & echo injected & "',
    "> nul",
    "(a) (b",
    '@{Basic="true";CredSSP="false"}',
]

# A batch of texts a run: starting a process is what takes the time.
few = settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def run_batch(windows: WineGuest, folder: Path, lines: Iterable[str]) -> Ran:
    text = "".join(f"{line}\r\n" for line in ("@echo off", "setlocal DisableDelayedExpansion", *lines))
    windows.insert("e", folder, [NamedFile("try.bat", text.encode("ascii"))])
    return windows.run(r"cmd.exe /c e:\try.bat")


@few
@example(HARD)
@given(TEXTS)
def test_an_argument_reaches_the_program_byte_for_byte(windows: WineGuest, tmp_path: Path, texts: list[str]) -> None:
    ran = run_batch(windows, tmp_path, (f"netsh {cmd.argument(text)} last" for text in texts))
    assert [call.arguments for call in ran.calls] == [(text, "last") for text in texts]


@few
@example([text for text in HARD if '"' not in text])
@given(TEXTS.map(lambda texts: [text.replace('"', "") for text in texts]))
def test_a_value_reaches_the_variable_byte_for_byte(windows: WineGuest, tmp_path: Path, texts: list[str]) -> None:
    lines = (f'set "RECORDED_VALUE={cmd.set_value(text)}"\r\nnetsh x' for text in texts)
    ran = run_batch(windows, tmp_path, lines)
    assert [call.value for call in ran.calls] == texts


@few
@example([text for text in HARD if text.strip()])
@given(TEXTS.map(lambda texts: [text for text in texts if cmd_echoes(text)]))
def test_echoed_text_reaches_the_file_byte_for_byte(windows: WineGuest, tmp_path: Path, texts: list[str]) -> None:
    out = tmp_path / "out.txt"
    out.unlink(missing_ok=True)
    run_batch(windows, tmp_path, (f'>>"{windows_path(out)}" echo {cmd.echo_text(text)}' for text in texts))
    written = out.read_text(encoding="ascii").split("\n") if texts else [""]
    assert written == [*texts, ""]


def cmd_echoes(text: str) -> bool:
    try:
        cmd.echo_text(text)
    except cmd.CmdTextError:
        return False
    return True
