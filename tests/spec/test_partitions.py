from __future__ import annotations

import pytest

from tests.spec.loading import WINRM, errors, guest_of
from toolkit.spec.storage import Bus, DataDisk, Disk, DiskGuard, FileSystem, Layout, Partition, PartitionKind, Recovery

BOOT = '{ label = "Boot", size_mb = 350, active = true }'
EFI = '{ kind = "efi", size_mb = 300 }'
OWN = "{ windows = true }"


def spec(disk: str, release: str = "10") -> str:
    return f'[windows]\nrelease = "{release}"\n[disk]\n{disk}\n' + WINRM


def disk(text: str, release: str = "10") -> Disk:
    return guest_of(spec(text, release)).disk


def test_partitions_are_a_layout_of_their_own() -> None:
    found = disk(f"partitions = [{BOOT}, {OWN}]")
    assert found.layout is Layout.CUSTOM
    assert found.partitions == (
        Partition(PartitionKind.PRIMARY, 350, FileSystem.NTFS, "Boot", active=True),
        Partition(PartitionKind.PRIMARY, None, FileSystem.NTFS, None, "C", windows=True),
    )


def test_fat32_is_made_as_large_and_as_small_as_windows_makes_it() -> None:
    found = disk(
        "partitions = [{ kind = 'efi', size_mb = 100 }, { format = 'FAT32', size_mb = 33 },"
        f" {{ format = 'FAT32', size_mb = 32768 }}, {OWN}]",
        "11",
    )
    assert [each.size_mb for each in found.partitions] == [100, 33, 32768, None]


def test_each_kind_has_its_usual_format() -> None:
    found = disk(f'partitions = [{EFI}, {{ kind = "msr", size_mb = 16 }}, {OWN}]', "11")
    assert [each.format for each in found.partitions] == [FileSystem.FAT32, None, FileSystem.NTFS]


@pytest.mark.parametrize(
    ("partitions", "message"),
    [
        (f"{BOOT}, {{ windows = true, letter = 'X' }}", "a drive letter is one capital from C to Z, but X"),
        (f"{BOOT}, {{ windows = true, letter = 'e' }}", '.letter is "e"; a drive letter is one capital'),
        (f"{BOOT}, {{ windows = true, size_mb = 0 }}", "greater than or equal to 1"),
        (f"{BOOT}, {{ size_mb = 2 }}", "one partition must be Windows'"),
        (f"{BOOT}, {OWN}, {OWN}", "only the last partition can take the rest of the disk"),
        (OWN, "BIOS starts from one active partition"),
        (f"{EFI}, {BOOT}, {OWN}", 'a partition of the kind "efi" is for firmware "uefi"'),
        (f"{BOOT}, {'{ size_mb = 1 }, ' * 3}{OWN}", "a BIOS disk has 4 primary partitions at most"),
        (f"{BOOT}, {{ windows = true, size_mb = 9999 }}", "9999 MB are too few for Windows"),
        (f"{BOOT}, {{ windows = true, format = 'FAT32' }}", "Windows goes to a primary partition in NTFS"),
        (f"{BOOT}, {{ size_mb = 9, letter = 'C' }}, {OWN}", "two partitions have the same letter"),
        (f"{BOOT}, {{ windows = true, label = '{'x' * 33}' }}", "is longer than 32 characters"),
        (f"{BOOT}, {{ windows = true, label = ' ' }}", "is empty"),
        (f"{BOOT}, {{ windows = true, label = 'a*b' }}", "which no label may"),
        (f"{BOOT}, {{ size_mb = 9, format = 'FAT32', label = 'ä' }}, {OWN}", "letters outside ASCII"),
        (f"{BOOT}, {{ size_mb = 32769, format = 'FAT32' }}, {OWN}", "32769 MB are too many for FAT32"),
        (f"{BOOT}, {{ size_mb = 32, format = 'FAT32' }}, {OWN}", "32 MB are too few for FAT32"),
        (f"{BOOT}, {{ windows = true, size_mb = 60000 }}, {{ format = 'FAT32' }}", "Setup formats no larger FAT32"),
    ],
)
def test_partitions_that_cannot_be_are_refused_on_bios(partitions: str, message: str) -> None:
    assert any(message.casefold() in error.casefold() for error in errors(spec(f"partitions = [{partitions}]")))


@pytest.mark.parametrize(
    ("partitions", "message"),
    [
        (OWN, "UEFI needs an EFI system partition"),
        (f"{BOOT}, {EFI}, {OWN}", "active partitions are for BIOS"),
        (f"{{ kind = 'efi', size_mb = 9, format = 'NTFS' }}, {OWN}", "must be FAT32"),
        (f"{{ kind = 'efi', size_mb = 99 }}, {OWN}", "99 MB are too few for an EFI system partition"),
        (f"{{ kind = 'efi', size_mb = 40000 }}, {OWN}", "40000 MB are too many for an EFI system partition"),
        ("{ windows = true, size_mb = 60000 }, { kind = 'efi' }", "Setup formats no larger FAT32"),
        (f"{EFI}, {{ kind = 'msr', size_mb = 16, label = 'x' }}, {OWN}", "the MSR partition has no format"),
    ],
)
def test_partitions_that_cannot_be_are_refused_on_uefi(partitions: str, message: str) -> None:
    assert any(message in error for error in errors(spec(f"partitions = [{partitions}]", "11")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'layout = "standard"\npartitions = [{BOOT}, {OWN}]', 'disk.partitions are for the layout "custom"'),
        ('layout = "custom"', 'disk.layout "custom" needs [[disk.partitions]]'),
        ('recovery = "first"', 'disk.recovery "first" goes with firmware "uefi" only'),
        ('layout = "single"\nrecovery = "last"', 'disk.recovery "last" goes with the layout "standard" only'),
        ('firmware = "auto"\nlayout = "single"', 'disk.layout "single" cannot start on UEFI'),
        ('firmware = "auto"\ntarget = 1', 'with disk.firmware "auto" Windows goes to the first disk'),
        ('firmware = "auto"\ndata = [{ target = 1 }]', 'with disk.firmware "auto" Windows goes to the first disk'),
        (f'firmware = "auto"\npartitions = [{EFI}, {OWN}]', "custom partitions are for one kind of firmware"),
        ("data = [{ target = 0 }]", "disk 0 is the one that Windows goes to"),
        ("data = [{ target = 1 }, { target = 1 }]", "disk 1 is the one that another of disk.data names"),
        ("data = [{ target = 1, letter = 'D' }, { target = 2, letter = 'D' }]", "two disks have the letter D"),
        (
            f"partitions = [{BOOT}, {{ windows = true, letter = 'E' }}]\ndata = [{{ target = 1, letter = 'E' }}]",
            "a partition of Windows' disk has the letter E",
        ),
        ("data = [{ target = 1, letter = 'C' }]", 'letter is "C"; a drive letter is one capital from D to Z'),
        ("data = [{ target = 1, label = '' }]", 'the label "" is empty'),
        ("guard = { min_gb = 9, max_gb = 8 }", "disk.guard.max_gb is less than min_gb"),
        ("guard = { bus = 'pci' }", 'disk.guard.bus "pci" is not known'),
        ("guard = { }", "disk.guard asks for nothing"),
        ('layout = "none"\nguard = { empty = true }', 'the layout "none" wipes nothing'),
    ],
)
def test_what_cannot_be_together_is_refused(text: str, message: str) -> None:
    assert [message in error for error in errors(spec(text))] == [True]


def test_the_rest_of_a_disk_can_be_said() -> None:
    found = disk('recovery = "last"\ndata = [{ target = 2 }]\nguard = { min_gb = 9, empty = true, bus = "NVMe" }')
    assert found.recovery is Recovery.LAST
    assert found.data == (DataDisk(2, "Data", None),)
    assert found.guard == DiskGuard(9, None, empty=True, bus=Bus.NVME)
