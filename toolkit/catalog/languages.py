"""Display languages, locales and keyboards by the names that Windows Setup accepts."""

from __future__ import annotations

import re
from functools import cache

from toolkit.catalog.tables import rows

_NO_LCID = "1000"  # LOCALE_CUSTOM_UNSPECIFIED: the locale has a name but no number of its own
# These are older all the same: .NET lists them on Windows 8.1, with LOCALE_CUSTOM_UNSPECIFIED as their number.
_KNOWN_TO_WINDOWS_8_1 = frozenset({"mg-mg", "nqo-gn", "pt-ao"})
_INPUT = re.compile(r"[0-9a-f]{4}:(?:[0-9a-f]{8}|\{[0-9a-f-]{36}\}\{[0-9a-f-]{36}\})", re.IGNORECASE)


@cache
def ui_languages() -> dict[str, str]:
    """Give the languages that Windows media exist in, by case-folded name."""
    return {row["id"].casefold(): row["id"] for row in rows("ui-languages")}


@cache
def locales() -> dict[str, str]:
    """Give the names of locales that can be a system or user locale, by case-folded name.

    Every display language is one: the table has zh-CN and zh-TW under their script names only (zh-Hans-CN).
    """
    return {row["id"].casefold(): row["id"] for row in rows("locales") if "-" in row["id"]} | ui_languages()


@cache
def new_in_windows_10() -> frozenset[str]:
    """Give the locales without a number of their own, in small letters: nearly all came with Windows 10 (MS-LCID)."""
    without = frozenset(row["id"].casefold() for row in rows("locales") if row["lcid"] == _NO_LCID)
    return without - _KNOWN_TO_WINDOWS_8_1 - ui_languages().keys()


@cache
def _inputs() -> dict[str, str]:
    found = {}
    for row in rows("keyboards"):
        found[row["name"].casefold()] = row["id"] if ":" in row["id"] else f"{row['id'][-4:]}:{row['id']}"
    return found


def input_locale(name: str) -> str | None:
    """Give what InputLocale takes for a locale, for the name of a keyboard layout or input method, or for itself.

    A locale stays its name, for which Windows takes its own default: that is seldom the layout with the locale's number
    (nl-NL types on US International, ja-JP with an input method; "Default input locales for Windows language packs").
    None: not known.
    """
    key = name.casefold()
    if _INPUT.fullmatch(name):
        return key
    return _inputs().get(key) or locales().get(key)


def input_names() -> list[str]:
    """Give the names that `input_locale` understands, for suggestions."""
    return [*locales().values(), *(row["name"] for row in rows("keyboards"))]
