"""cmd.exe's reading of a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.simulator.commandline import Part, expanded, parts, program, unwrapped, words

VARIABLES = {"name": "value", "two words": "2", "~dp0": "A:\\"}


@pytest.mark.parametrize(
    ("line", "batch", "typed"),
    [
        ("%NAME%", "value", "value"),
        ("%nope%", "", "%nope%"),
        ("100%%", "100%", "100%%"),
        ("%~dp0x.pfx", "A:\\x.pfx", "A:\\x.pfx"),
        ("%1 %*", " ", "%1 %*"),
        ("%Two Words%", "2", "2"),
        ("50% of %NAME%", "50NAME%", "50% of %NAME%"),
    ],
)
def test_variables_are_replaced_as_in_a_batch_file_or_as_typed(line: str, batch: str, typed: str) -> None:
    assert expanded(line, VARIABLES, batch=True) == batch
    assert expanded(line, VARIABLES, batch=False) == typed


@pytest.mark.parametrize(
    ("line", "split"),
    [
        ("a & b && c || d | e", [("", "a "), ("&", "b "), ("&&", "c "), ("||", "d "), ("|", "e")]),
        ('echo "a & b"', [("", 'echo "a & b"')]),
        ("echo a ^& b", [("", "echo a & b")]),
        ("(a & b)", [("", "a "), ("&", "b")]),
        ("f(x)", [("", "f(x)")]),
        ("", []),
    ],
)
def test_a_line_is_split_at_operators(line: str, split: list[tuple[str, str]]) -> None:
    assert [(part.operator, part.text) for part in parts(line)] == split


@pytest.mark.parametrize(
    ("line", "text", "files"),
    [
        ("netsh x >nul 2>&1", "netsh x  ", ("nul",)),
        ('>>"C:\\a b.txt" echo x', " echo x", ("C:\\a b.txt",)),
        ("echo a2>f", "echo a2", ("f",)),
        ("sc query <in", "sc query ", ("in",)),
    ],
)
def test_redirections_are_taken_out_and_remembered(line: str, text: str, files: tuple[str, ...]) -> None:
    assert parts(line) == [Part("", text.lstrip(), files, appends=">>" in line)]


@pytest.mark.parametrize(
    ("line", "text", "returns", "shell"),
    [
        ("winrm quickconfig", "winrm quickconfig", False, False),
        ("@winrm quickconfig", "winrm quickconfig", False, False),
        ("call winrm quickconfig", "winrm quickconfig", True, False),
        ("cmd.exe /c winrm quickconfig", "winrm quickconfig", True, True),
        ('cmd /d /c "winrm a & winrm b"', "winrm a & winrm b", True, True),
        ("%SystemRoot%\\System32\\cmd.exe /c ver", "ver", True, True),
        ("call :main", "call :main", False, False),
        ("start /wait winrm x", "winrm x", True, False),
        ("cmdkey /list", "cmdkey /list", False, False),
    ],
)
def test_wrappings_are_taken_off(line: str, text: str, *, returns: bool, shell: bool) -> None:
    inner = unwrapped(line)
    assert (inner.text, inner.returns, inner.shell) == (text, returns, shell)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("netsh x", "netsh"),
        ("C:\\Windows\\System32\\NETSH.EXE x", "netsh"),
        ('"C:\\Program Files\\a b.exe" x', "a b"),
        ("winrm.cmd set", "winrm"),
        ("a.b.exe", "a.b"),
        ("", ""),
    ],
)
def test_a_program_is_named_without_folder_and_ending(line: str, name: str) -> None:
    assert program(line) == name


def test_quotes_group_words_and_vanish() -> None:
    assert words('add rule name="WinRM 5985" dir=in') == ["add", "rule", "name=WinRM 5985", "dir=in"]


@given(st.text(max_size=80))
def test_any_line_can_be_read(line: str) -> None:
    for part in parts(line):
        program(unwrapped(part.text).text)
    expanded(line, VARIABLES, batch=True)


@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), min_size=1, max_size=5))
def test_joined_commands_come_apart_again(commands: list[str]) -> None:
    assert [part.text for part in parts("&".join(commands))] == commands
