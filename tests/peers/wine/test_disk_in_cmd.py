"""The batch files of Windows PE, written by the answer file's own commands and run by a real command processor."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule
from toolkit.render.answerfile.disk_guard import guard_commands, guard_script
from toolkit.render.answerfile.diskpart import diskpart_script, partition_commands, run_script
from toolkit.spec.storage import Bus, Disk, DiskGuard, Firmware, Layout, Recovery

if TYPE_CHECKING:
    from pathlib import Path

    from tests.peers.wine.harness import Ran, WineGuest
    from tests.peers.wine.medium import Medium

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

# diskpart's own layout; the words of the second are those of a French Windows PE.
ENGLISH = (
    "  Disk ###  Status         Size     Free     Dyn  Gpt\r\n"
    "  --------  -------------  -------  -------  ---  ---\r\n"
    "* Disk 0    Online         {size:>7}     0 B        *\r\n"
    "  Disk 1    Online            9 GB     0 B\r\n"
    "\r\nVirtual disk\r\nDisk ID: 00000000\r\nType   : {bus}\r\nStatus : Online\r\n"
)
FRENCH = ENGLISH.replace("Disk 0    Online ", "Disque 0    En ligne ").replace("Type  ", "Type ")
EMPTY = Rule("diskpart", code=1)
FULL = Rule("diskpart", code=0)


@pytest.fixture
def windows(medium: Medium, tmp_path: Path) -> WineGuest:
    """Give a Windows PE: drive X, diskpart and wpeutil."""
    for name in ("diskpart", "wpeutil"):
        shutil.copy(medium.windows.recorder, medium.windows.recorder.parent / "tools" / f"{name}.exe")
    medium.windows.insert("x", tmp_path / "x", [])
    return medium.windows


def disk(guard: DiskGuard | None = None, firmware: Firmware = Firmware.UEFI) -> Disk:
    return Disk(firmware, Layout.STANDARD, 0, Recovery.LAST, guard=guard)


def write(folder: Path, name: str, lines: list[str]) -> None:
    """Write a file as the answer file's commands do: that they do is a test of its own, and takes its time."""
    (folder / "x" / f"unattend-{name}").write_bytes("".join(f"{line}\r\n" for line in lines).encode("ascii"))


def guarded(
    windows: WineGuest, folder: Path, guard: DiskGuard, *rules: Rule, size: str = "64 GB", told: str = ENGLISH
) -> Ran:
    write(folder, "guard.cmd", guard_script(0, guard))
    answer = Rule("diskpart", output=told.format(size=size, bus="SATA"), times=1)
    return windows.run(r"cmd.exe /d /c X:\unattend-guard.cmd", [answer, *rules])


def test_the_files_are_written_as_they_are_meant(windows: WineGuest, tmp_path: Path) -> None:
    guard = DiskGuard(10, 100, empty=True, bus=Bus.SATA)
    for command, _ in [
        *list(guard_commands(disk(guard)))[:-1],
        *list(partition_commands(disk(firmware=Firmware.AUTO)))[:-1],
    ]:
        assert windows.run(command).exit_code == 0
    written = {path.name: path.read_text(encoding="ascii").splitlines() for path in (tmp_path / "x").glob("*")}
    assert written == {
        "unattend-guard.cmd": guard_script(0, guard),
        "unattend-bios.txt": diskpart_script(disk(firmware=Firmware.BIOS)),
        "unattend-uefi.txt": diskpart_script(disk(firmware=Firmware.UEFI)),
        "unattend-disk.cmd": run_script(disk(firmware=Firmware.AUTO)),
    }


@pytest.mark.parametrize("told", [ENGLISH, FRENCH], ids=["english", "french"])
@pytest.mark.parametrize(
    ("size", "passes"),
    [("64 GB", True), ("40 GB", True), ("39 GB", False), ("100 GB", True), ("101 GB", False), ("2 TB", False)],
)
def test_a_disk_of_another_size_is_not_wiped(
    windows: WineGuest, tmp_path: Path, size: str, told: str, *, passes: bool
) -> None:
    ran = guarded(windows, tmp_path, DiskGuard(40, 100, empty=False, bus=None), size=size, told=told)
    assert (ran.exit_code == 0) is passes
    assert [call.program.lower().removesuffix(".exe") for call in ran.calls] == [
        "diskpart",
        *["wpeutil"] * (not passes),
    ]


@pytest.mark.parametrize(("size", "code"), [("512 MB", 1), ("2 TB", 0), ("64 Xo", 1), ("", 1)])
def test_sizes_are_read_with_their_unit_and_an_unknown_one_stops(
    windows: WineGuest, tmp_path: Path, size: str, code: int
) -> None:
    assert guarded(windows, tmp_path, DiskGuard(40, None, empty=False, bus=None), size=size).exit_code == code


@pytest.mark.parametrize(("bus", "code"), [(Bus.SATA, 0), (Bus.ATA, 1), (Bus.USB, 1)])
def test_a_disk_on_another_bus_is_not_wiped(windows: WineGuest, tmp_path: Path, bus: Bus, code: int) -> None:
    assert guarded(windows, tmp_path, DiskGuard(None, None, empty=False, bus=bus)).exit_code == code


@pytest.mark.parametrize(("rules", "code"), [([EMPTY], 0), ([FULL], 1), ([Rule("diskpart", code=1, times=5), FULL], 1)])
def test_a_disk_with_partitions_is_not_wiped(windows: WineGuest, tmp_path: Path, rules: list[Rule], code: int) -> None:
    assert guarded(windows, tmp_path, DiskGuard(None, None, empty=True, bus=None), *rules).exit_code == code


def test_a_disk_that_is_not_there_stops_setup(windows: WineGuest, tmp_path: Path) -> None:
    write(tmp_path, "guard.cmd", guard_script(0, DiskGuard(1, None, empty=False, bus=None)))
    ran = windows.run(r"cmd.exe /d /c X:\unattend-guard.cmd", [Rule("diskpart", code=-2147024809)])
    assert (ran.exit_code, ran.lines[-1]) == (1, "wpeutil shutdown")


@pytest.mark.parametrize(("told", "script"), [("0x2", "uefi"), ("0x1", "bios"), ("", "bios")])
def test_the_firmware_that_started_windows_pe_decides(
    windows: WineGuest, tmp_path: Path, told: str, script: str
) -> None:
    write(tmp_path, "disk.cmd", run_script(disk(firmware=Firmware.AUTO)))
    answer = (
        f"\r\nHKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\Control\r\n    PEFirmwareType    REG_DWORD    {told}\r\n"
    )
    ran = windows.run(r"cmd.exe /d /c X:\unattend-disk.cmd", [Rule("PEFirmwareType", output=answer)])
    assert ran.exit_code == 0
    assert [line for line in ran.lines if not line.startswith("reg")] == [
        "wpeutil UpdateBootInfo",
        rf"diskpart /s X:\unattend-{script}.txt",
    ]


@pytest.mark.parametrize("code", [1, -1])
def test_a_disk_that_cannot_be_cut_stops_setup(windows: WineGuest, tmp_path: Path, code: int) -> None:
    write(tmp_path, "disk.cmd", run_script(disk()))
    ran = windows.run(r"cmd.exe /d /c X:\unattend-disk.cmd", [Rule("diskpart", code=code)])
    assert ran.lines[-1] == "wpeutil shutdown"
