"""Windows releases: editions, the names of their images in install.wim, and the published keys that only set up."""

from __future__ import annotations

from dataclasses import field
from functools import cache
from typing import Any, Literal

from toolkit.catalog.tables import rows
from toolkit.values import dataclass

# The first builds of Windows 8 and later, which their servers share (2012, 2012 R2, 2016).
WINDOWS_8, WINDOWS_8_1, WINDOWS_10 = 9200, 9600, 10240


@dataclass(frozen=True, slots=True)
class Edition:
    """`core_image` and `evaluation_image` are None where the release has none under this edition.

    `build` is the edition's own where it stays behind the release's, as those of the long-term channel do; so are
    `architectures`, where it has not all of the release's.
    """

    key: str
    edition_id: str
    image: str
    core_image: str | None
    evaluation_image: str | None
    generic_key: str | None
    kms_key: str | None
    build: int | None = None
    architectures: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """The published keys, which set up and do not activate."""
        return tuple(key for key in (self.generic_key, self.kms_key) if key)


@dataclass(frozen=True, slots=True)
class Release:
    """One Windows release. `build` is that of its newest version; `versions` are those with a name.

    `first_build` is the oldest that bears the name.
    """

    key: str
    name: str
    family: Literal["client", "server"]
    build: int
    first_build: int
    firmware: str
    default_edition: str
    default_key: Literal["generic", "kms"]
    installations: tuple[str, ...]
    architectures: tuple[str, ...]
    editions: dict[str, Edition]
    versions: dict[str, int] = field(default_factory=dict)

    @property
    def server(self) -> bool:
        return self.family == "server"


@cache
def releases() -> dict[str, Release]:
    """Give every known release by its key, such as `server-2022`."""
    return {row["key"]: _release(row) for row in rows("releases")}


def release_of(build: int, *, server: bool) -> Release | None:
    """Give the release that a build is of; None for one of a Windows that is not in the table, such as 8.

    The newest is taken to go on: its next versions bear its name.
    """
    family = [release for release in releases().values() if release.server is server]
    found = max((each for each in family if each.first_build <= build), key=lambda each: each.build, default=None)
    return found if found and (build <= found.build or found is family[-1]) else None


def _release(row: dict[str, Any]) -> Release:
    return Release(
        key=row["key"],
        name=row["name"],
        family=row["family"],
        build=row["build"],
        first_build=row["first_build"],
        firmware=row["firmware"],
        default_edition=row["default_edition"],
        default_key=row["default_key"],
        installations=tuple(row["installations"]),
        architectures=tuple(row["architectures"]),
        editions={key: _edition(key, facts) for key, facts in row["editions"].items()},
        versions=row.get("versions", {}),
    )


def _edition(key: str, facts: dict[str, Any]) -> Edition:
    return Edition(
        key=key,
        edition_id=facts["edition_id"],
        image=facts["image"],
        core_image=facts.get("core_image"),
        evaluation_image=facts.get("evaluation_image"),
        generic_key=facts["generic_key"],
        kms_key=facts["kms_key"],
        build=facts.get("build"),
        architectures=tuple(facts.get("architectures", ())),
    )
