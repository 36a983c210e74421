"""WinRM listens where the spec says, and nowhere else: an http listener beside https is an open side door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.communicators.errors import FaultError
from toolkit.communicators.soap import CONFIG
from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, UnaskableError, error, warning
from toolkit.verify.checks.management import LISTENERS, elements, from_policy, number, parsed, texts
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Declared, Wanted

_FALLBACK = "winrm enumerate winrm/config/listener -format:pretty"


@dataclass(frozen=True, slots=True)
class Listener:
    """One listener, as Windows shows it."""

    address: str
    transport: str
    port: int
    enabled: bool
    thumbprint: str
    policy: bool


@dataclass(frozen=True, slots=True)
class Listeners:
    listeners: tuple[Listener, ...]

    def transports(self) -> frozenset[str]:
        return frozenset(one.transport for one in self.listeners if one.enabled)


def _ask(bench: Bench) -> Listeners:
    try:
        return Listeners(parse_listeners(bench.communicator.enumerate(LISTENERS)))
    except FaultError:
        done = bench.communicator.run(_FALLBACK)
        if done.exit_code != 0:
            raise
        return Listeners(parse_listeners(done.stdout))


def parse_listeners(data: bytes) -> tuple[Listener, ...]:
    """Read the listeners out of an envelope, or out of what `winrm enumerate` prints. Raises UnaskableError."""
    found = []
    for element in elements(parsed(data), CONFIG, "Listener"):
        told = texts(element)
        port = number(told.get("Port", ""))
        if port is None:
            raise UnaskableError("The guest shows a listener without a port.")
        found.append(
            Listener(
                address=told.get("Address", ""),
                transport=told.get("Transport", "").upper(),
                port=port,
                enabled=told.get("Enabled", "true").casefold() == "true",
                thumbprint=told.get("CertificateThumbprint", "").replace(" ", "").upper(),
                policy=from_policy(element),
            )
        )
    return tuple(found)


def _tell(facts: Listeners) -> str:
    shown = (
        f"{one.transport} on {one.address}:{one.port}{'' if one.enabled else ' (off)'}"
        f"{' by policy' if one.policy else ''}"
        for one in facts.listeners
    )
    return ", ".join(shown) or "no listener is shown"


def _judge(facts: Listeners, wanted: Wanted) -> tuple[Finding, ...]:
    declared = wanted.declared
    if declared is None:
        return ()
    transport = "HTTPS" if declared.ssl else "HTTP"
    fits = any(one.transport == transport and one.port == declared.port and one.enabled for one in facts.listeners)
    missing = () if fits else (warning(_missing(transport, declared)),)
    others = (one for one in facts.listeners if one.enabled and one.transport != transport)
    return (*missing, *(error(_extra(one)) if declared.ssl else warning(_extra(one)) for one in others))


def _missing(transport: str, declared: Declared) -> Failure:
    return Failure(
        Rung.POSTURE,
        "listener-differs",
        Verdict.FATAL,
        f"The guest has no {transport} listener on port {declared.port}, which the spec declares.",
        causes=("Something forwards the port that was connected to, or changed the listener.",),
        in_guest=("winrm enumerate winrm/config/listener",),
        in_spec=("communicator.winrm_port",),
    )


def _extra(listener: Listener) -> Failure:
    return Failure(
        Rung.POSTURE,
        "extra-listener",
        Verdict.FATAL,
        f"The guest also listens over {listener.transport} on port {listener.port}, which the spec does not declare.",
        causes=("The release has it on from the start, or a policy or `winrm quickconfig` made it.",),
        in_guest=(f"winrm delete winrm/config/Listener?Address={listener.address}+Transport={listener.transport}",),
        in_powershell=(
            (
                r"Get-ChildItem WSMan:\localhost\Listener | Where-Object "
                f"{{ $_.Keys -contains 'Transport={listener.transport}' }} | Remove-Item -Recurse -Force"
            ),
        ),
    )


CHECK = Question("listeners", (), _ask, _tell, _judge)
