"""Languages, for Windows PE and for the installed system: neither inherits the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.releases import WINDOWS_8, WINDOWS_10
from toolkit.render.answerfile.contribution import (
    AFTER_COMMANDS,
    BEFORE_COMMANDS,
    DEPLOYMENT,
    INTERNATIONAL,
    PE_INTERNATIONAL,
    SHELL,
    CommandLine,
    Contribution,
    Pass,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest


_DEVICE_REGION = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Control Panel\DeviceRegion"
_GEO = r"Control Panel\International\Geo"


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give all four settings in both places: OOBE asks when one is missing (cschneegans/unattend-generator#333)."""
    locale = guest.locale
    data = {
        "input_locale": ";".join(locale.keyboards),
        "system_locale": locale.system_locale,
        "ui_language": locale.ui_language,
        "user_locale": locale.user_locale,
    }
    setup = {
        **data,
        "in_pe": True,
        "input_locale": ";".join(locale.pe_keyboards or locale.keyboards),
        "layered_driver": locale.keyboard_type,
    }
    yield Contribution(Pass.WINDOWS_PE, PE_INTERNATIONAL, "locale.xml.j2", setup)
    yield Contribution(Pass.OOBE_SYSTEM, INTERNATIONAL, "locale.xml.j2", {**data, "in_pe": False})
    if locale.region:
        yield from _region(locale.region, guest.windows.release.build)


def _region(geo_id: str, build: int) -> Iterator[Contribution]:
    """Set the GeoID by commands: no answer file has a setting for it.

    For the first user at the first logon, for later ones in the default profile, and since Windows 10 for the device.
    That nothing in OOBE overwrites the default profile's is modelled, not known.
    """
    lines = [CommandLine(_in_default_profile(geo_id), "Country or region of new users")]
    if build >= WINDOWS_10:
        device = f'reg.exe add "{_DEVICE_REGION}" /v DeviceRegion /t REG_DWORD /d {geo_id} /f'
        lines.append(CommandLine(device, "Country or region of the device"))
    yield Contribution(Pass.SPECIALIZE, DEPLOYMENT, "run_synchronous.xml.j2", {"lines": lines}, AFTER_COMMANDS)
    command = (
        f'powershell.exe -NoProfile -Command "Set-WinHomeLocation -GeoId {geo_id}"'
        if build >= WINDOWS_8  # the first with Set-WinHomeLocation
        else f'reg.exe add "HKCU\\{_GEO}" /v Nation /t REG_SZ /d {geo_id} /f'
    )
    first = {"lines": [CommandLine(command, "Country or region of the user")]}
    yield Contribution(Pass.OOBE_SYSTEM, SHELL, "first_logon_commands.xml.j2", first, BEFORE_COMMANDS)


def _in_default_profile(geo_id: str) -> str:
    hive = r"HKU\unattend"
    return (
        rf"cmd.exe /c reg load {hive} %SystemDrive%\Users\Default\NTUSER.DAT "
        rf'& reg add "{hive}\{_GEO}" /v Nation /t REG_SZ /d {geo_id} /f & reg unload {hive} & exit /b 0'
    )
