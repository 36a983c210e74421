"""What a spec says about OOBE, and about the requirements of Windows 11."""

from __future__ import annotations

from enum import StrEnum

from toolkit.values import dataclass

WINDOWS_11 = "11"  # the release whose requirements these are, by its key in the catalog


class Express(StrEnum):
    """The express settings of OOBE (Microsoft-Windows-Shell-Setup/OOBE/ProtectYourPC: 1, 2, 3)."""

    ON = "on"
    UPDATES = "updates"
    OFF = "off"


class Bypass(StrEnum):
    """A requirement of Windows 11 that Setup can be told not to check."""

    TPM = "tpm"
    SECURE_BOOT = "secure-boot"
    RAM = "ram"
    CPU = "cpu"
    STORAGE = "storage"


@dataclass(frozen=True, slots=True)
class Oobe:
    """What is left to choose when every page is hidden."""

    express: Express = Express.OFF
