from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.render.test_answer_file import U, in_pass, texts
from tests.spec.loading import WINRM, guest_of
from toolkit.render.answerfile.disk_guard import guard_commands, guard_script
from toolkit.render.answerfile.diskpart import diskpart_script, partition_commands
from toolkit.render.answerfile.document import answer_file
from toolkit.render.answerfile.pe_files import LONGEST_COMMAND, quoted, write_commands
from toolkit.spec.storage import Bus, Disk, DiskGuard, Firmware, Layout, Recovery


def tree(disk: str, release: str = "10") -> etree._Element:
    text = f'[windows]\nrelease = "{release}"\n[disk]\n{disk}\n' + WINRM
    return etree.fromstring(answer_file(guest_of(text)).data)


def kinds(disk: str, release: str = "10") -> list[str]:
    return texts(tree(disk, release), "CreatePartition/Type")


@pytest.mark.parametrize(
    ("disk", "types", "windows"),
    [
        ('firmware = "bios"', ["Primary", "Primary"], "2"),
        ('firmware = "bios"\nlayout = "single"', ["Primary"], "1"),
        ('firmware = "uefi"', ["EFI", "MSR", "Primary"], "3"),
        ('firmware = "uefi"\nrecovery = "first"', ["Primary", "EFI", "MSR", "Primary"], "4"),
    ],
)
def test_the_four_usual_layouts_are_setups_own(disk: str, types: list[str], windows: str) -> None:
    root = tree(disk)
    assert kinds(disk) == types
    assert texts(root, "InstallTo/PartitionID") == [windows]
    assert texts(in_pass(root, "windowsPE"), "RunSynchronous") == []


def test_windows_re_in_front_is_marked_as_such() -> None:
    root = tree('firmware = "uefi"\nrecovery = "first"')
    assert texts(root, "ModifyPartition/TypeID") == ["de94bba4-06d1-4d40-a16a-bfd50179d6ac"]


def test_without_windows_re_it_is_uninstalled() -> None:
    assert texts(tree('recovery = "none"'), "component/UninstallWindowsRE") == ["true"]
    assert texts(tree(""), "component/UninstallWindowsRE") == []


@pytest.mark.parametrize(("firmware", "windows"), [("bios", ["2"]), ("uefi", ["3"])])
def test_windows_re_behind_windows_is_made_by_a_script(firmware: str, windows: list[str]) -> None:
    root = tree(f'firmware = "{firmware}"\nrecovery = "last"')
    assert texts(root, "DiskConfiguration") == []
    assert texts(root, "InstallTo/PartitionID") == windows
    assert r"cmd.exe /d /c X:\unattend-disk.cmd" in texts(root, "RunSynchronousCommand/Path")


def test_the_script_gives_the_rest_of_the_disk_to_windows() -> None:
    disk = Disk(Firmware.UEFI, Layout.STANDARD, 1, Recovery.LAST)
    assert diskpart_script(disk) == [
        "select disk 1",
        "clean",
        "convert gpt",
        "create partition efi size=300",
        "format quick fs=fat32 label=System",
        "create partition msr size=16",
        "create partition primary",
        "shrink minimum=1000",
        "format quick fs=ntfs label=Windows",
        "create partition primary",
        "format quick fs=ntfs label=WinRE",
        "set id=de94bba4-06d1-4d40-a16a-bfd50179d6ac",
        "gpt attributes=0x8000000000000001",
    ]


def test_the_script_for_bios_has_an_active_partition_and_no_gpt() -> None:
    script = diskpart_script(Disk(Firmware.BIOS, Layout.STANDARD, 0, Recovery.LAST))
    assert script[2] == "convert mbr"
    assert script[5] == "active"
    assert script[-1] == "set id=27"
    assert not any("gpt" in line for line in script)


def test_where_windows_pe_decides_setup_finds_the_partition() -> None:
    root = tree('firmware = "auto"')
    assert texts(root, "OSImage/InstallToAvailablePartition") == ["true"]
    assert texts(root, "InstallTo") == texts(root, "DiskConfiguration") == []


def test_where_windows_pe_decides_windows_takes_the_rest() -> None:
    script = diskpart_script(Disk(Firmware.UEFI, Layout.STANDARD, 0))
    assert script[-2:] == ["create partition primary", "format quick fs=ntfs label=Windows"]


def test_data_disks_are_wiped_too_and_windows_goes_to_its_own() -> None:
    root = tree('target = 1\ndata = [{ target = 0, letter = "E", label = "Old" }]')
    assert texts(root, "Disk/DiskID") == ["1", "0"]
    assert texts(root, "InstallTo/DiskID") == ["1"]
    assert texts(root, "ModifyPartition/Letter") == ["C", "E"]


def test_the_guard_comes_before_the_wipe_and_after_the_users_commands() -> None:
    text = (
        '[windows]\nrelease = "11"\n[disk]\nrecovery = "last"\nguard = { empty = true }\n'
        '[windows11]\nbypass = ["tpm"]\n' + WINRM + '[[commands]]\nphase = "windows-pe"\nrun = "drvload"\n'
    )
    root = etree.fromstring(answer_file(guest_of(text)).data)
    commands = [item.findtext(f"{U}Path") or "" for item in root.iter(f"{U}RunSynchronousCommand")]
    order = [
        next(number for number, command in enumerate(commands) if sign in command)
        for sign in ("BypassTPMCheck", "drvload", r"/c X:\unattend-guard.cmd", r"/c X:\unattend-disk.cmd")
    ]
    assert order == sorted(order)


GUARDS = st.builds(
    DiskGuard,
    min_gb=st.none() | st.integers(1, 999_999),
    max_gb=st.none() | st.integers(1, 999_999),
    empty=st.booleans(),
    bus=st.none() | st.sampled_from(Bus),
)


@given(GUARDS, st.integers(0, 63), st.sampled_from(Firmware))
def test_every_command_in_windows_pe_is_short_enough(guard: DiskGuard, target: int, firmware: Firmware) -> None:
    disk = Disk(firmware, Layout.STANDARD, target, Recovery.LAST, guard=guard)
    commands = [*guard_commands(disk), *partition_commands(disk)]
    assert commands
    assert max(len(command) for command, _ in commands) <= LONGEST_COMMAND == 255


@given(GUARDS)
def test_a_guard_says_in_plain_words_what_is_wrong(guard: DiskGuard) -> None:
    script = guard_script(3, guard)
    assert "echo unattend: Setup has stopped. Nothing was wiped." in script
    reasons = [line for line in script if line.startswith("set WHY=")]
    sized = bool(guard.min_gb or guard.max_gb)
    assert len(reasons) == 1 + sized + bool(guard.min_gb) + bool(guard.max_gb) + bool(guard.bus) + guard.empty
    assert script.index("exit /b 0") < script.index(":stop")


def test_without_a_guard_nothing_is_written() -> None:
    assert list(guard_commands(Disk(Firmware.UEFI, Layout.STANDARD, 0))) == []


@given(st.lists(st.text(st.characters(codec="ascii", min_codepoint=32, max_codepoint=126), min_size=1, max_size=60)))
def test_lines_are_written_in_their_order_and_all_of_them(lines: list[str]) -> None:
    commands = list(write_commands(r"X:\a.txt", lines))
    echoes = "&".join(command.removeprefix("cmd.exe /d /c ") for command in commands)
    assert echoes == "&".join(rf">>X:\a.txt echo {quoted(line)}" for line in lines)


def test_a_line_that_no_command_could_hold_is_our_mistake() -> None:
    with pytest.raises(ValueError, match=r"x{300}"):
        list(write_commands(r"X:\a.txt", ["x" * 300]))


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("if %GB% LSS 40 goto stop", "if %^GB%^ LSS 40 goto stop"),
        ('if "%U:~0,1%"=="G" x', 'if ^"%^U:~0,1%^"==^"G^" x'),
        ("for %%a in (1) do x>y", "for %^%^a in ^(1^) do x^>y"),
        ("echo %A%", "echo %^A%"),
    ],
)
def test_what_the_command_line_would_take_is_quoted(line: str, written: str) -> None:
    assert quoted(line) == written


def test_windows_on_another_letter_is_found_there_by_every_command() -> None:
    boot = '{ label = "Boot", size_mb = 350, active = true }'
    text = (
        f'[windows]\nrelease = "10"\n[disk]\npartitions = [{boot}, {{ windows = true, letter = "W" }}]\n'
        '[locale]\nregion = "DE"\n[tweaks]\npage_file = { initial_mb = 1024, maximum_mb = 2048 }\n' + WINRM
    )
    root = etree.fromstring(answer_file(guest_of(text)).data)
    commands = [*texts(root, "RunSynchronousCommand/Path"), *texts(root, "SynchronousCommand/CommandLine")]
    assert [command for command in commands if "C:" in command.upper()] == []
    assert sum("%SystemDrive%" in command for command in commands) == 2
