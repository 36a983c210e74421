"""The answer file's command lines, run by a real command processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule
from tests.peers.wine.medium import SERVICE_RUNS
from tests.render.guests import bootstrap, guest
from toolkit.render.bootstrap import BootstrapExit, bootstrap_files, first_logon_command, hold_command
from toolkit.spec.guest import Find

if TYPE_CHECKING:
    from pathlib import Path

    from tests.peers.wine.medium import Medium

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

GUEST = guest()
FRESH = (SERVICE_RUNS,)
RELEASE = "netsh advfirewall firewall delete rule name=unattend-winrm-hold"
HOLD = (
    "netsh advfirewall firewall add rule name=unattend-winrm-hold dir=in action=block protocol=TCP localport=5985,5986"
)


def test_the_first_logon_command_finds_the_script_on_any_drive_and_runs_it_once(medium: Medium, tmp_path: Path) -> None:
    command = first_logon_command(GUEST)
    assert command is not None
    medium.insert(GUEST)
    medium.windows.insert("h", tmp_path / "second", bootstrap_files(GUEST))
    ran = medium.windows.run(command, FRESH)
    assert ran.lines.count("fsutil dirty query C:") == 1
    assert ran.lines[-1] == RELEASE
    medium.windows.eject("e")
    assert medium.windows.run(command, [Rule("fsutil", code=1)]).lines[-1] == "fsutil dirty query C:"


def test_the_first_logon_command_says_when_the_script_is_nowhere(medium: Medium) -> None:
    command = first_logon_command(GUEST)
    assert command is not None
    ran = medium.windows.run(command)
    assert (ran.exit_code, ran.calls) == (2, ())


def test_the_first_logon_command_of_a_floppy_runs_it_from_there(medium: Medium, tmp_path: Path) -> None:
    wanted = guest(settings=bootstrap(find=Find.FLOPPY))
    command = first_logon_command(wanted)
    assert command is not None
    medium.windows.insert("a", tmp_path / "floppy", bootstrap_files(wanted))
    assert medium.windows.run(command, FRESH).exit_code == BootstrapExit.DONE


def test_the_hold_of_the_specialize_pass_never_ends_setup(medium: Medium) -> None:
    command = hold_command(GUEST)
    assert command is not None
    ran = medium.windows.run(command, [Rule("netsh", code=1)])
    assert ran.exit_code == 0
    assert ran.lines == (HOLD,)
