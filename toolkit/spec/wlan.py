"""`[wlan]`: a wireless network that every user of the guest gets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from toolkit.spec.secrets import SecretField, Vault
from toolkit.spec.section import Findings, Section
from toolkit.spec.surroundings import Wlan, WlanSecurity

if TYPE_CHECKING:
    from toolkit.secret import Secret
    from toolkit.spec.guest import Windows
    from toolkit.spec.places import KeyPath

_LONGEST_SSID = 32  # bytes (IEEE 802.11)
_PASSPHRASE = re.compile(r"[ -~]{8,63}|[0-9A-Fa-f]{64}")  # keyMaterial of the WLAN profile schema
_LONGEST_PASSPHRASE = 63
_WPA3_BUILD = 18362  # WPA3SAE came with Windows 10 1903 (MicrosoftDocs/win32 desktop-src/NativeWiFi)


class WlanSection(Section):
    """`[wlan]`."""

    ssid: str = Field(min_length=1, description="The network's name.")
    security: Annotated[WlanSecurity, Field(strict=False)] = Field(WlanSecurity.WPA2, description="open, wpa2 or wpa3.")
    password: SecretField | None = None
    hidden: bool = Field(default=False, description="The network does not announce its name.")


def resolve_wlan(section: WlanSection, windows: Windows | None, vault: Vault, findings: Findings) -> Wlan:
    """Check the name and the password against the standard's limits."""
    if len(section.ssid.encode("utf-8")) > _LONGEST_SSID:
        findings.error(("wlan", "ssid"), f"wlan.ssid is longer than {_LONGEST_SSID} bytes")
    password = _password(section, vault, findings)
    if windows and windows.release.server:
        findings.warning(("wlan",), f"{windows.release.name} has no wireless service until its feature is installed")
    if windows and section.security is WlanSecurity.WPA3 and windows.release.build < _WPA3_BUILD:
        findings.error(("wlan", "security"), f"{windows.release.name} does not know WPA3", help='Use "wpa2".')
    return Wlan(section.ssid, section.security, password, section.hidden)


def _password(section: WlanSection, vault: Vault, findings: Findings) -> Secret | None:
    path = ("wlan", "password")
    if section.security is WlanSecurity.OPEN:
        if section.password is not None:
            findings.error(path, "an open network takes no password", help='Remove it, or use security = "wpa2".')
        return None
    if section.password is None:
        findings.error(path, "wlan.password must be given", help='Or security = "open".')
        return None
    password = vault.secret(section.password, path, findings)
    if password is not None:
        _check_password(password.reveal(), section.security, path, findings)
    return password


def _check_password(password: str, security: WlanSecurity, path: KeyPath, findings: Findings) -> None:
    """WPA3 knows passphrases only (MicrosoftDocs/win32 desktop-src/NativeWiFi, sharedKey: keyType with WPA3SAE)."""
    if not _PASSPHRASE.fullmatch(password):
        findings.error(path, "wlan.password is neither 8 to 63 printable ASCII characters nor 64 hexadecimal digits")
    elif security is WlanSecurity.WPA3 and len(password) > _LONGEST_PASSPHRASE:
        message = "wlan.password is a key of 64 hexadecimal digits, and WPA3 takes a passphrase only"
        findings.error(path, message, help=f"Use 8 to {_LONGEST_PASSPHRASE} printable ASCII characters.")
