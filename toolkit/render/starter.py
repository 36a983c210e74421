"""The spec that `unattend init` writes: short, commented, and good as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.releases import releases
from toolkit.catalog.suggest import did_you_mean, one_of
from toolkit.errors import UsageError
from toolkit.render.templating import render

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_RELEASE = "server-2022"


def starter(release: str, edition: str | None) -> str:
    """Give the text of a spec for `release` and `edition`. UsageError lists what there is."""
    facts = releases()[_known("release", release, releases())]
    edition = _known("edition", edition or facts.default_edition, facts.editions)
    return render("spec/unattend.toml.j2", release=facts, edition=edition)


def _known(what: str, name: str, table: Mapping[str, object]) -> str:
    if name not in table:
        hint = did_you_mean(name, table) or ""
        known = f"{hint[:1].upper()}{hint[1:]} Known here: {one_of(table)}.".strip()
        raise UsageError(f'the {what} "{name}" is not known', help=known)
    return name
