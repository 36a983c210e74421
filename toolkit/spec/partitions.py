"""Partitions of one's own: `[[disk.partitions]]`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toolkit.spec.section import Findings, Section
from toolkit.spec.storage import FileSystem, Firmware, Partition, PartitionKind
from toolkit.spec.text import AnyLetter, utf16_units

if TYPE_CHECKING:
    from toolkit.spec.places import KeyPath

_LONGEST_LABEL = {FileSystem.NTFS: 32, FileSystem.FAT32: 11}
_FORBIDDEN = frozenset('*?/\\|,;:+=<>[]".')  # what FAT forbids in labels; NTFS takes it, diskpart's scripts do not all
_MOST_ON_MBR = 4  # a partition table has four entries; extended partitions are for data, not for Setup
_SMALLEST_WINDOWS_MB = 10_000  # less than any Windows since 7 unpacks to
_LARGEST_MB = 2**31 - 1  # what Setup reads a size into
# Windows' own tools format FAT32 up to 32 GB (Microsoft KB 184006), and FAT32 needs 65,525 clusters of 512 bytes.
_LARGEST_FAT32_MB = 32 * 1024
_SMALLEST_FAT32_MB = 33
_SMALLEST_EFI_MB = 100  # "Configure UEFI/GPT-based hard drive partitions": 100 until Windows 10, since then 200
_ONLY_ON_GPT = (PartitionKind.EFI, PartitionKind.MSR)


class PartitionSection(Section):
    """One of `[[disk.partitions]]`, in their order on the disk."""

    kind: Annotated[PartitionKind, Field(strict=False)] = PartitionKind.PRIMARY
    size_mb: int | None = Field(None, ge=1, le=_LARGEST_MB, description="Default: the rest; of the last one only.")
    format: Annotated[FileSystem | None, Field(strict=False)] = Field(
        None, description="NTFS or FAT32. Default: as the kind needs it."
    )
    label: str | None = None
    letter: AnyLetter | None = None
    active: bool = Field(default=False, description="The one that BIOS starts from.")
    windows: bool = Field(default=False, description="Windows goes here.")


def resolve_partitions(
    sections: list[PartitionSection], firmware: Firmware, findings: Findings
) -> tuple[Partition, ...]:
    """Check partitions against what the firmware can start and Setup can make, and fill their formats in."""
    found = tuple(_partition(section) for section in sections)
    for number, partition in enumerate(found):
        _check_one(partition, ("disk", "partitions", number), number == len(found) - 1, firmware, findings)
    if found:
        _check_all(found, firmware, findings)
    return found


def _partition(section: PartitionSection) -> Partition:
    return Partition(
        kind=section.kind,
        size_mb=section.size_mb,
        format=section.format or _usual_format(section.kind),
        label=section.label,
        letter=section.letter or ("C" if section.windows else None),
        active=section.active,
        windows=section.windows,
    )


def _usual_format(kind: PartitionKind) -> FileSystem | None:
    match kind:
        case PartitionKind.EFI:
            return FileSystem.FAT32
        case PartitionKind.MSR:
            return None
        case _:
            return FileSystem.NTFS


def _check_one(partition: Partition, path: KeyPath, last: bool, firmware: Firmware, findings: Findings) -> None:  # noqa: FBT001
    if partition.size_mb is None and not last:
        message = "only the last partition can take the rest of the disk"
        findings.error((*path, "size_mb"), message, help="Give the others a size_mb.")
    if partition.kind in _ONLY_ON_GPT and firmware is Firmware.BIOS:
        findings.error((*path, "kind"), f'a partition of the kind "{partition.kind}" is for firmware "uefi"')
    if partition.kind is PartitionKind.MSR and (partition.format or partition.label or partition.letter):
        findings.error(path, "the MSR partition has no format, no label and no letter")
    if partition.kind is PartitionKind.EFI and partition.format is not FileSystem.FAT32:
        findings.error((*path, "format"), "the EFI system partition must be FAT32: firmware reads nothing else")
    if partition.active and firmware is not Firmware.BIOS:
        findings.error((*path, "active"), "active partitions are for BIOS; UEFI starts from the EFI system partition")
    if partition.label is not None and partition.format and (fault := label_fault(partition.label, partition.format)):
        findings.error((*path, "label"), f'the label "{partition.label}" {fault}')
    if partition.format is FileSystem.FAT32:
        _check_fat32(partition, path, findings)
    if partition.windows:
        _check_windows(partition, path, findings)


def _check_fat32(partition: Partition, path: KeyPath, findings: Findings) -> None:
    least = _SMALLEST_EFI_MB if partition.kind is PartitionKind.EFI else _SMALLEST_FAT32_MB
    help_ = f"Give it {least} to {_LARGEST_FAT32_MB} MB."
    if partition.size_mb is None:
        message = f"the rest of the disk may be more than {_LARGEST_FAT32_MB} MB, and Setup formats no larger FAT32"
        findings.error((*path, "size_mb"), message, help=help_)
    elif not least <= partition.size_mb <= _LARGEST_FAT32_MB:
        what = "an EFI system partition" if partition.kind is PartitionKind.EFI else "FAT32"
        many = "few" if partition.size_mb < least else "many"
        findings.error((*path, "size_mb"), f"{partition.size_mb} MB are too {many} for {what}", help=help_)


def _check_windows(partition: Partition, path: KeyPath, findings: Findings) -> None:
    if partition.kind is not PartitionKind.PRIMARY or partition.format is not FileSystem.NTFS:
        findings.error(path, "Windows goes to a primary partition in NTFS")
    if partition.size_mb is not None and partition.size_mb < _SMALLEST_WINDOWS_MB:
        message = f"{partition.size_mb} MB are too few for Windows"
        findings.error((*path, "size_mb"), message, help=f"Give it {_SMALLEST_WINDOWS_MB} MB at least.")


def _check_all(partitions: tuple[Partition, ...], firmware: Firmware, findings: Findings) -> None:
    path = ("disk", "partitions")
    if sum(partition.windows for partition in partitions) != 1:
        findings.error(path, "one partition must be Windows'", help="Write windows = true in exactly one of them.")
    if firmware is Firmware.BIOS and len(partitions) > _MOST_ON_MBR:
        findings.error(path, f"a BIOS disk has {_MOST_ON_MBR} primary partitions at most")
    if firmware is Firmware.BIOS and sum(partition.active for partition in partitions) != 1:
        findings.error(
            path, "BIOS starts from one active partition", help="Write active = true in exactly one of them."
        )
    if firmware is Firmware.UEFI and not any(partition.kind is PartitionKind.EFI for partition in partitions):
        findings.error(path, "UEFI needs an EFI system partition", help='Begin with kind = "efi" and size_mb = 300.')
    letters = [partition.letter for partition in partitions if partition.letter]
    if len(letters) != len(set(letters)):
        findings.error(path, "two partitions have the same letter")


def label_fault(label: str, file_system: FileSystem) -> str | None:
    """Say what a volume of that file system could not be called, or None."""
    longest = _LONGEST_LABEL[file_system]
    if not label.strip():
        return "is empty"
    if utf16_units(label) > longest:
        return f"is longer than {longest} characters"
    bad = sorted(_FORBIDDEN & set(label))
    if bad:
        return f"holds {' '.join(bad)!r}, which no label may"
    if file_system is FileSystem.FAT32 and not label.isascii():
        return "holds letters outside ASCII, which FAT keeps in a code page"
    return None
