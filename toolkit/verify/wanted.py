"""What the guest should be, by its spec, held against what it says it is."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from toolkit.catalog.releases import releases
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.spec.guest import Architecture, Bootstrap, Computer, Windows, Winrm
    from toolkit.verify.facts import GuestFacts

# COMPUTERNAME is the NetBIOS name: 15 characters, in capitals.
_NETBIOS_LENGTH = 15


# Settings by their path below winrm/config. A guest that shows less than the quotas is not the declared one; more is.
QUOTAS = {
    "max_timeout_ms": "MaxTimeoutms",
    "max_envelope_kb": "MaxEnvelopeSizekb",
    "max_memory_per_shell_mb": "Winrs/MaxMemoryPerShellMB",
    "max_shells_per_user": "Winrs/MaxShellsPerUser",
    "max_processes_per_shell": "Winrs/MaxProcessesPerShell",
}


@dataclass(frozen=True, slots=True)
class Declared:
    """WinRM as the spec, or the manifest of what was generated, declares it.

    `switches` and `quotas` go by the path of the setting below winrm/config. `marker` is whether a bootstrap that has
    done its work leaves a mark of it.
    """

    port: int
    ssl: bool
    switches: Mapping[str, bool] = field(default_factory=dict)
    quotas: Mapping[str, int] = field(default_factory=dict)
    marker: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """None stands for "any". A `host_name` of `*` does too: Setup makes one up. `edition` is Windows' own EditionID.

    Of `builds` each is as good; where there are none, any is.
    """

    host_name: str | None = None
    builds: tuple[int, ...] = ()
    edition: str | None = None
    architecture: str | None = None
    language: str | None = None
    declared: Declared | None = None


def wanted_by(windows: Windows, computer: Computer, declared: Declared | None, language: str | None = None) -> Wanted:
    """Give what a spec wants of the guest itself."""
    edition = windows.release.editions[windows.edition].edition_id
    return Wanted(
        host_name=computer.name,
        builds=_builds(windows),
        edition=f"{edition}Eval" if windows.evaluation else edition,
        architecture=_processor(windows.architecture),
        language=language,
        declared=declared,
    )


def declared_by(winrm: Winrm, bootstrap: Bootstrap) -> Declared:
    """Give what a spec declares of WinRM, as the bootstrap sets it up.

    AllowUnencrypted: Basic over http has no encryption, and Packer does not use NTLM's (hashicorp/packer#6205).
    """
    seals = winrm.ntlm and bootstrap.consumer.value not in {"packer", "any"}
    return Declared(
        port=winrm.port,
        ssl=winrm.ssl,
        switches={
            "Service/AllowUnencrypted": not (winrm.ssl or seals or bootstrap.kerberos),
            "Service/Auth/Basic": not (winrm.ntlm or bootstrap.kerberos),
            "Service/Auth/Negotiate": True,
            "Service/Auth/Certificate": bootstrap.client_certificate is not None,
            "Service/Auth/CredSSP": bootstrap.credssp,
        },
        quotas={path: getattr(bootstrap.quotas, name) for name, path in QUOTAS.items()},
        marker=bootstrap.style.value == "closed",
    )


def declared_by_manifest(manifest: Mapping[str, Any]) -> Declared | None:
    """Give what a manifest declares of WinRM, or None where it is none of a guest with WinRM."""
    communicator = manifest.get("communicator")
    if not isinstance(communicator, dict) or communicator.get("kind") != "winrm":
        return None
    return Declared(
        port=int(communicator["port"]),
        ssl=bool(communicator["ssl"]),
        switches={"Service/Auth/Basic": communicator.get("auth") == "basic"},
        quotas={path: int(communicator[name]) for name, path in QUOTAS.items() if name in communicator},
    )


def differences(wanted: Wanted, found: GuestFacts) -> tuple[str, ...]:
    """Say, one sentence each, where the guest is not the wanted one. It works nevertheless: these are warnings."""
    lines: list[str] = []
    if not _same_name(wanted.host_name, found.computer):
        lines.append(f"The guest is named {found.computer}, but the spec says {wanted.host_name}.")
    build = found.build.partition(".")[0]
    if wanted.builds and build and build not in map(str, wanted.builds):
        known = ", ".join(map(str, wanted.builds))
        lines.append(f"The guest runs build {build}, but the spec's Windows is build {known}.")
    if found.elevated is False:
        lines.append(f"{found.user} works without an administrator's rights.")
    return tuple(lines)


def _same_name(wanted: str | None, found: str) -> bool:
    return wanted in (None, "*") or wanted[:_NETBIOS_LENGTH].casefold() == found[:_NETBIOS_LENGTH].casefold()


def _builds(windows: Windows) -> tuple[int, ...]:
    """Give the build of the version that the spec names; where it names none, or the newest, those of them all."""
    release = windows.release
    if release.build != releases()[release.key].build:
        return (release.build,)
    return tuple(sorted({release.build, *release.versions.values()}))


def _processor(architecture: Architecture) -> str:
    """Name an architecture as %PROCESSOR_ARCHITECTURE% does."""
    return "x86" if architecture.value == "x86" else architecture.value.upper()
