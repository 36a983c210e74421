"""The disk that Windows goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toolkit.spec.guest import Architecture, Disk, Firmware, Layout
from toolkit.spec.section import Findings, Section

if TYPE_CHECKING:
    from toolkit.spec.guest import Windows


class DiskSection(Section):
    """`[disk]`."""

    firmware: Annotated[Firmware | None, Field(strict=False)] = Field(
        None, description="Default: uefi for Windows 11, Server 2025 and arm64, bios before."
    )
    layout: Annotated[Layout, Field(strict=False)] = Field(
        Layout.STANDARD, description="standard: system partition and Windows; single: one partition (bios only)."
    )
    target: int = Field(0, ge=0, le=63, description="The disk's number as Setup counts, from 0. It is wiped.")


def resolve_disk(section: DiskSection, windows: Windows, findings: Findings) -> Disk:
    """Fill the firmware in from the release and refuse layouts that the firmware cannot start."""
    arm = windows.architecture is Architecture.ARM64
    firmware = section.firmware or (Firmware.UEFI if arm else Firmware(windows.release.firmware))
    if arm and firmware is Firmware.BIOS:
        findings.error(("disk", "firmware"), "there is no BIOS on arm64", help='Use firmware = "uefi".')
    if firmware is Firmware.UEFI and section.layout is Layout.SINGLE:
        findings.error(
            ("disk", "layout"),
            'disk.layout "single" cannot start on UEFI, which needs an EFI system partition',
            help='Use layout = "standard", or firmware = "bios".',
        )
    if firmware is Firmware.BIOS and windows.release.key == "11":
        findings.warning(
            ("disk", "firmware"), "Windows 11 asks for UEFI; on BIOS its Setup refuses unless the check is bypassed"
        )
    return Disk(firmware, section.layout, section.target)
