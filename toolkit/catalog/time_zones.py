"""Time zones by the names that Windows knows, and from the IANA names that everybody else writes."""

from __future__ import annotations

from functools import cache

from toolkit.catalog.tables import rows

_NO_DAYLIGHT_SAVING = "_dstoff"  # behind an id: the zone without summer time (Microsoft-Windows-Shell-Setup/TimeZone)


@cache
def windows_ids() -> dict[str, str]:
    """Give Windows time zone ids by their case-folded spelling."""
    return {row["id"].casefold(): row["id"] for row in rows("time-zones")}


@cache
def iana_names() -> dict[str, str]:
    """Give, for each case-folded IANA name, the Windows id (CLDR windowsZones)."""
    return {row["id"].casefold(): row["windows"] for row in rows("iana-time-zones")}


def windows_id(name: str) -> str | None:
    """Give the Windows id for a Windows or an IANA name, or None when it is neither."""
    key = name.casefold()
    zone = windows_ids().get(key.removesuffix(_NO_DAYLIGHT_SAVING))
    if zone and key.endswith(_NO_DAYLIGHT_SAVING):
        return zone + _NO_DAYLIGHT_SAVING
    return zone or iana_names().get(key)


def known_names() -> list[str]:
    """Give every name that `windows_id` understands, for suggestions."""
    return [*windows_ids().values(), *(row["id"] for row in rows("iana-time-zones"))]
