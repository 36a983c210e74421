"""The runner of scripts, and what takes it onto the guest, run by a real command processor."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule
from tests.peers.wine.medium import SERVICE_RUNS
from tests.render.guests import guest
from toolkit.render.answerfile.sysprep import sysprep_file
from toolkit.render.bootstrap import bootstrap_files
from toolkit.render.runner.build_end import shutdown_command
from toolkit.render.runner.carried import carried_files, install_command, medium_files, pe_command
from toolkit.render.runner.runner import RunnerExit
from toolkit.render.runner.step import FOLDER
from toolkit.spec.guest import Architecture, Command, NoCommunicator, Phase
from toolkit.spec.work import Drivers, GuestTool, Script, ScriptKind, Sysprep, Tweaks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.wine.harness import Ran, WineGuest
    from toolkit.spec.guest import Guest

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

FRESH = (SERVICE_RUNS,)
RELEASE = "netsh advfirewall firewall delete rule name=unattend-winrm-hold"
WINLOGON = r'"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"'
COUNTED = Rule(
    "reg.exe query",
    output=f"\r\n{WINLOGON.strip(chr(34))}\r\n    AutoLogonCount    REG_DWORD    0x2\r\n\r\n",
)


@pytest.fixture
def disk(windows: WineGuest) -> Iterator[Path]:
    """Give the guest's folder of Setup's scripts, which is not there yet."""
    folder = windows.path("windows") / "Setup"
    shutil.rmtree(folder, ignore_errors=True)
    yield folder / "Scripts"
    shutil.rmtree(folder, ignore_errors=True)


def batch(phase: Phase, name: str, text: str, *, reboot: bool = False, optional: bool = False) -> Script:
    return Script(phase, f"{name}.cmd", ScriptKind.BATCH, f"{text}\r\n".encode("ascii"), reboot, optional)


def with_scripts(*scripts: Script, wanted: Guest | None = None) -> Guest:
    return replace(wanted or guest(), scripts=scripts)


def written(wanted: Guest, folder: Path) -> None:
    """Put what is carried where it belongs on the guest."""
    for file in carried_files(wanted, bootstrap_files(wanted), sysprep_file(wanted)):
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)


def run(windows: WineGuest, phase: Phase, *rules: Rule) -> Ran:
    return windows.run(rf"cmd.exe /d /c {FOLDER}\{phase}.cmd", rules)


def log(windows: WineGuest, phase: Phase) -> str:
    return windows.path(f"windows/temp/unattend-{phase}.log").read_text(encoding="ascii")


def status(windows: WineGuest, name: str) -> list[str]:
    file = windows.path(f"ProgramData/unattend/{name}")
    return file.read_text(encoding="ascii").splitlines() if file.exists() else []


def test_scripts_are_copied_from_whichever_drive_holds_them(windows: WineGuest, disk: Path, tmp_path: Path) -> None:
    wanted = with_scripts(
        batch(Phase.SPECIALIZE, "one", "echo 1"), batch(Phase.SETUP_COMPLETE, "two", "echo 2"), wanted=guest()
    )
    command = install_command(wanted)
    assert command is not None
    assert windows.run(command).exit_code == RunnerExit.FAILED
    assert not disk.exists()
    carried = carried_files(wanted, (), None)
    for file in medium_files(wanted, carried):
        target = tmp_path / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    windows.insert("g", tmp_path, ())
    assert windows.run(command).exit_code == 0
    copied = {path.relative_to(disk).as_posix(): path.read_bytes() for path in disk.rglob("*") if path.is_file()}
    assert copied == {file.name: file.data for file in carried}


def test_every_step_leaves_time_and_exit_code_in_the_log(windows: WineGuest, disk: Path) -> None:
    wanted = with_scripts(
        batch(Phase.SPECIALIZE, "first", "reg.exe first"),
        batch(Phase.SPECIALIZE, "second", "reg.exe second", optional=True),
        batch(Phase.SPECIALIZE, "third", "@exit 0"),
    )
    written(wanted, disk)
    ran = run(windows, Phase.SPECIALIZE, Rule("reg.exe second", code=7))
    assert (ran.exit_code, ran.lines) == (0, ("reg.exe first", "reg.exe second"))
    lines = [line for line in log(windows, Phase.SPECIALIZE).splitlines() if " ended with " in line]
    assert [line.partition("] ")[2] for line in lines] == [
        "1 first.cmd ended with 0", "2 second.cmd ended with 7", "3 third.cmd ended with 0",
    ]  # fmt: skip
    assert all(re.match(r"\[\S+ \d+:\d\d\S*\] ", line) for line in lines)
    assert status(windows, "specialize-done.txt")


def test_a_failing_step_ends_its_phase_and_is_where_it_goes_on_once_mended(windows: WineGuest, disk: Path) -> None:
    scripts = [batch(Phase.SPECIALIZE, name, f"reg.exe {name}\r\nexit %ERRORLEVEL%") for name in ("a", "b", "c")]
    written(with_scripts(*scripts), disk)
    ran = run(windows, Phase.SPECIALIZE, Rule("reg.exe b", code=5))
    assert (ran.exit_code, ran.lines) == (RunnerExit.FAILED, ("reg.exe a", "reg.exe b"))
    assert status(windows, "specialize-failed.txt") == ["step=2 b.cmd", "exit_code=5"]
    again = run(windows, Phase.SPECIALIZE)
    assert (again.exit_code, again.lines) == (0, ("reg.exe b", "reg.exe c"))
    assert status(windows, "specialize-failed.txt") == []
    assert run(windows, Phase.SPECIALIZE).lines == ()


@pytest.mark.parametrize("code", [3010, 1641])
def test_specialize_asks_setup_for_the_restart_that_an_installer_wants(
    windows: WineGuest, disk: Path, code: int
) -> None:
    first = batch(Phase.SPECIALIZE, "setup", f"reg.exe setup\r\nexit {code}")
    written(with_scripts(first, batch(Phase.SPECIALIZE, "after", "reg.exe after")), disk)
    assert run(windows, Phase.SPECIALIZE).exit_code == RunnerExit.RESTART
    again = run(windows, Phase.SPECIALIZE)
    assert (again.exit_code, again.lines) == (0, ("reg.exe after",))


def test_a_restart_at_the_first_logon_leads_back_behind_its_step_and_the_guest_opens_last(
    windows: WineGuest, disk: Path, tmp_path: Path
) -> None:
    wanted = with_scripts(
        batch(Phase.FIRST_LOGON, "updates", "reg.exe updates", reboot=True),
        batch(Phase.FIRST_LOGON, "after", "reg.exe after"),
    )
    written(wanted, disk)
    windows.insert("e", tmp_path / "medium", bootstrap_files(wanted))
    ran = run(windows, Phase.FIRST_LOGON, COUNTED, *FRESH)
    runner = r"C:\windows\Setup\Scripts\unattend\first-logon.cmd"
    task = "schtasks.exe /create /f /tn unattend-first-logon /sc onlogon /rl HIGHEST"
    assert ran.lines[0] == f'{task} /tr "cmd.exe /d /c {runner}"'
    assert "DisallowStartIfOnBatteries" in ran.lines[1]
    assert ran.lines[2] == "reg.exe updates"
    assert [line for line in ran.lines if not line.startswith("ping")][3:7] == [
        f"reg.exe query {WINLOGON} /v AutoLogonCount",
        f"reg.exe add {WINLOGON} /v AutoLogonCount /t REG_DWORD /d 3 /f",
        f"reg.exe add {WINLOGON} /v AutoAdminLogon /t REG_SZ /d 1 /f",
        "shutdown.exe /r /t 0 /f /d p:4:1",
    ]
    assert RELEASE not in ran.lines
    again = run(windows, Phase.FIRST_LOGON, *FRESH)
    assert again.exit_code == 0
    assert "reg.exe updates" not in again.lines
    assert again.lines.index("reg.exe after") < again.lines.index(RELEASE)
    assert "schtasks.exe /delete /f /tn unattend-first-logon" in again.lines[again.lines.index(RELEASE) :]
    assert run(windows, Phase.FIRST_LOGON).lines == ()


def test_where_there_is_no_task_scheduler_runonce_leads_back(windows: WineGuest, disk: Path) -> None:
    written(with_scripts(batch(Phase.FIRST_LOGON, "a", "@exit 9"), wanted=guest(NoCommunicator())), disk)
    ran = run(windows, Phase.FIRST_LOGON, Rule("schtasks.exe /create", code=1))
    assert ran.exit_code == RunnerExit.FAILED
    assert any("RunOnce" in line and line.startswith("reg.exe add") for line in ran.lines)
    assert any("RunOnce" in line and line.startswith("reg.exe delete") for line in ran.lines)


def test_an_interrupted_step_is_run_once_more_and_then_called_by_its_name(windows: WineGuest, disk: Path) -> None:
    written(with_scripts(batch(Phase.SPECIALIZE, "own", "reg.exe own\r\nexit %ERRORLEVEL%")), disk)
    states = windows.path("ProgramData") / "unattend" / "steps"
    states.mkdir(parents=True)
    begun = states / "specialize-1.begun"
    begun.write_text("some time")
    assert run(windows, Phase.SPECIALIZE, Rule("reg.exe own", code=1)).lines == ("reg.exe own",)
    begun.write_text("some time")
    (states / "specialize-1.again").write_text("some time")
    ran = run(windows, Phase.SPECIALIZE)
    assert (ran.exit_code, ran.lines) == (RunnerExit.FAILED, ())
    assert status(windows, "specialize-failed.txt") == ["step=1 own.cmd", "exit_code=interrupted twice"]


def test_what_follows_oobe_runs_once_though_two_would_run_it(windows: WineGuest, disk: Path, tmp_path: Path) -> None:
    command = Command(Phase.SETUP_COMPLETE, 'reg.exe "late" %PATHEXT:~0,4%', None, requires_user_input=False)
    wanted = replace(guest(), commands=(command,))
    written(wanted, disk)
    windows.insert("e", tmp_path / "medium", bootstrap_files(wanted))
    ran = windows.run(r"cmd.exe /d /c %SystemRoot%\Setup\Scripts\SetupComplete.cmd")
    assert (ran.exit_code, ran.lines) == (0, ('reg.exe "late" .com',))
    assert RELEASE in run(windows, Phase.FIRST_LOGON, *FRESH).lines
    assert windows.run(r"cmd.exe /d /c %SystemRoot%\Setup\Scripts\SetupComplete.cmd").lines == ()


def test_every_kind_of_script_is_run_by_its_own_program(windows: WineGuest, disk: Path) -> None:
    scripts = [Script(Phase.EVERY_LOGON, f"s p%ace.{kind}", kind, b"echo hello") for kind in ScriptKind]
    written(with_scripts(*scripts), disk)
    here = r"C:\windows\Setup\Scripts\unattend"
    powershell = "powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File"
    for _ in range(2):
        assert run(windows, Phase.EVERY_LOGON).lines == (
            rf'{powershell} "{here}\every-logon-02-s-p-ace.ps1"',
            rf'reg.exe import "{here}\every-logon-03-s-p-ace.reg"',
            rf'cscript.exe //nologo //b "{here}\every-logon-04-s-p-ace.vbs"',
        )


def test_windows_pe_runs_its_scripts_from_the_medium(windows: WineGuest, tmp_path: Path) -> None:
    wanted = with_scripts(batch(Phase.WINDOWS_PE, "pe", "reg.exe pe\r\nexit 4"))
    command = pe_command(wanted)
    assert command is not None
    for file in medium_files(wanted, ()):
        target = tmp_path / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    windows.insert("f", tmp_path, ())
    ran = windows.run(command)
    assert ran.lines == ("reg.exe pe",)


def test_guest_tools_are_found_on_any_drive_and_their_absence_stops_nothing(
    windows: WineGuest, disk: Path, tmp_path: Path
) -> None:
    wanted = replace(guest(NoCommunicator()), drivers=Drivers(guest_tools=(GuestTool.VIRTUALBOX, GuestTool.VMWARE)))
    written(wanted, disk)
    disc = tmp_path / "disc"
    (disc / "cert").mkdir(parents=True)
    (disc / "cert" / "vbox-sha256.cer").write_bytes(b"a certificate")
    for name in ("VBoxWindowsAdditions.exe", "cert/VBoxCertUtil.exe"):
        shutil.copy(windows.recorder, disc / name)
    windows.insert("h", disc, ())
    ran = run(windows, Phase.FIRST_LOGON, Rule("VBoxWindowsAdditions", code=2))
    assert ran.exit_code == 0
    assert ran.lines[2:4] == (
        r'"H:\cert\VBoxCertUtil.exe" add-trusted-publisher "H:\cert\vbox-sha256.cer" --root "H:\cert\vbox-sha256.cer"',
        r'"H:\VBoxWindowsAdditions.exe" /S',
    )
    assert "no drive holds setup64.exe" in log(windows, Phase.FIRST_LOGON)


def test_guest_tools_on_a_medium_for_several_architectures_fit_the_guests(
    windows: WineGuest, disk: Path, tmp_path: Path
) -> None:
    plain = guest(NoCommunicator())
    both = replace(plain.windows, architecture=Architecture.X86, also_for=(Architecture.AMD64,))
    written(replace(plain, windows=both, drivers=Drivers(guest_tools=(GuestTool.VMWARE,))), disk)
    disc = tmp_path / "disc"
    disc.mkdir()
    for name in ("setup.exe", "setup64.exe"):
        shutil.copy(windows.recorder, disc / name)
    windows.insert("h", disc, ())
    assert r'"H:\setup64.exe" /S /v"/qn REBOOT=R"' in run(windows, Phase.FIRST_LOGON).lines


def test_the_end_of_a_build_takes_back_what_was_for_the_build_and_generalises(windows: WineGuest, disk: Path) -> None:
    tweaks = Tweaks(defer_updates=True, defender_exclusions=(r"C:\a b & c",))
    wanted = replace(guest(), tweaks=tweaks, sysprep=Sysprep(vm_mode=True))
    written(wanted, disk)
    command = shutdown_command(wanted)
    assert command is not None
    sysprep = windows.path("windows/system32") / "Sysprep" / "sysprep.exe"
    sysprep.parent.mkdir(exist_ok=True)
    shutil.copy(windows.recorder, sysprep)
    ready = windows.path("ProgramData") / "unattend" / "winrm-ready.txt"
    ready.parent.mkdir(exist_ok=True)
    ready.write_text("ready")
    ran = windows.run(command, [Rule("sysprep.exe", code=0)])
    assert ran.exit_code == 0
    assert [call.program.lower() for call in ran.calls][:3] == ["reg"] * 3
    assert r'/v "C:\a b & c" /f' in ran.lines[2]
    assert ran.lines[3] == (
        r'"C:\windows\System32\Sysprep\sysprep.exe" /generalize /oobe /quiet /shutdown /mode:vm '
        r'/unattend:"C:\windows\Setup\Scripts\unattend\sysprep.xml"'
    )
    assert not ready.exists()
