"""Time zones by the names that Windows knows, and from the IANA names that everybody else writes."""

from __future__ import annotations

from functools import cache

from toolkit.catalog.tables import rows


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
    return windows_ids().get(key) or iana_names().get(key)


def known_names() -> list[str]:
    """Give every name that `windows_id` understands, for suggestions."""
    return [*windows_ids().values(), *(row["id"] for row in rows("iana-time-zones"))]
