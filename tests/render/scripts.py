"""The bootstrap in PowerShell for every mode on every release that can have it, and as user data for every cloud."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from tests.render.guests import CERTIFICATE
from tests.render.modes import MODES, OLD_CORE, matrix, on
from toolkit.errors import ToolkitError
from toolkit.render.bootstrap import bootstrap_files
from toolkit.render.cloud import CloudTarget, cloud_files
from toolkit.spec.guest import Language

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest


def mode(name: str, release: str = "server-2022") -> Guest:
    return on(release, MODES[name])


def in_powershell(wanted: Guest) -> Guest:
    return replace(wanted, bootstrap=replace(wanted.bootstrap, language=Language.POWERSHELL))


def script(wanted: Guest) -> str:
    first = bootstrap_files(in_powershell(wanted), CERTIFICATE)[0]
    return first.data.decode("utf-8-sig").replace("\r\n", "\n")


@cache
def guests() -> dict[str, Guest]:
    """Give of the matrix the first with each script: the others would be the very same text."""
    seen: dict[str, tuple[str, Guest]] = {}
    for name, wanted in matrix().items():
        if OLD_CORE in name:
            continue
        seen.setdefault(script(wanted), (name, wanted))
    return dict(seen.values())


@cache
def cloud_scripts() -> dict[str, str]:
    """Give the user data by guest and cloud, of the guests that need no medium."""
    texts: dict[str, str] = {}
    for name, wanted in guests().items():
        for target in CloudTarget:
            try:
                first = cloud_files(wanted, target, CERTIFICATE)[0]
            except ToolkitError:
                continue
            texts[f"{name}, {target}"] = first.data.decode("ascii").replace("\r\n", "\n")
    return texts


@cache
def scripts() -> dict[str, str]:
    return {name: script(wanted) for name, wanted in guests().items()} | cloud_scripts()
