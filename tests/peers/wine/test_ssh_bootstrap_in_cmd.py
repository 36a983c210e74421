"""The ssh script, run by a real command processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule
from tests.peers.wine.medium import SERVICE_RUNS
from tests.render.guests import guest, ssh
from toolkit.render.bootstrap import BootstrapExit

if TYPE_CHECKING:
    from tests.peers.wine.medium import Medium

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

NO_SSHD = Rule("sc.exe query sshd", code=1060, times=1)
FRESH_SSH = (NO_SSHD, SERVICE_RUNS)


def test_an_ssh_server_that_is_there_is_not_added_again(medium: Medium) -> None:
    ran = medium.run(guest(ssh()), SERVICE_RUNS)
    assert ran.exit_code == BootstrapExit.DONE
    assert not [line for line in ran.lines if line.startswith("dism")]


@pytest.mark.parametrize(("code", "expected"), [(3010, BootstrapExit.DONE), (-2146498220, BootstrapExit.CAPABILITY)])
def test_dism_may_ask_for_a_restart_but_not_fail(medium: Medium, code: int, expected: BootstrapExit) -> None:
    ran = medium.run(guest(ssh()), Rule("dism", code=code), *FRESH_SSH)
    assert ran.exit_code == expected
    assert ("delete rule name=unattend-ssh-hold" in ran.lines[-1]) == (expected == BootstrapExit.DONE)


def test_sshd_is_moved_to_a_port_of_ones_own_once(medium: Medium) -> None:
    config = medium.windows.path("ProgramData/ssh/sshd_config")
    config.parent.mkdir()
    config.write_bytes(b"#Port 22\r\nMatch Group administrators\r\n")
    wanted = guest(ssh(port=2222))
    first = medium.run(wanted, SERVICE_RUNS)
    second = medium.run_again(wanted, SERVICE_RUNS)
    assert (first.exit_code, second.exit_code) == (BootstrapExit.DONE, BootstrapExit.DONE)
    assert config.read_text().split("\n") == [
        "# unattend: port 2222.",
        "Port 2222",
        "#Port 22",
        "Match Group administrators",
        "",
    ]
    assert "net stop sshd" in first.lines
    assert "net stop sshd" not in second.lines


def test_sshd_without_a_configuration_is_not_opened(medium: Medium) -> None:
    ran = medium.run(guest(ssh(port=2222)), SERVICE_RUNS)
    assert ran.exit_code == BootstrapExit.PORT
    assert not [line for line in ran.lines if "delete rule name=unattend-ssh-hold" in line]
