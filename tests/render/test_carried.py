from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.render.answers import answer, files_of, texts
from tests.spec.loading import SMALLEST, guest_of
from toolkit.errors import ToolkitError
from toolkit.render.runner.carried import EXTRACT, EXTRACT_SCRIPT, ON_THE_MEDIUM

if TYPE_CHECKING:
    from pathlib import Path

SCRIPTS = f"{ON_THE_MEDIUM}/unattend"
PHASES = ("windows-pe", "specialize", "setup-complete", "first-logon", "every-logon")
INSIDE = '[media]\ncarry = "answer-file"\n'
COMMAND = "RunSynchronous/RunSynchronousCommand"


def script(folder: Path, phase: str, data: bytes = b"echo hello", name: str = "a.cmd", more: str = "") -> str:
    path = folder / name
    path.write_bytes(data)
    return f"[[scripts]]\nfile = '{path}'\nphase = '{phase}'\n{more}\n"


def inside(root: etree._Element) -> dict[str, bytes]:
    """Give the files in an answer file, read as the extraction does: by local names."""
    [extensions] = [child for child in root if etree.QName(child).localname == "Extensions"]
    files = [child for child in extensions if etree.QName(child).localname == "File"]
    return {str(file.get("path")): base64.b64decode(file.text or "") for file in files}


@pytest.mark.parametrize("phase", PHASES)
def test_a_script_travels_on_the_medium_with_its_phases_runner(phase: str, tmp_path: Path) -> None:
    files = files_of(guest_of(SMALLEST + script(tmp_path, phase)))
    assert files[f"{SCRIPTS}/{phase}-01-a.cmd"] == b"echo hello"
    runner = files[f"{SCRIPTS}/{phase}.cmd"]
    assert rf'cmd.exe /d /c "%HERE%{phase}-01-a.cmd"'.encode() in runner
    assert runner.isascii()
    assert runner.count(b"\r\n") == runner.count(b"\n")


def test_without_scripts_nothing_is_carried_and_no_command_looks_for_it() -> None:
    files = files_of(guest_of(SMALLEST))
    assert not [name for name in files if name.startswith(ON_THE_MEDIUM)]
    assert b"Setup\\Scripts" not in files["Autounattend.xml"]


@pytest.mark.parametrize("carry", ["", INSIDE], ids=["medium", "answer file"])
def test_the_commands_that_carry_and_run_scripts_keep_their_limits(carry: str, tmp_path: Path) -> None:
    phases = PHASES if not carry else PHASES[1:]
    root = answer("".join(script(tmp_path, phase) for phase in phases) + carry)
    for element in root.iter("{*}RunSynchronousCommand"):
        windows_pe = any(up.get("pass") == "windowsPE" for up in element.iterancestors("{*}settings"))
        path = element.findtext("{*}Path")
        assert path is not None
        assert len(path) <= (255 if windows_pe else 259)
    lines = texts(root, "SynchronousCommand/CommandLine") + texts(root, "AsynchronousCommand/CommandLine")
    assert max(map(len, lines)) <= 1024


def test_the_extraction_fits_its_setting() -> None:
    assert len(EXTRACT) <= 259
    assert '"' not in EXTRACT_SCRIPT


def test_scripts_are_in_place_before_the_users_commands_and_run_after_them(tmp_path: Path) -> None:
    command = "[[commands]]\nphase = 'specialize'\nrun = 'mine'\n"
    lines = texts(answer(command + script(tmp_path, "specialize") + INSIDE), f"{COMMAND}/Path")
    assert [lines.index(EXTRACT), lines.index("mine")] == [1, 2]
    assert "specialize.cmd" in lines[3]
    assert len(lines) == 4


def test_setup_may_restart_for_the_runner_and_is_not_asked_to_for_anything_else(tmp_path: Path) -> None:
    root = answer(script(tmp_path, "specialize") + "[[commands]]\nphase = 'specialize'\nrun = 'mine'\n")
    wills = [element.findtext("{*}WillReboot") for element in root.iter("{*}RunSynchronousCommand")]
    assert wills == [None, "OnRequest", None, "OnRequest"]


def test_inside_the_answer_file_a_script_needs_no_medium(tmp_path: Path) -> None:
    spec = SMALLEST + script(tmp_path, "first-logon", bytes(range(256))) + INSIDE
    files = files_of(guest_of(spec))
    assert not [name for name in files if name.startswith(ON_THE_MEDIUM)]
    held = inside(etree.fromstring(files["Autounattend.xml"]))
    assert held[r"unattend\first-logon-01-a.cmd"] == bytes(range(256))
    assert set(held) == {r"unattend\first-logon-01-a.cmd", r"unattend\first-logon.cmd"}


def test_the_extraction_finds_its_script_as_text_and_its_files_by_path(tmp_path: Path) -> None:
    root = answer(script(tmp_path, "specialize") + INSIDE)
    [extract] = root.iter("{urn:unattend:carried-files}Extract")
    assert extract.text == EXTRACT_SCRIPT
    assert not extract.attrib  # with attributes PowerShell would give an element and not its text
    assert root[-1].tag == "{urn:unattend:carried-files}Extensions"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=2000).filter(bytes.strip))
def test_any_bytes_arrive_as_they_are_either_way(tmp_path: Path, data: bytes) -> None:
    spec = SMALLEST + script(tmp_path, "specialize", data)
    assert files_of(guest_of(spec))[f"{SCRIPTS}/specialize-01-a.cmd"] == data
    held = inside(etree.fromstring(files_of(guest_of(spec + INSIDE))["Autounattend.xml"]))
    assert held[r"unattend\specialize-01-a.cmd"] == data


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.text(
        st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="/'\ufffe\uffff"), min_size=1, max_size=50
    )
)
def test_no_name_of_a_script_is_taken_for_anything_but_a_name(tmp_path: Path, name: str) -> None:
    files = files_of(guest_of(SMALLEST + script(tmp_path, "first-logon", name=f"{name}.ps1")))
    [carried] = [path for path in files if path.endswith(".ps1")]
    own = carried.removeprefix(f"{SCRIPTS}/first-logon-01-").removesuffix(".ps1")
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,40}", own)
    steps = [line for line in files[f"{SCRIPTS}/first-logon.cmd"].decode("ascii").splitlines() if ".ps1" in line]
    assert all(line.endswith(('.ps1"', ".ps1")) for line in steps)


def test_two_scripts_of_one_name_do_not_meet(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    spec = SMALLEST + script(tmp_path, "specialize", b"1") + script(tmp_path / "b", "specialize", b"2")
    files = files_of(guest_of(spec))
    assert files[f"{SCRIPTS}/specialize-01-a.cmd"] == b"1"
    assert files[f"{SCRIPTS}/specialize-02-a.cmd"] == b"2"


@pytest.mark.parametrize(
    ("phase", "container"),
    [
        ("windows-pe", "RunSynchronous"),
        ("specialize", "RunSynchronous"),
        ("first-logon", "FirstLogonCommands"),
        ("every-logon", "LogonCommands"),
    ],
)
def test_more_commands_than_setup_counts_are_refused_with_the_way_out(phase: str, container: str) -> None:
    spec = SMALLEST + f"[[commands]]\nphase = '{phase}'\nrun = 'x'\n" * 501
    with pytest.raises(ToolkitError, match=rf"{container} would hold 50\d commands, and Setup takes 500") as refusal:
        files_of(guest_of(spec))
    assert "[[scripts]]" in str(refusal.value.help)


def test_a_command_after_oobe_is_a_batch_file_of_its_own_which_nothing_in_it_can_leave() -> None:
    line = 'exit & echo ^"%OS%" > x | more'
    files = files_of(guest_of(SMALLEST + f"[[commands]]\nphase = 'setup-complete'\nrun = '{line}'\n"))
    assert files[f"{SCRIPTS}/setup-complete-command-01.cmd"] == f"@echo off\r\n{line}\r\n".encode()
    assert line.encode() not in files[f"{SCRIPTS}/setup-complete.cmd"]
    assert files[f"{ON_THE_MEDIUM}/SetupComplete.cmd"] == b'@cmd.exe /d /c "%~dp0unattend\\setup-complete.cmd"\r\n'


def test_a_command_at_every_logon_is_a_logon_command() -> None:
    root = answer("[[commands]]\nphase = 'every-logon'\nrun = 'mine'\ndescription = 'd'\nrequires_user_input = true\n")
    assert texts(root, "LogonCommands/AsynchronousCommand/CommandLine") == ["mine"]
    assert texts(root, "LogonCommands/AsynchronousCommand/Order") == ["1"]
    assert texts(root, "LogonCommands/AsynchronousCommand/RequiresUserInput") == ["true"]


def test_the_guest_is_opened_by_the_last_step_and_by_nothing_else(tmp_path: Path) -> None:
    files = files_of(guest_of(SMALLEST + script(tmp_path, "first-logon")))
    lines = files[f"{SCRIPTS}/first-logon.cmd"].decode("ascii").splitlines()
    opening = [number for number, line in enumerate(lines) if "winrmConfig.bat" in line]
    scripts = [number for number, line in enumerate(lines) if "first-logon-01-a.cmd" in line]
    assert len(opening) == 1
    assert opening[0] > scripts[-1]
    assert "%%d:\\winrmConfig.bat" in lines[opening[0]]
    assert b"winrmConfig.bat" not in files["Autounattend.xml"]


def test_the_password_of_the_automatic_logon_outlives_every_restart_of_the_runner(tmp_path: Path) -> None:
    spec = SMALLEST + "[autologon]\nclean = true\n" + script(tmp_path, "first-logon", more="reboot = true")
    files = files_of(guest_of(spec))
    lines = files[f"{SCRIPTS}/first-logon.cmd"].decode("ascii").splitlines()
    clean = [number for number, line in enumerate(lines) if "AutoLogonSID" in line]
    assert len(clean) == 1
    assert clean[0] > next(number for number, line in enumerate(lines) if "first-logon-01-a.cmd" in line)
    assert b"AutoLogonSID" not in files["Autounattend.xml"]


def test_a_logon_for_ever_is_not_counted(tmp_path: Path) -> None:
    for count, counted in (("3", True), ('"forever"', False)):
        spec = SMALLEST + f"[autologon]\ncount = {count}\n" + script(tmp_path, "first-logon")
        runner = files_of(guest_of(spec))[f"{SCRIPTS}/first-logon.cmd"]
        assert (b"LEFT+=1" in runner) is counted
