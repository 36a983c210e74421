"""The closing script, run by a real command processor."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule
from tests.render.guests import CLIENT, THUMBPRINT, bootstrap, guest, ssh, winrm
from tests.render.modes import on
from tests.render.openssh import KEY
from toolkit.render.bootstrap import BootstrapExit
from toolkit.spec.guest import HostMade, OpenSsh

if TYPE_CHECKING:
    from tests.peers.wine.medium import Medium

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

RUNNER = r"C:\windows\unattend-close.bat"
CREATE = "schtasks /create /f /tn unattend-close /sc once /st 00:00 /ru SYSTEM /rl HIGHEST"
HOLD = "netsh advfirewall firewall add rule name=unattend-winrm-hold dir=in action=block"
RELEASE = "netsh advfirewall firewall delete rule name=unattend-winrm-hold"
OLD = on("server-2019", guest(winrm(ssl=True)))


@pytest.mark.parametrize(("argument", "handed_on"), [("", ""), ("shutdown", "shutdown"), ("format", "")])
def test_whoever_calls_it_is_let_go_at_once(medium: Medium, argument: str, handed_on: str) -> None:
    medium.insert(OLD)
    ran = medium.close(OLD, arguments=argument)
    assert ran.exit_code == BootstrapExit.DONE
    assert ran.lines[1:] == (
        f'{CREATE} /tr "cmd.exe /d /c {RUNNER} now {handed_on}"',
        "schtasks /run /i /tn unattend-close",
    )
    assert medium.windows.path("windows/unattend-close.bat").exists()


def test_it_is_handed_over_to_a_scheduler_too_that_cannot_do_so_on_battery(medium: Medium) -> None:
    medium.insert(OLD)
    ran = medium.close(OLD, Rule("/run /i", code=1), arguments="")
    assert ran.exit_code == BootstrapExit.DONE
    assert ran.lines[-1] == "schtasks /run /tn unattend-close"


@pytest.mark.parametrize(
    ("broken", "code"),
    [("fsutil", BootstrapExit.ELEVATION), ("/create", BootstrapExit.HAND_OVER), ("/run", BootstrapExit.HAND_OVER)],
)
def test_what_cannot_be_handed_over_is_told(medium: Medium, broken: str, code: BootstrapExit) -> None:
    medium.insert(OLD)
    assert medium.close(OLD, Rule(broken, code=5), arguments="").exit_code == code


def test_https_is_taken_back_to_what_windows_began_with(medium: Medium) -> None:
    medium.insert(OLD)
    absent = (Rule("reg query", code=1), Rule("show rule", code=1))
    there = medium.close(OLD)
    gone = medium.close(OLD, *absent)
    assert there.exit_code == gone.exit_code == BootstrapExit.DONE
    for line in (
        "net stop WinRM",
        "sc.exe config WinRM start= auto",
    ):
        assert line in there.lines
        assert line in gone.lines
    for line in (
        "netsh advfirewall firewall delete rule name=unattend-winrm-allow",
        f"certutil -delstore My {THUMBPRINT}",
        r"reg delete HKLM\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff /f",
        r'reg delete "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" /v DefaultPassword /f',
    ):
        assert line in there.lines
        if "certutil" not in line:
            assert line not in gone.lines
    assert any(line.startswith(HOLD) for line in there.lines[:2])
    assert RELEASE in there.lines
    assert "LsaStorePrivateData($h,[ref]$k,[IntPtr]::Zero)" in "".join(there.lines)
    assert not [line for line in there.lines if line.startswith("shutdown")]


def test_answer_files_and_its_own_copies_are_gone_afterwards(medium: Medium) -> None:
    medium.insert(OLD)
    panther = medium.windows.path("windows/Panther")
    (panther / "Unattend").mkdir(parents=True, exist_ok=True)
    left = (panther / "unattend.xml", panther / "unattend-original.xml", panther / "Unattend" / "unattend.xml")
    for path in left:
        path.write_bytes(b"secret")
    medium.close(OLD, arguments="")
    ran = medium.close(OLD, arguments="now shutdown")
    assert not [path for path in left if path.exists()]
    assert not medium.windows.path("windows/unattend-close.bat").exists()
    assert medium.status("winrm-closed.txt") is not None
    assert ran.lines[-2:] == ("schtasks /delete /f /tn unattend-close", "shutdown /s /f /t 0")


@pytest.mark.parametrize(
    "broken",
    ["name=unattend-winrm-hold dir=in", "Service\\AllowUnencrypted", "AutoAdminLogon", "Lsa"],
)
def test_what_fails_is_told_and_keeps_the_guest_held_and_the_rest_is_done(medium: Medium, broken: str) -> None:
    medium.insert(OLD)
    ran = medium.close(OLD, Rule(broken, code=5))
    assert ran.exit_code == BootstrapExit.CLOSING
    assert RELEASE not in ran.lines
    assert "LsaStorePrivateData" in "".join(ran.lines)
    assert medium.status("winrm-closed.txt") is None
    assert re.fullmatch(r"steps=( \[\d+ [a-z ]+\])+\n", str(medium.status("winrm-close-failed.txt")))


def test_an_answer_file_and_keys_that_cannot_be_deleted_are_told(medium: Medium) -> None:
    wanted = guest(ssh(), replace(bootstrap(), openssh=OpenSsh(None, (KEY,))))
    keys = medium.windows.path("ProgramData/ssh/administrators_authorized_keys")
    answers = medium.windows.path("windows/Panther/unattend.xml")
    for path in (keys, answers):
        # A folder of the name, which `del` leaves where it is.
        path.mkdir(parents=True)
    medium.insert(wanted)
    ran = medium.close(wanted)
    answers.rmdir()
    assert ran.exit_code == BootstrapExit.CLOSING
    told = str(medium.status("ssh-close-failed.txt"))
    assert re.fullmatch(r"steps= \[\d keys\] \[\d answer files\]\n", told)


def test_ssh_is_stopped_and_its_keys_are_gone(medium: Medium) -> None:
    wanted = guest(ssh(), replace(bootstrap(), openssh=OpenSsh(None, (KEY,), "powershell")))
    keys = medium.windows.path("ProgramData/ssh/administrators_authorized_keys")
    keys.parent.mkdir()
    keys.write_bytes(b"key")
    medium.insert(wanted)
    ran = medium.close(wanted)
    assert ran.exit_code == BootstrapExit.DONE
    assert not keys.exists()
    assert {"net stop sshd", "sc.exe config sshd start= demand"} <= set(ran.lines)
    assert r"reg delete HKLM\SOFTWARE\OpenSSH /v DefaultShell /f" in ran.lines
    assert not [line for line in ran.lines if "WSMan" in line or "winrm" in line.lower()]


def test_a_client_gets_its_start_type_and_old_quotas_back(medium: Medium) -> None:
    wanted = on("7", guest())
    medium.insert(wanted)
    ran = medium.close(wanted)
    assert "sc.exe config WinRM start= demand" in ran.lines
    assert "'MaxEnvelopeSizekb=150','MaxTimeoutms=60000'" in "".join(ran.lines)


def test_everything_at_once_is_closed_without_a_failure(medium: Medium) -> None:
    everything = replace(bootstrap(), client_certificate=HostMade(), psrp=True, also_ssh=True)
    wanted = on("11", guest(winrm(ssl=True), everything))
    medium.insert(wanted)
    ran = medium.close(wanted)
    assert ran.exit_code == BootstrapExit.DONE
    assert f"certutil -delstore Root {CLIENT.issuer_thumbprint}" in ran.lines
    assert f"certutil -delstore TrustedPeople {CLIENT.thumbprint}" in ran.lines
    assert any("@FirewallAPI.dll,-30267" in line for line in ran.lines)
    assert "net stop sshd" in ran.lines
