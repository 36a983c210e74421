"""Countries and regions by GeoID, English name or two-letter code."""

from __future__ import annotations

from functools import cache

from toolkit.catalog.tables import rows


@cache
def _geo_ids() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows("geo-ids"):
        for name in (row["id"], row["name"], row.get("country")):
            if name:
                found.setdefault(name.casefold(), row["id"])
    return found


def geo_id(name: str) -> str | None:
    """Give the GeoID for a name ("Germany"), a country code ("DE") or the number itself, in any case."""
    return _geo_ids().get(name.casefold())


def region_names() -> list[str]:
    """Give the names that `geo_id` understands, for suggestions."""
    return [row["name"] for row in rows("geo-ids")]
