"""One look at a guest: up the ladder, rung by rung, to the top or to the first that does not hold."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from toolkit.verify import authentication, authorisation, certificate, name, run, tcp, tls, wsman
from toolkit.verify.dialer import Dialer, trusting_context
from toolkit.verify.facts import Facts, ServiceFacts
from toolkit.verify.rung import Failure, Proof, Rung, RungError

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.communicators.endpoint import Endpoint
    from toolkit.communicators.winrm import WinrmCommunicator
    from toolkit.verify.limits import Limits

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ascent:
    """How far one look came. `failure` is None at the top."""

    proven: tuple[Proof, ...]
    facts: Facts
    failure: Failure | None


def climb(endpoint: Endpoint, limits: Limits) -> Ascent:
    """Look at the guest once. Never raises for anything the guest does."""
    steps = _Steps()
    try:
        _climb(endpoint, limits, steps)
    except RungError as err:
        return Ascent(tuple(steps.proven), steps.facts, err.failure)
    return Ascent(tuple(steps.proven), steps.facts, None)


@dataclass(slots=True)
class _Steps:
    """What is proven so far."""

    proven: list[Proof] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)

    def prove(self, rung: Rung, attempt: Callable[[], T], told: Callable[[T], str]) -> T:
        started = time.perf_counter()
        result = attempt()
        self.proven.append(Proof(rung, told(result), round((time.perf_counter() - started) * 1000, 1)))
        return result


def _climb(endpoint: Endpoint, limits: Limits, steps: _Steps) -> None:
    dialer = _reach(endpoint, limits, steps)
    service = _find_winrm(endpoint, dialer, steps)
    authentication.check_offer(endpoint, service.offered)
    _log_on_and_run(endpoint, limits, service, steps)


def _reach(endpoint: Endpoint, limits: Limits, steps: _Steps) -> Dialer:
    addresses = steps.prove(
        Rung.NAME,
        lambda: name.resolve(endpoint.host, endpoint.port),
        lambda found: _addresses(endpoint.host, found),
    )
    connection, address = steps.prove(
        Rung.TCP,
        lambda: tcp.connect(addresses, limits.connect),
        lambda made: f"port {endpoint.port} of {made[1]} accepts connections",
    )
    connection.close()
    steps.facts = replace(steps.facts, address=str(address))
    return Dialer(endpoint.host, address, limits)


def _find_winrm(endpoint: Endpoint, dialer: Dialer, steps: _Steps) -> ServiceFacts:
    if endpoint.ssl:
        _trust(endpoint, dialer, steps)
    dial = (lambda: dialer.secure(trusting_context())) if endpoint.ssl else dialer.plain
    service = steps.prove(
        Rung.HTTP,
        lambda: wsman.identify(endpoint, dialer, dial),
        lambda found: f"WinRM answers{_versions(found)} and offers {', '.join(found.offered) or 'no method it names'}",
    )
    steps.facts = replace(steps.facts, service=service)
    return service


def _trust(endpoint: Endpoint, dialer: Dialer, steps: _Steps) -> None:
    settled = steps.prove(
        Rung.TLS, lambda: tls.shake_hands(dialer), lambda found: f"{found.version} with {found.cipher}"
    )
    seen = certificate.examine(dialer, settled.certificate)
    steps.facts = replace(steps.facts, tls=settled, certificate=seen)
    steps.prove(Rung.CERTIFICATE, lambda: certificate.judge(endpoint, dialer, seen), lambda sentence: sentence)


def _log_on_and_run(endpoint: Endpoint, limits: Limits, service: ServiceFacts, steps: _Steps) -> None:
    with contextlib.closing(_communicator(endpoint, limits)) as communicator:
        steps.prove(
            Rung.AUTHENTICATION,
            lambda: authentication.log_on(endpoint, service.offered, communicator.identify),
            lambda _: f"{endpoint.username} is logged on by {endpoint.auth}",
        )
        steps.prove(
            Rung.AUTHORISATION,
            lambda: authorisation.open_shell(endpoint, communicator),
            lambda _: f"{endpoint.username} may open a shell",
        )
        guest = steps.prove(
            Rung.RUN,
            lambda: run.question(endpoint, communicator, communicator.identify),
            lambda found: f"commands and PowerShell run on {found.computer}",
        )
        steps.facts = replace(steps.facts, guest=guest)


def _communicator(endpoint: Endpoint, limits: Limits) -> WinrmCommunicator:
    # Loads pywinrm and requests: the rungs below do without, and a wait for a guest that is not up never comes here.
    from toolkit.communicators.winrm import Timeouts, WinrmCommunicator  # noqa: PLC0415

    operation = max(1, min(Timeouts().operation, math.ceil(limits.command)))
    return WinrmCommunicator(endpoint, Timeouts(limits.connect, operation, limits.command))


def _addresses(host: str, found: tuple[name.Address, ...]) -> str:
    addresses = ", ".join(str(address) for address in found)
    return f"{host} is an address" if addresses == host else f"{host} is {addresses}"


def _versions(service: ServiceFacts) -> str:
    return f" ({service.product})" if service.product else ""
