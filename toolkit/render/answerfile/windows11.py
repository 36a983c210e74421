"""The requirements of Windows 11 that Setup is not to check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.contribution import BEFORE_COMMANDS, SETUP, CommandLine, Contribution, Pass
from toolkit.spec.oobe_choices import Bypass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

# Values that Setup reads in Windows PE: not documented by Microsoft, in every public tool that lifts the requirements
# (pbatard/rufus src/wue.c, cschneegans/unattend-generator modifier/Bypass.cs).
_LAB_CONFIG = r"HKLM\SYSTEM\Setup\LabConfig"
_VALUES = {
    Bypass.TPM: "BypassTPMCheck",
    Bypass.SECURE_BOOT: "BypassSecureBootCheck",
    Bypass.RAM: "BypassRAMCheck",
    Bypass.CPU: "BypassCPUCheck",
    Bypass.STORAGE: "BypassStorageCheck",
}


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give a registry value for each requirement that is to be skipped."""
    lines = [
        CommandLine(
            f"reg.exe add {_LAB_CONFIG} /v {_VALUES[each]} /t REG_DWORD /d 1 /f", f"Requirement skipped: {each}"
        )
        for each in guest.bypass
    ]
    if lines:
        yield Contribution(Pass.WINDOWS_PE, SETUP, "run_synchronous.xml.j2", {"lines": lines}, BEFORE_COMMANDS)
