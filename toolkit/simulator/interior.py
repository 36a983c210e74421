"""What a simulated guest is behind its doors: edition, set-up, pending restarts, leftovers, WinRM's settings."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from toolkit.simulator.machine import Listener, Machine, Rule, Transport
from toolkit.spec.guest import Architecture, Style, Winrm
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest

READY_MARKER = r"c:\programdata\unattend\winrm-ready.txt"
FAILED_MARKER = r"c:\programdata\unattend\winrm-failed.txt"

_EVALUATION_MINUTES = 180 * 24 * 60
_MARKERS = {"winrm-ready.txt": READY_MARKER, "winrm-failed.txt": FAILED_MARKER}


@dataclass(frozen=True, slots=True)
class Interior:
    """Modelled: the values that Windows Server 2022 shows when its set-up is over and nobody has changed anything.

    `policies` names WinRM settings that a policy owns. `listeners` and `rules` are None where the guest's open ports
    say it all. `license_minutes` is what is left of an evaluation (0: no end). `pending` holds reasons for a restart
    as registry keys, `new_name` a computer name that waits for one. `files` are paths, lower case; those with passwords
    in them stand apart.
    """

    edition: str = "ServerStandard"
    architecture: str = "AMD64"
    language: str = "en-US"
    license_minutes: int = 0
    kerberos: bool = True
    certificate: bool = False
    max_memory_per_shell_mb: int = 1024
    max_processes_per_shell: int = 25
    policies: frozenset[str] = frozenset()
    listeners: tuple[Listener, ...] | None = None
    rules: tuple[Rule, ...] | None = None
    image_state: str = "IMAGE_STATE_COMPLETE"
    setting_up: bool = False
    out_of_box: bool = False
    processes: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()
    pending_renames: bool = False
    new_name: str | None = None
    autologon: bool = False
    autologon_password: bool = False
    files: frozenset[str] = frozenset({READY_MARKER})
    files_with_passwords: frozenset[str] = field(default_factory=frozenset)

    def has(self, path: str) -> bool:
        return path.casefold() in self.files | self.files_with_passwords


def interior_of_machine(machine: Machine) -> Interior:
    """Give the inside of a guest whose first boot has ended in `machine`."""
    return Interior(
        kerberos=machine.kerberos,
        certificate=machine.certificate,
        max_memory_per_shell_mb=machine.max_memory_per_shell_mb,
        max_processes_per_shell=machine.max_processes_per_shell,
        listeners=machine.listeners,
        rules=machine.rules,
        files=frozenset(path for name, path in _MARKERS.items() if name in machine.files),
    )


def interior_of_spec(guest: Guest) -> Interior:
    """Give the inside that the spec asks for: its edition, language and quotas, and a bootstrap that has ended."""
    windows, quotas = guest.windows, guest.bootstrap.quotas
    edition = windows.release.editions[windows.edition].edition_id
    closed = guest.bootstrap.style is Style.CLOSED
    return Interior(
        edition=f"{edition}Eval" if windows.evaluation else edition,
        architecture=windows.architecture.value.upper() if windows.architecture is not Architecture.X86 else "x86",
        language=guest.locale.ui_language,
        license_minutes=_EVALUATION_MINUTES if windows.evaluation else 0,
        max_memory_per_shell_mb=quotas.max_memory_per_shell_mb,
        max_processes_per_shell=quotas.max_processes_per_shell,
        listeners=_listeners(guest),
        files=frozenset({READY_MARKER}) if closed else frozenset(),
    )


def _listeners(guest: Guest) -> tuple[Listener, ...]:
    match guest.communicator:
        case Winrm(ssl=ssl, port=port):
            return (Listener(Transport.HTTPS if ssl else Transport.HTTP, port),)
        case _:
            return ()
