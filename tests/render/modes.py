"""Every mode in which a guest can be opened, on every release that can: what golden files and matrices are made of."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from tests.render.guests import CERTIFICATE, bootstrap, guest, ssh, winrm
from tests.render.openssh import KEY, MSI, ZIP
from toolkit.catalog.releases import releases
from toolkit.errors import ToolkitError
from toolkit.render.bootstrap import bootstrap_files
from toolkit.spec.guest import CarriedFile, Consumer, GuestMade, HostMade, Installation, OpenSsh

if TYPE_CHECKING:
    from toolkit.files import NamedFile
    from toolkit.spec.guest import Guest

_BASE = bootstrap()
_OPENSSH = OpenSsh(CarriedFile("OpenSSH-Win64.msi", MSI))

MODES = {
    "http basic packer": guest(winrm()),
    "http ntlm packer": guest(winrm(ntlm=True)),
    "http ntlm any": guest(winrm(ntlm=True), bootstrap(consumer=Consumer.ANY)),
    "http ntlm ansible": guest(winrm(ntlm=True), bootstrap(consumer=Consumer.ANSIBLE)),
    "http ntlm vagrant port": guest(winrm(ntlm=True, port=8080), bootstrap(consumer=Consumer.VAGRANT)),
    "http kerberos": guest(winrm(), replace(_BASE, consumer=Consumer.ANY, kerberos=True, allow_from=("10.0.0.0/8",))),
    "https basic": guest(winrm(ssl=True)),
    "https ntlm port": guest(winrm(ssl=True, ntlm=True, port=8443)),
    "https guest made": guest(
        winrm(ssl=True), replace(_BASE, certificate=GuestMade(), certificate_names=("win.lab", "10.0.0.5", "fd00::5"))
    ),
    "https client certificate": guest(winrm(ssl=True), replace(_BASE, client_certificate=HostMade())),
    "https credssp psrp": guest(winrm(ssl=True, ntlm=True), replace(_BASE, credssp=True, psrp=True)),
    "https and ssh": guest(
        winrm(ssl=True), replace(_BASE, also_ssh=True, openssh=_OPENSSH, allow_from=("10.0.0.5", "fd00::/8"))
    ),
    "ssh capability": guest(ssh()),
    "ssh msi port keys shell": guest(
        ssh(port=2222),
        replace(_BASE, openssh=replace(_OPENSSH, authorized_keys=(KEY,), default_shell="powershell")),
    ),
    "ssh zip": guest(
        ssh(), replace(_BASE, openssh=OpenSsh(CarriedFile("OpenSSH-Win64.zip", ZIP), default_shell="cmd"))
    ),
}


# The one Windows that comes without PowerShell.
OLD_CORE = "server-2008r2 core"
WINDOWS = (*releases(), OLD_CORE)


def on(release: str, wanted: Guest) -> Guest:
    """Give the same guest with another Windows, named as in WINDOWS."""
    key, _, core = release.partition(" ")
    installation = Installation.CORE if core else Installation.DESKTOP
    return replace(wanted, windows=replace(wanted.windows, release=releases()[key], installation=installation))


def files_of(wanted: Guest) -> tuple[NamedFile, ...] | None:
    """Give the guest's bootstrap; None where its release cannot have it."""
    try:
        return bootstrap_files(wanted, CERTIFICATE)
    except ToolkitError:
        return None


@cache
def matrix() -> dict[str, Guest]:
    """Give every mode on every release that can have it, by `mode, release`."""
    pairs = ((f"{mode}, {release}", on(release, wanted)) for release in WINDOWS for mode, wanted in MODES.items())
    return {name: wanted for name, wanted in pairs if files_of(wanted) is not None}


@cache
def groups(number: int) -> tuple[tuple[str, ...], ...]:
    """Group the matrix by the commands of the first (0: opening) or second (1: closing) script, which are the same."""
    names: dict[str, list[str]] = {}
    for name, wanted in matrix().items():
        files = files_of(wanted) or ()
        lines = files[number].data.decode("ascii").splitlines()
        names.setdefault("\n".join(line for line in lines if not line.startswith(("rem ", "echo "))), []).append(name)
    return tuple(map(tuple, names.values()))


def distinct(number: int = 0) -> dict[str, Guest]:
    """Give one guest of each group."""
    return {group[0]: matrix()[group[0]] for group in groups(number)}
