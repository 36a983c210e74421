"""Languages, for Windows PE and for the installed system: neither inherits the other's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.contribution import INTERNATIONAL, PE_INTERNATIONAL, Contribution, Pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give all four settings in both places: OOBE asks when one is missing (cschneegans/unattend-generator#333)."""
    locale = guest.locale
    data = {
        "input_locale": ";".join(locale.keyboards),
        "system_locale": locale.system_locale,
        "ui_language": locale.ui_language,
        "user_locale": locale.user_locale,
    }
    yield Contribution(Pass.WINDOWS_PE, PE_INTERNATIONAL, "locale.xml.j2", {**data, "in_pe": True})
    yield Contribution(Pass.OOBE_SYSTEM, INTERNATIONAL, "locale.xml.j2", {**data, "in_pe": False})
