"""What answer files may say: components, their settings, and since or until which Windows each exists."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from functools import cache
from typing import Any, TypeAlias

from toolkit.catalog.tables import rows
from toolkit.values import dataclass

Facts: TypeAlias = dict[str, Any]

PASSES = (
    "windowsPE",
    "offlineServicing",
    "generalize",
    "specialize",
    "auditSystem",
    "auditUser",
    "oobeSystem",
)

# The first build of each Windows that the reference names. Servers share the builds of their clients.
_BUILDS = {
    "7": 7600,
    "8": 9200,
    "8.1": 9600,
    "10": 10240,
    "10-1511": 10586,
    "10-1607": 14393,
    "10-1703": 15063,
    "10-1709": 16299,
    "10-1803": 17134,
    "10-1809": 17763,
    "11": 22000,
    "unspecified": 10240,  # the pages that only say "deprecated" are Windows 10's
}


class Kind(StrEnum):
    """What a setting holds: other settings, or a value; once, or as one of a list (`item`, `leafitem`)."""

    CONTAINER = "container"
    ITEM = "item"
    LEAF_ITEM = "leafitem"
    LEAF = "leaf"


class Availability(StrEnum):
    """How a setting stands in one Windows."""

    CURRENT = "current"
    NOT_YET = "not yet"
    DEPRECATED = "deprecated"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. Limits are None, and `passes` is empty, where the reference is silent.

    `key` names what tells items of a list apart: a child element, or `@wcm:keyValue`. `max_length` counts UTF-16 units.
    `empty` is False where an empty element is documented as not accepted. `guess`: the type is inferred.
    """

    path: str
    kind: Kind
    type: str | None
    key: str | None
    enum: tuple[str, ...]
    minimum: int | None
    maximum: int | None
    max_length: int | None
    empty: bool | None
    guess: bool
    passes: tuple[str, ...]
    spellings: tuple[str, ...]
    added: str | None
    deprecated: str | None
    removed: str | None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    def availability(self, build: int) -> Availability:
        """Say how the setting stands in the Windows of that build."""
        if self.added and build < _BUILDS[self.added]:
            return Availability.NOT_YET
        if self.removed and build >= _BUILDS[self.removed]:
            return Availability.REMOVED
        if self.deprecated and build >= _BUILDS[self.deprecated]:
            return Availability.DEPRECATED
        return Availability.CURRENT


@dataclass(frozen=True, slots=True)
class Component:
    """One component. Of an `open` one only name and passes are known, and nothing can be said of its settings.

    `facts` are the table's, by the settings' paths: a setting is made of them when it is first asked for, since a
    document has few of them.
    """

    name: str
    spellings: tuple[str, ...]
    passes: tuple[str, ...]
    open: bool
    facts: dict[str, Facts] = field(repr=False)

    def setting(self, path: str) -> Setting | None:
        return _setting(self.name, path) if path in self.facts else None

    def settings_in(self, path: str) -> dict[str, Setting]:
        """Give the settings of the container at `path`, or of the component itself, by their own names."""
        inside = [known for known in self.facts if known.rpartition("/")[0] == path]
        return {setting.name: setting for setting in (_setting(self.name, known) for known in inside)}


@cache
def component_names() -> dict[str, str]:
    """Give the names of all components, by case-folded name."""
    return {row["name"].casefold(): row["name"] for row in rows("unattend-settings")}


@cache
def component(name: str) -> Component | None:
    """Find a component in any case; None where there is none of that name."""
    known = component_names().get(name.casefold())
    if known is None:
        return None
    row = next(row for row in rows("unattend-settings") if row["name"] == known)
    aliases = row.get("aliases", ())
    return Component(known, (known, *aliases), tuple(row["passes"]), row.get("open", False), row["settings"])


def has(component_name: str, path: str, build: int) -> bool:
    """Whether the Windows of that build has the setting, neither deprecated nor removed.

    Raises KeyError for a setting that the catalog does not know: that is a slip of ours.
    """
    return _setting(component_name, path).availability(build) is Availability.CURRENT


@cache
def _setting(component_name: str, path: str) -> Setting:
    known = component(component_name)
    if known is None:
        raise KeyError(component_name)
    facts = known.facts[path]
    return Setting(
        path=path,
        kind=Kind(facts.get("kind", "leaf")),
        type=facts.get("type"),
        key=facts.get("key"),
        enum=tuple(facts.get("enum", ())),
        minimum=facts.get("min"),
        maximum=facts.get("max"),
        max_length=facts.get("maxLength"),
        empty=facts.get("empty"),
        guess=facts.get("guess", False),
        passes=tuple(facts.get("passes", known.passes)),
        spellings=(path.rpartition("/")[2], *facts.get("case_alt", ())),
        added=facts.get("added"),
        deprecated=facts.get("deprecated"),
        removed=facts.get("removed") or facts.get("na"),
    )
