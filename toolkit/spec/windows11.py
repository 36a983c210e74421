"""`[windows11]`: what Setup need not check, where somebody asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toolkit.spec.oobe_choices import Bypass
from toolkit.spec.section import Findings, Section
from toolkit.spec.storage import Firmware

if TYPE_CHECKING:
    from toolkit.spec.guest import Disk, Windows

_WINDOWS_11 = "11"


class Windows11Section(Section):
    """`[windows11]`."""

    bypass: list[Annotated[Bypass, Field(strict=False)]] = Field(
        default_factory=list, description="tpm, secure-boot, ram, cpu, storage: requirements that Setup skips."
    )


def resolve_bypass(section: Windows11Section, windows: Windows | None, findings: Findings) -> tuple[Bypass, ...]:
    """Give the requirements to skip, each once and in a fixed order."""
    if section.bypass and windows and windows.release.key != _WINDOWS_11:
        message = f"windows11.bypass is for Windows 11; {windows.release.name} has no such requirements"
        findings.error(("windows11", "bypass"), message, help="Remove it.")
    return tuple(requirement for requirement in Bypass if requirement in section.bypass)


def check_firmware(disk: Disk, windows: Windows, bypass: tuple[Bypass, ...], findings: Findings) -> None:
    """Warn of Windows 11 on BIOS, which its Setup takes for a machine without secure boot."""
    if disk.firmware is Firmware.BIOS and windows.release.key == _WINDOWS_11 and Bypass.SECURE_BOOT not in bypass:
        findings.warning(
            ("disk", "firmware"),
            "Windows 11 asks for UEFI; on BIOS its Setup refuses unless the check is bypassed",
            help='Write bypass = ["secure-boot", "tpm"] into [windows11].',
        )
