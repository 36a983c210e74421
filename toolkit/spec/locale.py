"""Languages, formats and keyboards: four separate choices, because people make them separately."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from toolkit.catalog import languages, regions
from toolkit.catalog.releases import WINDOWS_10
from toolkit.catalog.suggest import did_you_mean
from toolkit.spec.guest import Locale
from toolkit.spec.section import Findings, Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from toolkit.spec.guest import Windows
    from toolkit.spec.places import KeyPath

# Microsoft-Windows-International-Core-WinPE/LayeredDriver: what Setup asks on Japanese and Korean media.
_KEYBOARD_TYPES = {
    "101-102": 1,
    "korean-1": 2,
    "korean-2": 3,
    "korean-3": 4,
    "korean-103-106": 5,
    "japanese-106-109": 6,
}
# By the language of Setup's first keyboard: what is sold with it. That Setup offers the same first is practice.
_USUAL_TYPES = {"0411": 6, "ja-JP": 6, "0412": 2, "ko-KR": 2}


class LocaleSection(Section):
    """`[locale]`."""

    ui_language: str = Field("en-US", description="Display language; it must be on the medium.")
    system_locale: str | None = Field(None, description="For programs without Unicode. Default: ui_language.")
    user_locale: str | None = Field(None, description="Dates, numbers, currency. Default: ui_language.")
    keyboards: list[str] = Field(
        default_factory=list, description="Locale names, layout names or LCID:KLID. Default: user_locale's."
    )
    pe_keyboard: str | None = Field(None, description="Setup's own keyboard. Default: the keyboards of Windows.")
    keyboard_type: (
        Literal["101-102", "korean-1", "korean-2", "korean-3", "korean-103-106", "japanese-106-109"] | None
    ) = Field(None, description="Keys of a Japanese or Korean keyboard. Default: the usual of Setup's own keyboard.")
    region: str | None = Field(
        None, description='Country or region: "Germany", "DE" or a GeoID. Default: Windows takes it from user_locale.'
    )


def resolve_locale(section: LocaleSection, windows: Windows | None, findings: Findings) -> Locale:
    """Check every name against the tables, filling what is absent from the display language."""
    ui_language = _named(("locale", "ui_language"), section.ui_language, languages.ui_languages(), findings)
    system = _locale("system_locale", section.system_locale, ui_language, findings)
    user = _locale("user_locale", section.user_locale, ui_language, findings)
    keyboards = tuple(_keyboard(("locale", "keyboards", n), name, findings) for n, name in enumerate(section.keyboards))
    keyboards = keyboards or (user,)
    pe = section.pe_keyboard
    pe_keyboards = () if pe is None else (_keyboard(("locale", "pe_keyboard"), pe, findings),)
    if windows and windows.release.build < WINDOWS_10:
        _check_age(section, windows, findings)
    kind = section.keyboard_type
    number = _KEYBOARD_TYPES[kind] if kind else _USUAL_TYPES.get((pe_keyboards or keyboards)[0].partition(":")[0])
    return Locale(ui_language, system, user, keyboards, pe_keyboards, _region(section.region, findings), number)


def _check_age(section: LocaleSection, windows: Windows, findings: Findings) -> None:
    """Refuse locales that came later: OOBE would ask for others."""
    named: list[tuple[KeyPath, str | None]] = [
        (("locale", key), getattr(section, key)) for key in ("system_locale", "user_locale", "pe_keyboard")
    ]
    named += [(("locale", "keyboards", number), name) for number, name in enumerate(section.keyboards)]
    for path, name in named:
        if name and name.casefold() in languages.new_in_windows_10():
            message = f'the locale "{name}" came with Windows 10; {windows.release.name} does not know it'
            findings.error(path, message, help='Write one that it knows, such as "en-US".')


def _region(name: str | None, findings: Findings) -> str | None:
    found = None if name is None else regions.geo_id(name)
    if name is not None and found is None:
        help_ = did_you_mean(name, regions.region_names()) or 'For example "Germany", "DE" or "94".'
        findings.error(("locale", "region"), f'locale.region "{name}" is not a country or region', help=help_)
    return found


def _locale(key: str, name: str | None, default: str, findings: Findings) -> str:
    return default if name is None else _named(("locale", key), name, languages.locales(), findings)


def _named(path: KeyPath, name: str, known: Mapping[str, str], findings: Findings) -> str:
    found = known.get(name.casefold())
    if found is None:
        _unknown(path, f'locale.{path[-1]} "{name}"', name, known.values(), findings)
    return found or name


def _keyboard(path: KeyPath, name: str, findings: Findings) -> str:
    found = languages.input_locale(name)
    if found is None:
        _unknown(path, f'the keyboard "{name}"', name, languages.input_names(), findings)
    return found or name


def _unknown(path: KeyPath, what: str, name: str, known: Iterable[str], findings: Findings) -> None:
    findings.error(path, f"{what} is not known to Windows", help=did_you_mean(name, known) or 'For example "en-US".')
