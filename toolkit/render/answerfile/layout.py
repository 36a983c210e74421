"""The layouts by name: which partitions each has, and which of them is Windows'.

The four that Setup makes itself are three quarters of public answer files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.spec.storage import FileSystem, Firmware, Layout, Partition, PartitionKind, Recovery

if TYPE_CHECKING:
    from toolkit.spec.storage import Disk

_SYSTEM_MB = 500  # boot manager and recovery tools on MBR
_EFI_MB = 300  # FAT32 on 4K-sector disks needs 260
_MSR_MB = 16
RECOVERY_MB = 1000  # Windows RE of Windows 11 with room for its updates (Microsoft's KB5028997 asks for 250 MB more)

_WINDOWS = Partition(PartitionKind.PRIMARY, None, FileSystem.NTFS, "Windows", "C", windows=True)
_SYSTEM = Partition(PartitionKind.PRIMARY, _SYSTEM_MB, FileSystem.NTFS, "System", active=True)
_EFI = Partition(PartitionKind.EFI, _EFI_MB, FileSystem.FAT32, "System")
_MSR = Partition(PartitionKind.MSR, _MSR_MB, None, None)
RECOVERY = Partition(PartitionKind.RECOVERY, RECOVERY_MB, FileSystem.NTFS, "WinRE")


def partitions(disk: Disk) -> tuple[Partition, ...]:
    """Give the partitions of a layout in their order; for firmware that is yet to be found out, those of UEFI."""
    match disk.layout:
        case Layout.NONE:
            return ()
        case Layout.CUSTOM:
            return disk.partitions
        case Layout.SINGLE:
            return (Partition(PartitionKind.PRIMARY, None, FileSystem.NTFS, "Windows", "C", active=True, windows=True),)
        case _:
            return _standard(disk.firmware, disk.recovery)


def _standard(firmware: Firmware, recovery: Recovery) -> tuple[Partition, ...]:
    before = (RECOVERY,) if recovery is Recovery.FIRST else ()
    after = (RECOVERY,) if recovery is Recovery.LAST else ()
    if firmware is Firmware.BIOS:
        return (_SYSTEM, _WINDOWS, *after)
    return (*before, _EFI, _MSR, _WINDOWS, *after)


def windows_partition(disk: Disk) -> int | None:
    """Give the number of Windows' partition, counted from 1; None where Setup finds it itself."""
    if disk.firmware is Firmware.AUTO:
        return None
    return next((number for number, each in enumerate(partitions(disk), start=1) if each.windows), None)


def partitions_by_script(disk: Disk) -> bool:
    """Whether diskpart has to cut the disk.

    DiskConfiguration lets only the last partition take the rest of the disk, and knows one kind of firmware.
    """
    return disk.layout is Layout.STANDARD and (disk.firmware is Firmware.AUTO or disk.recovery is Recovery.LAST)
