"""The script that cleans up after the last automatic logon, run by a real command processor."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule
from tests.render.guests import guest
from toolkit.render.runner.carried import carried_files
from toolkit.render.runner.step import FOLDER
from toolkit.spec.guest import AutoLogon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.wine.harness import WineGuest

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

WINLOGON = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon"
QUERY = f'reg.exe query "{WINLOGON}" /v AutoLogonCount'
GONE = "schtasks.exe /delete /f /tn unattend-autologon"


@pytest.fixture
def windows(windows: WineGuest) -> Iterator[WineGuest]:
    """Give a guest whose scripts are in their place and whose first logon is over."""
    wanted = guest()
    assert wanted.autologon is not None
    logons = AutoLogon(wanted.autologon.username, wanted.autologon.password, 3, clean=True)
    folder = windows.path("windows") / "Setup"
    shutil.rmtree(folder, ignore_errors=True)
    for file in carried_files(replace(wanted, autologon=logons), (), None):
        target = folder / "Scripts" / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
    done = windows.path("ProgramData") / "unattend" / "first-logon-done.txt"
    done.parent.mkdir(parents=True, exist_ok=True)
    done.write_text("then\n")
    yield windows
    shutil.rmtree(folder, ignore_errors=True)


def lines(windows: WineGuest, count: str | None) -> tuple[str, ...]:
    """Run the script at a logon, with so many of the automatic ones left."""
    printed = "" if count is None else f"\r\n{WINLOGON}\r\n    AutoLogonCount    REG_DWORD    {count}\r\n\r\n"
    rule = Rule("AutoLogonCount", code=1 if count is None else 0, output=printed)
    ran = windows.run(rf"cmd.exe /d /c {FOLDER}\last-logon.cmd", [rule])
    assert ran.exit_code == 0
    return ran.lines


@pytest.mark.parametrize("count", ["0x1", "0x2"])
def test_a_logon_that_another_follows_leaves_everything(windows: WineGuest, count: str) -> None:
    assert lines(windows, count) == (QUERY,)


@pytest.mark.parametrize("count", ["0x0", None])
def test_after_the_last_one_nothing_is_left_and_nobody_looks_again(windows: WineGuest, count: str | None) -> None:
    first, off, *rest = lines(windows, count)
    assert first == QUERY
    assert off == f'reg add "{WINLOGON}" /v AutoAdminLogon /t REG_SZ /d 0 /f'
    assert {line for line in rest if line.startswith("reg delete")} == {
        f'reg delete "{WINLOGON}" /v {name} /f'
        for name in (
            *("DefaultPassword", "AutoLogonCount", "AutoLogonSID", "DefaultUserName", "DefaultDomainName"),
            "ForceAutoLogon",
        )
    }
    assert any("LsaStorePrivateData" in line for line in rest)
    assert rest[-1] == GONE


def test_while_the_first_logon_has_steps_left_the_password_stays(windows: WineGuest) -> None:
    (windows.path("ProgramData/unattend/first-logon-done.txt")).unlink()
    assert lines(windows, "0x0") == ()
