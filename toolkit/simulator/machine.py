"""WinRM, its firewall and its policies inside a guest that is still being set up."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from toolkit.values import dataclass

HTTP_PORT = 5985
HTTPS_PORT = 5986
_WINDOWS_8 = 9200


class Transport(StrEnum):
    HTTP = "HTTP"
    HTTPS = "HTTPS"


PORTS = {Transport.HTTP: HTTP_PORT, Transport.HTTPS: HTTPS_PORT}


@dataclass(frozen=True, slots=True)
class Listener:
    transport: Transport
    port: int


@dataclass(frozen=True, slots=True)
class Rule:
    """An inbound firewall rule for TCP ports, as ranges. Profiles and remote addresses are not modelled."""

    name: str
    allow: bool
    ranges: tuple[tuple[int, int], ...]

    def covers(self, port: int) -> bool:
        return any(first <= port <= last for first, last in self.ranges)


@dataclass(frozen=True, slots=True)
class LogonTask:
    """A command that runs at a logon: at every one, or at the next one only."""

    name: str
    command: str
    once: bool = False


@dataclass(frozen=True, slots=True)
class Machine:
    """The settings that decide who gets in. Defaults: a Windows client, where WinRM is shut (MicrosoftDocs/win32).

    `files` are base names in lower case: those on the medium and those that scripts have written. `logons_left` counts
    the automatic logons, without end where it is None.
    """

    service_running: bool = False
    service_disabled: bool = False
    service_automatic: bool = False
    sshd_installed: bool = False
    sshd_running: bool = False
    sshd_automatic: bool = False
    logs_on: bool = False
    logons_left: int | None = None
    logon_tasks: tuple[LogonTask, ...] = ()
    listeners: tuple[Listener, ...] = ()
    firewall_on: bool = True
    rules: tuple[Rule, ...] = ()
    basic: bool = False
    negotiate: bool = True
    allow_unencrypted: bool = False
    remote_elevation: bool = False
    max_timeout_ms: int = 60_000
    max_envelope_kb: int = 500
    max_shells_per_user: int = 30
    max_memory_per_shell_mb: int = 1024
    max_processes_per_shell: int = 25
    kerberos: bool = True
    certificate: bool = False
    credssp: bool = False
    certificate_imported: bool = False
    files: frozenset[str] = frozenset()

    @property
    def open_ports(self) -> frozenset[int]:
        """The ports that a client from outside reaches. A block rule beats every allow rule."""
        if not self.service_running:
            return frozenset()
        return frozenset(listener.port for listener in self.listeners if self.lets_in(listener.port))

    def listener(self, transport: Transport) -> Listener | None:
        return next((listener for listener in self.listeners if listener.transport is transport), None)

    @property
    def block_rules(self) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if not rule.allow)

    def lets_in(self, port: int) -> bool:
        deciding = [rule.allow for rule in self.rules if rule.covers(port)]
        return not self.firewall_on or (bool(deciding) and all(deciding))

    @property
    def another_logon(self) -> bool:
        return self.logs_on and self.logons_left != 0

    def restarted(self) -> Machine:
        running = self.service_automatic and not self.service_disabled
        return replace(self, service_running=running, sshd_running=self.sshd_automatic)

    def logged_on(self) -> Machine:
        """Give the machine after one more automatic logon."""
        left = None if self.logons_left is None else self.logons_left - 1
        return replace(self, logons_left=left, logon_tasks=tuple(task for task in self.logon_tasks if not task.once))

    def why_closed(self) -> str:
        """Say what stands between a client and WinRM, beginning at the service."""
        if not self.service_running:
            return "the WinRM service does not run"
        if not self.listeners:
            return "WinRM has no listener"
        if self.firewall_on and self.block_rules:
            return f'the firewall rule "{self.block_rules[0].name}" blocks its port'
        return "no firewall rule lets its port in"


BUILT_IN = Rule("Windows Remote Management (HTTP-In)", allow=True, ranges=((HTTP_PORT, HTTP_PORT),))


def installed(*, server: bool, build: int) -> Machine:
    """Give the machine as Setup leaves it: servers since 2012 have WinRM on and open, 2008 R2 only the service."""
    if not server:
        return Machine()
    if build < _WINDOWS_8:
        return Machine(service_running=True, service_automatic=True)
    return Machine(
        service_running=True,
        service_automatic=True,
        listeners=(Listener(Transport.HTTP, HTTP_PORT),),
        rules=(BUILT_IN,),
    )
