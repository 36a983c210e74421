"""How the target disk is cut, and which partition Windows goes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.render.answerfile.contribution import SETUP, Contribution, Pass
from toolkit.spec.guest import Disk, Firmware, Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

_SYSTEM_MB = 500  # boot manager and recovery tools on MBR
_EFI_MB = 300  # FAT32 on 4K-sector disks needs 260
_MSR_MB = 16


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition. `size_mb` is None for the one that takes the rest of the disk."""

    kind: str
    size_mb: int | None
    format: str | None
    label: str | None
    letter: str | None = None
    active: bool = False


def partitions(disk: Disk) -> tuple[Partition, ...]:
    """Give the partitions of a layout in order; Windows is always the last."""
    windows = Partition("Primary", None, "NTFS", "Windows", "C")
    match disk.layout, disk.firmware:
        case Layout.NONE, _:
            return ()
        case Layout.SINGLE, _:
            return (Partition("Primary", None, "NTFS", "Windows", "C", active=True),)
        case _, Firmware.BIOS:
            return (Partition("Primary", _SYSTEM_MB, "NTFS", "System", active=True), windows)
        case _:
            efi = Partition("EFI", _EFI_MB, "FAT32", "System")
            return (efi, Partition("MSR", _MSR_MB, None, None), windows)


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give the disk configuration; nothing for the layout `none`, where Setup asks or a command decides."""
    cut = partitions(guest.disk)
    if cut:
        data: dict[str, Any] = {"target": guest.disk.target, "partitions": cut}
        yield Contribution(Pass.WINDOWS_PE, SETUP, "disk.xml.j2", data)
