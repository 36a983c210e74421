from __future__ import annotations

import pytest

from tests.render.answers import files_of
from tests.spec.loading import SMALLEST, guest_of
from toolkit.render.answerfile.contribution import CommandLine
from toolkit.render.runner.carried import ON_THE_MEDIUM
from toolkit.render.runner.last_logon import register_command

SCRIPT = f"{ON_THE_MEDIUM}/unattend/last-logon.cmd"
RUNNER = f"{ON_THE_MEDIUM}/unattend/first-logon.cmd"


def autologon(count: str, more: str = "") -> dict[str, bytes]:
    return files_of(guest_of(SMALLEST + f"[autologon]\ncount = {count}\n{more}"))


@pytest.mark.parametrize(("count", "more"), [("1", ""), ('"forever"', ""), ("3", "clean = false\n")])
def test_nothing_waits_for_a_last_logon_where_none_cleans_up(count: str, more: str) -> None:
    files = autologon(count, more)
    assert SCRIPT not in files
    assert not any(b"unattend-autologon" in data for data in files.values())


def test_the_first_logon_leaves_a_task_behind_before_it_opens_the_guest() -> None:
    files = autologon("3")
    lines = files[RUNNER].decode("ascii").splitlines()
    [task] = [number for number, line in enumerate(lines) if line == register_command()]
    assert task < next(number for number, line in enumerate(lines) if "winrmConfig.bat" in line)
    assert b"LsaStorePrivateData" in files[SCRIPT]
    assert b"LsaStorePrivateData" not in files[RUNNER] + files["Autounattend.xml"]


def test_a_copy_made_by_sysprep_registers_the_script_that_is_on_its_disk() -> None:
    files = autologon("3", "[sysprep]\n")
    copied = files[f"{ON_THE_MEDIUM}/unattend/sysprep.xml"].decode("ascii")
    assert copied.count("/tn unattend-autologon") == 1
    assert copied.count("'unattend-autologon',$d,4,'SYSTEM',$null,5)") == 1
    assert len(CommandLine(f"cmd.exe /d /c {register_command()}", "").text) <= 259


def test_what_a_logon_starts_is_started_on_battery_too() -> None:
    runner = autologon("3")[RUNNER].decode("ascii")
    for task in ("unattend-autologon", "unattend-first-logon"):
        created = runner.index(f"schtasks.exe /create /f /tn {task} ")
        changed = runner.index(f"GetTask('{task}').Definition;$d.Settings.DisallowStartIfOnBatteries=$false;")
        assert created < changed


def test_where_there_is_no_powershell_the_task_stays_as_schtasks_makes_it() -> None:
    core = SMALLEST.replace('"server-2022"', '"server-2008r2"\ninstallation = "core"')
    runner = files_of(guest_of(core + "[autologon]\ncount = 3\n"))[RUNNER]
    assert b"schtasks.exe /create" in runner
    assert b"DisallowStartIfOnBatteries" not in runner


def test_the_task_names_the_script_within_what_schtasks_takes() -> None:
    run = register_command().rpartition("/tr ")[2]
    assert run == r'"cmd.exe /d /c %SystemRoot%\Setup\Scripts\unattend\last-logon.cmd"'
    assert len(run) <= 261
