"""OOBE that asks nothing, by the settings that each release has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.releases import WINDOWS_8
from toolkit.catalog.settings import has
from toolkit.render.answerfile.contribution import SHELL, Contribution, Pass
from toolkit.spec.oobe_choices import Express

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

_PROTECT_YOUR_PC = {Express.ON: "1", Express.UPDATES: "2", Express.OFF: "3"}


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Hide every page that the release has and documents a setting for.

    Accounts in the answer file suppress the pages about accounts by themselves.
    """
    build = guest.windows.release.build
    settings = [(name, value) for name, value in _wanted(guest) if has(SHELL, f"OOBE/{name}", build)]
    yield Contribution(Pass.OOBE_SYSTEM, SHELL, "oobe.xml.j2", {"settings": settings})


def _wanted(guest: Guest) -> Iterator[tuple[str, str]]:
    """HideLocalAccountScreen is documented for servers, where the page asks for the Administrator's password.

    HideOnlineAccountScreens is for clients. NetworkLocation hides a page that is gone since Windows 8.
    """
    yield "HideEULAPage", "true"
    yield ("HideLocalAccountScreen" if guest.windows.release.server else "HideOnlineAccountScreens"), "true"
    yield "HideOEMRegistrationScreen", "true"
    yield "HideWirelessSetupInOOBE", "true"
    if guest.windows.release.build < WINDOWS_8:
        yield "NetworkLocation", "Work"
    yield "ProtectYourPC", _PROTECT_YOUR_PC[guest.oobe.express]
