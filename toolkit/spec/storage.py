"""Disks as a spec describes them: partitions, what else is on the machine, and the guard before the wipe."""

from __future__ import annotations

from enum import StrEnum

from toolkit.values import dataclass


class Firmware(StrEnum):
    """`auto` leaves it to Windows PE, which knows what it was started by."""

    BIOS = "bios"
    UEFI = "uefi"
    AUTO = "auto"


class Layout(StrEnum):
    """How the target disk is cut. `none` leaves the disk to Setup's own page or to a command in windowsPE."""

    STANDARD = "standard"
    SINGLE = "single"
    CUSTOM = "custom"
    NONE = "none"


class Recovery(StrEnum):
    """Where Windows RE goes. `setup` leaves it to Setup, which since Windows 10 2004 makes room behind Windows."""

    SETUP = "setup"
    FIRST = "first"
    LAST = "last"
    NONE = "none"


class PartitionKind(StrEnum):
    PRIMARY = "primary"
    EFI = "efi"
    MSR = "msr"
    RECOVERY = "recovery"


class FileSystem(StrEnum):
    """What Setup can format (Microsoft-Windows-Setup/DiskConfiguration/.../ModifyPartition/Format)."""

    NTFS = "NTFS"
    FAT32 = "FAT32"


class Bus(StrEnum):
    """How a disk is attached, in the words of diskpart's `detail disk`."""

    ATA = "ATA"
    SATA = "SATA"
    NVME = "NVMe"
    SAS = "SAS"
    SCSI = "SCSI"
    RAID = "RAID"
    USB = "USB"


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition. `size_mb` is None for the one that takes the rest of the disk; `windows` marks Windows' own."""

    kind: PartitionKind
    size_mb: int | None
    format: FileSystem | None
    label: str | None
    letter: str | None = None
    active: bool = False
    windows: bool = False


@dataclass(frozen=True, slots=True)
class DataDisk:
    """Another disk, wiped and made one NTFS partition."""

    target: int
    label: str
    letter: str | None


@dataclass(frozen=True, slots=True)
class DiskGuard:
    """What the target disk must be before it is wiped. Sizes in GB of 1024 MB, as diskpart shows them."""

    min_gb: int | None
    max_gb: int | None
    empty: bool
    bus: Bus | None


@dataclass(frozen=True, slots=True)
class Disk:
    """`target` is the number that Setup gives the disk (0 is the first). `partitions` are those of a custom layout."""

    firmware: Firmware
    layout: Layout
    target: int
    recovery: Recovery = Recovery.SETUP
    partitions: tuple[Partition, ...] = ()
    data: tuple[DataDisk, ...] = ()
    guard: DiskGuard | None = None
