r"""Cutting the disk with diskpart in Windows PE, where DiskConfiguration cannot say what is wanted.

Modelled, not tried: what diskpart does with the scripts, which are Microsoft's own ("Configure UEFI/GPT-based hard
drive partitions" and its sibling for BIOS/MBR), and that `PEFirmwareType` is 2 on UEFI after `wpeutil UpdateBootInfo`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.render.answerfile.disk_guard import WHERE_IT_FAILED_STOP
from toolkit.render.answerfile.layout import RECOVERY_MB, partitions, partitions_by_script
from toolkit.render.answerfile.pe_files import write_commands
from toolkit.spec.storage import FileSystem, Firmware, PartitionKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.storage import Disk, Partition

_RUN = r"X:\unattend-disk.cmd"
_SCRIPTS = {Firmware.BIOS: r"X:\unattend-bios.txt", Firmware.UEFI: r"X:\unattend-uefi.txt"}
_CONTROL = r"HKLM\System\CurrentControlSet\Control"
_GPT_ATTRIBUTES = "0x8000000000000001"  # required by the platform, and no letter
_RECOVERY_ON_GPT = ("set id=de94bba4-06d1-4d40-a16a-bfd50179d6ac", f"gpt attributes={_GPT_ATTRIBUTES}")
_KINDS = {PartitionKind.EFI: "efi", PartitionKind.MSR: "msr"}


def partition_commands(disk: Disk) -> Iterator[tuple[str, str]]:
    """Give the commands that cut the disk, each with its description; none where Setup does it itself."""
    if not partitions_by_script(disk):
        return
    kinds = (Firmware.BIOS, Firmware.UEFI) if disk.firmware is Firmware.AUTO else (disk.firmware,)
    for kind in kinds:
        script = diskpart_script(replace(disk, firmware=kind))
        for command in write_commands(_SCRIPTS[kind], script):
            yield command, f"The partitions for {kind.upper()}"
    for command in write_commands(_RUN, run_script(disk)):
        yield command, "How the disk is cut"
    yield f"cmd.exe /d /c {_RUN}", "Cut the disk"


def diskpart_script(disk: Disk) -> list[str]:
    """Give the diskpart script for a disk whose firmware is known."""
    gpt = disk.firmware is Firmware.UEFI
    lines = [f"select disk {disk.target}", "clean", f"convert {'gpt' if gpt else 'mbr'}"]
    cut = partitions(disk)
    for partition in cut:
        lines += _partition(partition, gpt=gpt, shared=partition is not cut[-1])
    return lines


def _partition(partition: Partition, *, gpt: bool, shared: bool) -> list[str]:
    kind = _KINDS.get(partition.kind, "primary")
    size = f" size={partition.size_mb}" if partition.size_mb and partition.kind is not PartitionKind.RECOVERY else ""
    lines = [f"create partition {kind}{size}"]
    if partition.size_mb is None and shared:
        lines.append(f"shrink minimum={RECOVERY_MB}")
    if partition.format:
        file_system = "fat32" if partition.format is FileSystem.FAT32 else "ntfs"
        lines.append(f"format quick fs={file_system} label={partition.label}")
    if partition.active and not gpt:
        lines.append("active")
    if partition.kind is PartitionKind.RECOVERY:
        lines += _RECOVERY_ON_GPT if gpt else ("set id=27",)
    return lines


def run_script(disk: Disk) -> list[str]:
    """Give the batch file that runs diskpart with the right script, and stops Setup where diskpart fails."""
    if disk.firmware is Firmware.AUTO:
        choose = [
            "wpeutil UpdateBootInfo",
            f"set S={_SCRIPTS[Firmware.BIOS]}",
            f"for /f \"tokens=3\" %%t in ('reg query {_CONTROL} /v PEFirmwareType') do set T=%%t",
            f'if "%T%"=="0x2" set S={_SCRIPTS[Firmware.UEFI]}',
        ]
    else:
        choose = [f"set S={_SCRIPTS[disk.firmware]}"]
    return [
        "@echo off",
        *choose,
        r"diskpart /s %S% >X:\unattend-disk.log",
        *WHERE_IT_FAILED_STOP,
        "exit /b 0",
        ":stop",
        r"type X:\unattend-disk.log",
        "echo unattend: Setup has stopped. The disk could not be partitioned; diskpart says why.",
        "pause",
        "wpeutil shutdown",
    ]
