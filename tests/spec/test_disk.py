from __future__ import annotations

import pytest

from tests.spec.loading import WINRM, errors, guest_of, warnings
from toolkit.spec.guest import Disk, Firmware, Layout


def spec(release: str, disk: str = "", windows: str = "") -> str:
    return f'[windows]\nrelease = "{release}"\n{windows}\n[disk]\n{disk}\n' + WINRM


@pytest.mark.parametrize(
    ("release", "firmware"),
    [
        ("10", "bios"),
        ("11", "uefi"),
        ("server-2016", "bios"),
        ("server-2019", "bios"),
        ("server-2022", "bios"),
        ("server-2025", "uefi"),
    ],
)
def test_the_firmware_is_the_releases_usual_one(release: str, firmware: str) -> None:
    assert guest_of(spec(release)).disk == Disk(Firmware(firmware), Layout.STANDARD, 0)


def test_the_disk_can_be_said() -> None:
    disk = guest_of(spec("10", 'firmware = "bios"\nlayout = "single"\ntarget = 63')).disk
    assert disk == Disk(Firmware.BIOS, Layout.SINGLE, 63)


def test_one_partition_cannot_start_on_uefi() -> None:
    assert errors(spec("11", 'layout = "single"')) == [
        '5:1 disk.layout "single" cannot start on UEFI, which needs an EFI system partition'
    ]


def test_windows_11_on_bios_is_pointed_out() -> None:
    assert warnings(spec("11", 'firmware = "bios"')) == [
        "Windows 11 asks for UEFI; on BIOS its Setup refuses unless the check is bypassed"
    ]
    assert warnings(spec("10", 'firmware = "bios"')) == []


def test_arm_machines_have_uefi_and_never_bios() -> None:
    arm = 'architecture = "arm64"'
    assert guest_of(spec("10", windows=arm)).disk.firmware is Firmware.UEFI
    assert errors(spec("10", 'firmware = "bios"', arm)) == ["5:1 there is no BIOS on arm64"]


def test_a_file_that_is_for_arm64_too_is_never_for_bios_alone() -> None:
    both = 'architecture = ["amd64", "arm64"]'
    assert guest_of(spec("10", windows=both)).disk.firmware is Firmware.UEFI
    assert guest_of(spec("10", 'firmware = "auto"', both)).disk.firmware is Firmware.AUTO
    assert errors(spec("10", 'firmware = "bios"', both)) == ["5:1 there is no BIOS on arm64"]


def test_windows_7_of_32_bits_is_never_for_uefi() -> None:
    refused = ["5:1 Windows 7 starts from UEFI as amd64 only"]
    assert errors(spec("7", 'firmware = "uefi"', 'architecture = "x86"')) == refused
    assert errors(spec("7", 'firmware = "uefi"', 'architecture = ["amd64", "x86"]')) == refused
    assert guest_of(spec("7", 'firmware = "uefi"')).disk.firmware is Firmware.UEFI
    assert guest_of(spec("8.1", 'firmware = "uefi"', 'architecture = "x86"')).disk.firmware is Firmware.UEFI
    assert guest_of(spec("7", 'firmware = "auto"', 'architecture = "x86"')).disk.firmware is Firmware.AUTO
