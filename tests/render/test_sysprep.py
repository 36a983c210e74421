from __future__ import annotations

import json

from lxml import etree

from tests.render.answers import U, answer, component, files_of, shape, texts
from tests.spec.loading import SMALLEST, guest_of
from toolkit.render.answerfile.sysprep import NAME

SYSPREP = '[sysprep]\ncomputer_name = "copy"\nkeep_devices = true\nskip_rearm = true\nvm_mode = true\n'
FOLDER = "$OEM$/$$/Setup/Scripts/unattend"


def test_without_sysprep_there_is_no_second_answer_file() -> None:
    files = files_of(guest_of(SMALLEST))
    assert NAME not in files
    assert json.loads(files["manifest.json"])["shutdown_command"] is None


def test_a_copy_runs_no_pass_that_a_build_runs_alone() -> None:
    root = answer(SYSPREP, name=NAME)
    assert [settings.get("pass") for settings in root] == ["generalize", "specialize", "oobeSystem"]
    assert shape(component(root, "generalize", "Microsoft-Windows-PnpSysprep")) == [
        ("PersistAllDeviceInstalls", "true")
    ]
    assert shape(component(root, "generalize", "Microsoft-Windows-Security-SPP")) == [("SkipRearm", "1")]


def test_by_default_nothing_is_generalised_but_by_sysprep_itself() -> None:
    assert [settings.get("pass") for settings in answer("[sysprep]\n", name=NAME)] == ["specialize", "oobeSystem"]


def test_a_copy_has_its_own_name_and_the_same_accounts() -> None:
    root = answer('[computer]\nname = "build"\n' + SYSPREP, name=NAME)
    assert texts(root, "ComputerName") == ["copy"]
    assert texts(root, "LocalAccount/Name") == ["packer"]
    assert texts(root, "AutoLogon/Username") == ["packer"]


def test_a_copy_lets_people_in_by_remote_desktop_as_the_build_did() -> None:
    tweaks = '[tweaks]\nremote_desktop = true\nfirewall_groups = ["file-sharing"]\n'
    root = answer(tweaks + SYSPREP, name=NAME)
    assert texts(root, "fDenyTSConnections") == ["false"]
    assert texts(root, "FirewallGroup/Group") == ["@FirewallAPI.dll,-28752", "@FirewallAPI.dll,-28502"]


def test_a_copy_is_held_shut_and_then_opened_from_its_own_disk() -> None:
    root = answer(SYSPREP, name=NAME)
    [hold] = texts(root, "RunSynchronousCommand/Path")
    assert "action=block" in hold
    lines = texts(root, "SynchronousCommand/CommandLine")
    assert lines[-1] == r"cmd.exe /d /c %SystemRoot%\Setup\Scripts\unattend\winrmConfig.bat"
    files = files_of(guest_of(SMALLEST + SYSPREP))
    assert files[f"{FOLDER}/winrmConfig.bat"] == files["winrmConfig.bat"]
    assert files[f"{FOLDER}/sysprep.xml"] == files[NAME]


def test_a_copy_of_a_guest_with_a_powershell_bootstrap_runs_that() -> None:
    root = answer(SYSPREP + '[bootstrap]\nlanguage = "powershell"\n', name=NAME)
    assert texts(root, "SynchronousCommand/CommandLine")[-1] == (
        r"cmd.exe /d /c powershell.exe -NoProfile -ExecutionPolicy Bypass -File "
        r"%SystemRoot%\Setup\Scripts\unattend\winrmConfig.ps1"
    )


def test_xml_for_generalize_is_in_the_second_file() -> None:
    raw = "[[raw]]\npass = 'generalize'\ncomponent = 'Microsoft-Windows-PnpSysprep'\nxml = '{}'\n"
    setting = "<DoNotCleanUpNonPresentDevices>true</DoNotCleanUpNonPresentDevices>"
    root = answer("[sysprep]\n" + raw.format(setting), name=NAME)
    assert shape(component(root, "generalize", "Microsoft-Windows-PnpSysprep")) == [
        ("DoNotCleanUpNonPresentDevices", "true")
    ]


def test_the_builds_last_command_generalises_with_the_second_file() -> None:
    files = files_of(guest_of(SMALLEST + SYSPREP))
    command = json.loads(files["manifest.json"])["shutdown_command"]
    assert command == r'cmd.exe /d /c "%SystemRoot%\Setup\Scripts\unattend\build-end.cmd"'
    script = files[f"{FOLDER}/build-end.cmd"].decode("ascii")
    assert r'/generalize /oobe /quiet /shutdown /mode:vm /unattend:"%~dp0sysprep.xml"' in script


def test_a_build_without_sysprep_ends_by_taking_back_what_was_only_for_it() -> None:
    files = files_of(guest_of(SMALLEST + "[tweaks]\ndefer_updates = true\n"))
    script = files[f"{FOLDER}/build-end.cmd"].decode("ascii")
    assert "/v NoAutoUpdate /f" in script
    assert r'cmd.exe /d /c "%ProgramData%\unattend\winrmClose.bat" shutdown' in script
    nobody = SMALLEST[: SMALLEST.index("[communicator]")] + '[communicator]\ncommunicator = "none"\n'
    files = files_of(guest_of(nobody + "[administrator]\npassword = 'Passw0rd'\n[tweaks]\ndefer_updates = true\n"))
    assert "shutdown.exe /s /t 10" in files[f"{FOLDER}/build-end.cmd"].decode("ascii")


def test_the_passwords_of_the_second_file_are_encoded_like_the_firsts() -> None:
    data = files_of(guest_of(SMALLEST + SYSPREP))[NAME]
    assert b"Passw0rd!" not in data
    assert {element.text for element in etree.fromstring(data).iter(f"{U}PlainText")} == {"false"}
