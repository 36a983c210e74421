"""The disks: how the one that Windows goes to is cut, and the others. The partitions are in toolkit.spec.partitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toolkit.catalog.releases import WINDOWS_8
from toolkit.spec.guest import Architecture
from toolkit.spec.oobe_choices import WINDOWS_11, Bypass
from toolkit.spec.partitions import PartitionSection, label_fault, resolve_partitions
from toolkit.spec.section import Findings, Section
from toolkit.spec.storage import Bus, DataDisk, Disk, DiskGuard, FileSystem, Firmware, Layout, Recovery
from toolkit.spec.text import DataLetter

if TYPE_CHECKING:
    from toolkit.spec.guest import Windows

_LAST_DISK = 63
_BUSES = {str(bus).lower(): bus for bus in Bus}


class DataDiskSection(Section):
    """One of `[[disk.data]]`: another disk, which is wiped too."""

    target: int = Field(ge=0, le=_LAST_DISK, description="The disk's number as Setup counts, from 0.")
    label: str = "Data"
    letter: DataLetter | None = Field(None, description="Default: whichever is free.")


class GuardSection(Section):
    """`[disk.guard]`: what the target disk must be; another is not wiped, and Setup stops and says so."""

    min_gb: int | None = Field(None, ge=1, le=999_999, description="In GB of 1024 MB.")
    max_gb: int | None = Field(None, ge=1, le=999_999, description="In GB of 1024 MB.")
    empty: bool = Field(default=False, description="The disk must have no partition.")
    bus: str | None = Field(None, description="ata, sata, nvme, sas, scsi, raid or usb.")


class DiskSection(Section):
    """`[disk]`."""

    firmware: Annotated[Firmware | None, Field(strict=False)] = Field(
        None, description="Default: uefi for Windows 11, Server 2025 and arm64, bios before. auto: Windows PE decides."
    )
    layout: Annotated[Layout | None, Field(strict=False)] = Field(
        None,
        description="standard: system partition and Windows; single: one partition (bios only); custom; none.",
    )
    recovery: Annotated[Recovery, Field(strict=False)] = Field(
        Recovery.SETUP, description="Windows RE: setup decides, first or last on the disk (uefi, or last), or none."
    )
    target: int = Field(0, ge=0, le=_LAST_DISK, description="The disk's number as Setup counts, from 0. It is wiped.")
    partitions: list[PartitionSection] = Field(default_factory=list)
    data: list[DataDiskSection] = Field(default_factory=list)
    guard: GuardSection | None = None


def resolve_disk(section: DiskSection, windows: Windows, findings: Findings) -> Disk:
    """Fill the firmware in from the release and refuse layouts that the firmware cannot start."""
    arm = Architecture.ARM64 in windows.architectures
    firmware = section.firmware or (Firmware.UEFI if arm else Firmware(windows.release.firmware))
    if arm and (firmware is Firmware.BIOS or (firmware is Firmware.AUTO and not windows.also_for)):
        findings.error(("disk", "firmware"), "there is no BIOS on arm64", help='Use firmware = "uefi".')
    layout = section.layout or (Layout.CUSTOM if section.partitions else Layout.STANDARD)
    _check_32_bit(windows, firmware, findings)
    _check_layout(section, firmware, layout, findings)
    return Disk(
        firmware,
        layout,
        section.target,
        section.recovery,
        resolve_partitions(section.partitions, firmware, findings),
        tuple(_data_disks(section, findings)),
        _guard(section.guard, layout, findings),
    )


def _check_32_bit(windows: Windows, firmware: Firmware, findings: Findings) -> None:
    """Refuse Windows 7 of 32 bits on UEFI: 32-bit firmware is supported since Windows 8."""
    old = windows.release.build < WINDOWS_8
    if firmware is Firmware.UEFI and old and Architecture.X86 in windows.architectures:
        message = f"{windows.release.name} starts from UEFI as amd64 only"
        findings.error(("disk", "firmware"), message, help='Use firmware = "bios", or architecture = "amd64".')


def _check_layout(section: DiskSection, firmware: Firmware, layout: Layout, findings: Findings) -> None:
    if firmware is not Firmware.BIOS and layout is Layout.SINGLE:
        findings.error(
            ("disk", "layout"),
            'disk.layout "single" cannot start on UEFI, which needs an EFI system partition',
            help='Use layout = "standard", or firmware = "bios".',
        )
    if layout is Layout.CUSTOM and not section.partitions:
        findings.error(("disk", "layout"), 'disk.layout "custom" needs [[disk.partitions]]')
    if layout is not Layout.CUSTOM and section.partitions:
        message = f'disk.partitions are for the layout "custom", not for "{layout}"'
        findings.error(("disk", "partitions"), message, help="Remove disk.layout.")
    _check_recovery(section.recovery, firmware, layout, findings)
    _check_automatic(section, firmware, layout, findings)


def _check_recovery(recovery: Recovery, firmware: Firmware, layout: Layout, findings: Findings) -> None:
    path = ("disk", "recovery")
    if recovery in (Recovery.FIRST, Recovery.LAST) and layout is not Layout.STANDARD:
        findings.error(path, f'disk.recovery "{recovery}" goes with the layout "standard" only')
    elif recovery is Recovery.FIRST and firmware is not Firmware.UEFI:
        message = 'disk.recovery "first" goes with firmware "uefi" only: on BIOS the system partition holds Windows RE'
        findings.error(path, message, help='Leave it out, or use "last".')


def _check_automatic(section: DiskSection, firmware: Firmware, layout: Layout, findings: Findings) -> None:
    if firmware is not Firmware.AUTO:
        return
    if layout is Layout.CUSTOM:
        message = "custom partitions are for one kind of firmware"
        findings.error(("disk", "firmware"), message, help='Use firmware = "bios" or "uefi".')
    if layout is Layout.STANDARD and (section.target != 0 or section.data):
        message = 'with disk.firmware "auto" Windows goes to the first disk, which must be the only one that is wiped'
        findings.error(("disk", "firmware"), message, help='Use firmware = "bios" or "uefi".')


def _data_disks(section: DiskSection, findings: Findings) -> list[DataDisk]:
    used = {section.target: "Windows goes to"}
    own = {partition.letter for partition in section.partitions}
    letters: set[str] = set()
    disks = []
    for number, data in enumerate(section.data):
        path = ("disk", "data", number)
        if data.target in used:
            findings.error((*path, "target"), f"disk {data.target} is the one that {used[data.target]}")
        used.setdefault(data.target, "another of disk.data names")
        if data.letter in letters:
            findings.error((*path, "letter"), f"two disks have the letter {data.letter}")
        if data.letter and data.letter in own:
            findings.error((*path, "letter"), f"a partition of Windows' disk has the letter {data.letter}")
        letters |= {data.letter} if data.letter else set()
        if fault := label_fault(data.label, FileSystem.NTFS):
            findings.error((*path, "label"), f'the label "{data.label}" {fault}')
        disks.append(DataDisk(data.target, data.label, data.letter))
    return disks


def _guard(section: GuardSection | None, layout: Layout, findings: Findings) -> DiskGuard | None:
    if section is None:
        return None
    path = ("disk", "guard")
    bus = _BUSES.get(section.bus.lower()) if section.bus else None
    if section.bus and bus is None:
        findings.error(
            (*path, "bus"), f'disk.guard.bus "{section.bus}" is not known', help=f"One of {', '.join(_BUSES)}."
        )
    if section.min_gb and section.max_gb and section.min_gb > section.max_gb:
        findings.error((*path, "max_gb"), "disk.guard.max_gb is less than min_gb: no disk would do")
    if layout is Layout.NONE:
        findings.error(path, 'disk.guard guards a wipe, and the layout "none" wipes nothing')
    guard = DiskGuard(section.min_gb, section.max_gb, section.empty, bus)
    if guard == DiskGuard(None, None, empty=False, bus=None) and not section.bus:
        findings.error(path, "disk.guard asks for nothing", help="Give min_gb, max_gb, empty or bus.")
    return guard


def check_firmware(disk: Disk, windows: Windows, bypass: tuple[Bypass, ...], findings: Findings) -> None:
    """Warn of Windows 11 on BIOS, which its Setup takes for a machine without secure boot."""
    if disk.firmware is Firmware.BIOS and windows.release.key == WINDOWS_11 and Bypass.SECURE_BOOT not in bypass:
        findings.warning(
            ("disk", "firmware"),
            "Windows 11 asks for UEFI; on BIOS its Setup refuses unless the check is bypassed",
            help='Write bypass = ["secure-boot", "tpm"] into [windows11].',
        )
