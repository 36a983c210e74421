from __future__ import annotations

import pytest

from tests.render.guests import CERTIFICATE, bootstrap, guest, ssh
from tests.render.modes import MODES, distinct, matrix
from tests.spec.loading import SMALLEST, guest_of
from toolkit.render.bootstrap import bootstrap_files
from toolkit.render.closing import close_command, closer_name
from toolkit.render.manifest import manifest
from toolkit.spec.guest import Guest, NoCommunicator, Style


def closing(wanted: Guest) -> list[str]:
    files = {file.name: file.data for file in bootstrap_files(wanted, CERTIFICATE)}
    return files[str(closer_name(wanted))].decode("ascii").split("\r\n")


@pytest.mark.parametrize("wanted", distinct(1).values(), ids=distinct(1))
def test_every_label_is_unique_and_every_goto_arrives(wanted: Guest) -> None:
    lines = closing(wanted)
    labels = [line[1:] for line in lines if line.startswith(":")]
    targets = {line.rpartition("goto ")[2] for line in lines if "goto " in line and not line.startswith("rem")}
    assert len(labels) == len(set(labels))
    assert targets <= set(labels)


@pytest.mark.parametrize("wanted", distinct(1).values(), ids=distinct(1))
def test_the_block_rule_comes_first_and_goes_last(wanted: Guest) -> None:
    netsh = [line for line in closing(wanted) if line.startswith("netsh")]
    assert " add rule name=unattend-" in netsh[0]
    assert "action=block" in netsh[0]
    assert netsh[-1].endswith("-hold")
    assert " delete rule " in netsh[-1]


@pytest.mark.parametrize("mode", MODES)
def test_every_rule_and_setting_of_the_opening_script_is_taken_back(mode: str) -> None:
    opened, closed = (file.data.decode("ascii") for file in bootstrap_files(MODES[mode], CERTIFICATE)[:2])
    pairs = {
        "action=allow dir": "delete rule",
        "LocalAccountTokenFilterPolicy": "LocalAccountTokenFilterPolicy /f",
        "NewNetworkWindowOff": "NewNetworkWindowOff /f",
        "sc.exe config WinRM": "net stop WinRM",
        "sc.exe config sshd": "net stop sshd",
        "-importpfx": "-delstore My",
        "-addstore Root": "-delstore Root",
        "-addstore TrustedPeople": "-delstore TrustedPeople",
        "localhost\\ClientCertificate -Subject": "Remove-Item $m.PSPath",
        "New-SelfSignedCertificate": "unattend-winrm'",
        "DefaultShell": "DefaultShell /f",
        "administrators_authorized_keys": 'del /f /q "%ProgramData%\\ssh\\administrators_authorized_keys"',
        "Enable-PSRemoting": "30267",
    }
    missing = [undo for done, undo in pairs.items() if done in opened and undo not in closed]
    assert missing == []


WISHES = {
    "LocalAccountTokenFilterPolicy": "[tweaks]\nfilter_remote_tokens = false\n",
    "NewNetworkWindowOff": "[tweaks]\nfirst_run = false\n",
    "AutoAdminLogon": '[autologon]\ncount = "forever"\n',
    "LsaStorePrivateData": '[autologon]\ncount = "forever"\n',
}


@pytest.mark.parametrize(("taken", "wish"), WISHES.items(), ids=WISHES)
def test_what_the_spec_wants_of_the_finished_guest_stays(taken: str, wish: str) -> None:
    assert taken in "\n".join(closing(guest_of(SMALLEST)))
    assert taken not in "\n".join(closing(guest_of(SMALLEST + wish)))


def test_logons_that_end_leave_nothing_behind() -> None:
    for count in ("1", "5\nclean = false"):
        assert "AutoAdminLogon" in "\n".join(closing(guest_of(SMALLEST + f"[autologon]\ncount = {count}\n")))


def test_handing_over_is_the_same_whatever_was_opened() -> None:
    """So that one mode stands for all of them where handing over is tried by a command processor."""
    halves: dict[str, set[str]] = {}
    for wanted in matrix().values():
        half = "\n".join(closing(wanted)).partition("\n:main\n")[0]
        halves.setdefault(str(closer_name(wanted)), set()).add(half)
    assert {name: len(each) for name, each in halves.items()} == {"winrmClose.bat": 1, "sshClose.bat": 1}


def test_the_plain_style_and_a_guest_without_communicator_have_nothing_to_close() -> None:
    for wanted in (guest(settings=bootstrap(Style.PLAIN)), guest(NoCommunicator())):
        assert closer_name(wanted) is None
        assert close_command(wanted) is None
        assert manifest(wanted, (), None).data.count(b'"close": null') == 1


def test_the_manifest_says_how_to_close() -> None:
    text = manifest(guest(), (), None).data.decode()
    assert '"script": "winrmClose.bat"' in text
    assert r'"command": "cmd.exe /d /c \"%ProgramData%\\unattend\\winrmClose.bat\""' in text
    assert '\\"%ProgramData%\\\\unattend\\\\winrmClose.bat\\" shutdown"' in text
    assert closer_name(guest(ssh())) == "sshClose.bat"
