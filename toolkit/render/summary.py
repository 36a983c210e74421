"""What a bootstrap did, in words, for the end of its log."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from toolkit.render.winrm_steps import methods, needs_unencrypted
from toolkit.spec.guest import Ssh, Winrm

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest


def summary(guest: Guest, communicator: Winrm | Ssh) -> tuple[str, ...]:
    """Give one line for each thing that a person at the console would ask about."""
    match communicator:
        case Ssh():
            doors: tuple[str, ...] = (f"SSH on port {communicator.port}",)
        case Winrm():
            doors = _winrm(guest, communicator)
        case _:
            assert_never(communicator)
    return (*doors, f"let in from: {', '.join(guest.bootstrap.allow_from) or 'anywhere'}")


def _winrm(guest: Guest, winrm: Winrm) -> tuple[str, ...]:
    bootstrap = guest.bootstrap
    on = (name for name, wanted in methods(winrm, bootstrap).items() if wanted)
    clear = not bootstrap.kerberos and needs_unencrypted(winrm, bootstrap.consumer)
    return (
        f"WinRM over {'https' if winrm.ssl else 'http'} on port {winrm.port}",
        f"methods: {', '.join(on)}",
        f"messages: {'may be in the clear' if clear else 'always encrypted'}",
        *(("SSH on port 22",) if bootstrap.also_ssh else ()),
    )
