"""A wireless network for every user: a profile in the WLAN schema, which netsh adds and which then goes.

The schema: MicrosoftDocs/win32 desktop-src/NativeWiFi, wlan_profileschema and WPA3SAE. Modelled: that the wireless
service takes profiles in specialize, which public answer files rely on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.files import NamedFile
from toolkit.render.runner.step import RunnerStep
from toolkit.render.templating import render
from toolkit.spec.surroundings import WlanSecurity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest
    from toolkit.spec.surroundings import Wlan

_PROFILE = "wlan.xml"
_SCRIPT = "wlan.cmd"
# authentication and encryption, by the schema's names
_KINDS = {
    WlanSecurity.OPEN: ("open", "none"),
    WlanSecurity.WPA2: ("WPA2PSK", "AES"),
    WlanSecurity.WPA3: ("WPA3SAE", "AES"),
}
_KEY_LENGTH = 64  # hexadecimal digits: then it is the key itself and no passphrase


def wlan_steps(guest: Guest) -> Iterator[RunnerStep]:
    """Give the step that adds the profile and removes the file, which holds the password.

    A machine without the wireless service refuses the profile. Where a step of specialize fails, Setup stops for good
    and says so on the screen, so this one may fail: the log tells.
    """
    if guest.wlan is None:
        return
    script = render("runner/wlan.cmd.j2", profile=_PROFILE).replace("\n", "\r\n").encode("ascii")
    files = (NamedFile(_PROFILE, _profile(guest.wlan)), NamedFile(_SCRIPT, script))
    yield RunnerStep("wireless network", f'cmd.exe /d /c "%HERE%{_SCRIPT}"', files, optional=True)


def _profile(wlan: Wlan) -> bytes:
    authentication, encryption = _KINDS[wlan.security]
    password = wlan.password.reveal() if wlan.password else None
    text = render(
        "runner/wlan.xml.j2",
        wlan=wlan,
        ssid_hex=wlan.ssid.encode("utf-8").hex().upper(),
        authentication=authentication,
        encryption=encryption,
        password=password,
        key_type="networkKey" if password and len(password) == _KEY_LENGTH else "passPhrase",
    )
    return text.replace("\n", "\r\n").encode("ascii", "xmlcharrefreplace")
