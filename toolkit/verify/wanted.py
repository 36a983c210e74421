"""What the guest should be, by its spec, held against what it says it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.verify.facts import GuestFacts

# COMPUTERNAME is the NetBIOS name: 15 characters, in capitals.
_NETBIOS_LENGTH = 15


@dataclass(frozen=True, slots=True)
class Wanted:
    """None stands for "any". A `host_name` of `*` does too: Setup makes one up."""

    host_name: str | None = None
    build: int | None = None


def differences(wanted: Wanted, found: GuestFacts) -> tuple[str, ...]:
    """Say, one sentence each, where the guest is not the wanted one. It works nevertheless: these are warnings."""
    lines: list[str] = []
    if not _same_name(wanted.host_name, found.computer):
        lines.append(f"The guest is named {found.computer}, but the spec says {wanted.host_name}.")
    build = found.build.partition(".")[0]
    if wanted.build is not None and build and build != str(wanted.build):
        lines.append(f"The guest runs build {build}, but the spec's Windows is build {wanted.build}.")
    if found.elevated is False:
        lines.append(f"{found.user} works without an administrator's rights.")
    return tuple(lines)


def _same_name(wanted: str | None, found: str) -> bool:
    return wanted in (None, "*") or wanted[:_NETBIOS_LENGTH].casefold() == found[:_NETBIOS_LENGTH].casefold()
