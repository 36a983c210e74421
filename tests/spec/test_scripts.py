from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.spec.loading import SMALLEST, errors, guest_of, warnings
from toolkit.errors import SpecError
from toolkit.spec.document import read_document
from toolkit.spec.guest import Phase
from toolkit.spec.load import load_guest
from toolkit.spec.secrets import Vault
from toolkit.spec.work import Carry, Script, ScriptKind

if TYPE_CHECKING:
    from pathlib import Path


def script(path: Path, more: str = "", data: bytes = b"echo hello") -> str:
    path.write_bytes(data)
    return f"[[scripts]]\nfile = '{path}'\n{more}\n"


def test_scripts_keep_their_order_and_run_at_the_first_logon_unless_said_otherwise(tmp_path: Path) -> None:
    one, two = tmp_path / "b.PS1", tmp_path / "a.bat"
    guest = guest_of(
        SMALLEST + script(one, "reboot = true") + script(two, 'phase = "setup-complete"\noptional = true', b"\x00\xff")
    )
    assert guest.scripts == (
        Script(Phase.FIRST_LOGON, "b.PS1", ScriptKind.POWERSHELL, b"echo hello", reboot=True),
        Script(Phase.SETUP_COMPLETE, "a.bat", ScriptKind.BATCH, b"\x00\xff", optional=True),
    )


@pytest.mark.parametrize(("name", "kind"), [("a.cmd", "cmd"), ("a.bat", "cmd"), ("a.reg", "reg"), ("a.vbs", "vbs")])
def test_the_end_of_a_name_says_what_runs_it(name: str, kind: str, tmp_path: Path) -> None:
    assert guest_of(SMALLEST + script(tmp_path / name)).scripts[0].kind == kind


def test_what_nothing_runs_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.sh"
    assert errors(SMALLEST + script(path)) == [f'8:1 nothing is known to run "{path}"']


def test_a_script_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.cmd"
    spec = SMALLEST + script(empty, data=b" \r\n") + f"[[scripts]]\nfile = '{tmp_path / 'none.cmd'}'\n"
    first, second = errors(spec)
    assert first == f"8:1 {empty} is empty"
    assert second.startswith(f"11:1 {tmp_path / 'none.cmd'} cannot be read: ")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_a_batch_file_that_cmd_would_not_read_is_refused(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.cmd"
    data = "\ufeff@echo off\r\n".encode(encoding)
    assert errors(SMALLEST + script(path, data=data)) == [f"8:1 {path} is UTF-16, of which cmd.exe reads one character"]
    assert guest_of(SMALLEST + script(tmp_path / "a.reg", data=data)).scripts[0].data == data


@pytest.mark.parametrize(
    ("name", "data", "warned"),
    [
        ("a.cmd", b"\xef\xbb\xbf@echo off", "begins with a byte order mark"),
        ("a.ps1", "'ü'".encode(), "is UTF-8 without a byte order mark"),
        ("a.ps1", "'ü'".encode("utf-8-sig"), None),
        ("a.ps1", "\ufeff'ü'".encode("utf-16-le"), None),
        ("a.ps1", "'ü'".encode("cp1252"), None),
        ("a.cmd", "echo ü".encode("cp850"), None),
    ],
)
def test_a_script_that_the_guest_would_read_as_another_text_is_pointed_out(
    name: str, data: bytes, warned: str | None, tmp_path: Path
) -> None:
    found = warnings(SMALLEST + script(tmp_path / name, data=data))
    assert [warned in message for message in found if warned] == [True] * bool(warned)
    assert len(found) == bool(warned)


def test_a_script_that_is_not_there_is_told_where_its_path_counts_from(tmp_path: Path) -> None:
    spec = tmp_path / "unattend.toml"
    spec.write_text(SMALLEST + "[[scripts]]\nfile = 'a.cmd'\n")
    for settings, place in ([], tmp_path), (["scripts.0.file=a.cmd"], "the current folder"):
        with pytest.raises(SpecError) as refusal:
            load_guest(read_document(spec, settings), Vault({}, None, tmp_path))
        assert refusal.value.problems[0].help == f"The path counts from {place}."


@pytest.mark.parametrize("phase", ["windows-pe", "setup-complete", "every-logon"])
def test_a_restart_is_refused_where_nothing_may_restart_windows(phase: str, tmp_path: Path) -> None:
    spec = SMALLEST + script(tmp_path / "a.cmd", f'phase = "{phase}"\nreboot = true')
    assert errors(spec) == [f"10:1 nothing may restart Windows in the phase {phase}"]


def test_windows_pe_runs_no_powershell_and_nothing_from_inside_the_answer_file(tmp_path: Path) -> None:
    inside = '[media]\ncarry = "answer-file"\n'
    spec = SMALLEST + inside + script(tmp_path / "a.ps1", 'phase = "windows-pe"')
    assert errors(spec) == [
        "10:1 Windows Setup's PE has no PowerShell",
        "11:1 scripts inside the answer file are written in specialize, too late for windows-pe",
    ]


def test_an_answer_file_carries_a_mebibyte_of_scripts_and_a_medium_more(tmp_path: Path) -> None:
    fits = script(tmp_path / "a.cmd", data=b"x" * (1 << 20))
    inside = '[media]\ncarry = "answer-file"\n'
    assert guest_of(SMALLEST + inside + fits).media.carry is Carry.ANSWER_FILE
    more = script(tmp_path / "b.cmd", data=b"x")
    assert errors(SMALLEST + inside + fits + more) == [
        "8:1 the scripts are 1048577 bytes; an answer file carries 1048576 at most"
    ]
    assert len(guest_of(SMALLEST + fits + more).scripts) == 2


def test_a_script_at_the_first_logon_needs_somebody_to_log_on(tmp_path: Path) -> None:
    base = '[windows]\nrelease = "11"\n[communicator]\ncommunicator = "none"\n'
    [error] = errors(base + script(tmp_path / "a.cmd"))
    assert "somebody has to log on" in error
    assert guest_of(base + script(tmp_path / "a.cmd", 'phase = "specialize"')).autologon is None


def test_where_there_is_no_powershell_nothing_that_needs_it_is_taken(tmp_path: Path) -> None:
    core = SMALLEST.replace('"server-2022"', '"server-2008r2"\ninstallation = "core"')
    text = core + "[media]\ncarry = 'answer-file'\n" + script(tmp_path / "a.ps1") + script(tmp_path / "b.cmd")
    name = "Server Core of Windows Server 2008 R2"
    assert errors(text) == [
        f"9:1 {name} has no PowerShell, which takes scripts out of the answer file",
        f"11:1 {name} has no PowerShell to run {tmp_path / 'a.ps1'}",
    ]
    assert guest_of(text.replace('"core"', '"desktop"')).scripts
