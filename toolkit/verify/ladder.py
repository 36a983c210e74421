"""One look at a guest: up the ladder, rung by rung, to the top or to the first that does not hold."""

from __future__ import annotations

import contextlib
import time
from dataclasses import field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from toolkit.communicators.trust import trusting_context
from toolkit.values import dataclass
from toolkit.verify import authentication, authorisation, certificate, name, proxy, run, tcp, tls, wsman
from toolkit.verify.connecting import communicator as communicator_for
from toolkit.verify.dialer import Dialer, Tunnel
from toolkit.verify.facts import Facts, ServiceFacts
from toolkit.verify.rung import Failure, Proof, Rung, RungError
from toolkit.verify.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from toolkit.communicators.endpoint import Endpoint
    from toolkit.communicators.proxy import Proxy
    from toolkit.communicators.winrm import WinrmCommunicator
    from toolkit.verify.limits import Limits

T = TypeVar("T")
Keep: TypeAlias = "Callable[[WinrmCommunicator], None]"


@dataclass(frozen=True, slots=True)
class Ascent:
    """How far one look came. `failure` is None at the top. `endpoint` also names the way there."""

    proven: tuple[Proof, ...]
    facts: Facts
    failure: Failure | None
    endpoint: Endpoint | None = None


def climb(
    endpoint: Endpoint, limits: Limits, surroundings: Surroundings | None = None, keep: Keep | None = None
) -> Ascent:
    """Look at the guest once. Never raises for anything the guest does.

    At the top, `keep` is handed the communicator with its shell still open, and closes it; without it, that is done.
    """
    steps = _Steps(endpoint, keep)
    try:
        _climb(limits, steps, surroundings or Surroundings())
    except RungError as err:
        return Ascent(tuple(steps.proven), steps.facts, err.failure, steps.endpoint)
    return Ascent(tuple(steps.proven), steps.facts, None, steps.endpoint)


@dataclass(slots=True)
class _Steps:
    """What is proven so far, and the endpoint with what is known of the way to it."""

    endpoint: Endpoint
    keep: Keep | None
    proven: list[Proof] = field(default_factory=list)
    facts: Facts = field(default_factory=Facts)

    def prove(self, rung: Rung, attempt: Callable[[], T], told: Callable[[T], str]) -> T:
        started = time.perf_counter()
        result = attempt()
        self.proven.append(Proof(rung, told(result), round((time.perf_counter() - started) * 1000, 1)))
        return result


def _climb(limits: Limits, steps: _Steps, surroundings: Surroundings) -> None:
    environment = proxy.read_environment(surroundings.variables, ssl=steps.endpoint.ssl)
    dialer = _reach(limits, steps, surroundings, environment)
    endpoint = steps.endpoint
    service, skew = _find_winrm(endpoint, dialer, steps, environment)
    authentication.check_offer(endpoint, service.offered)
    _log_on_and_run(endpoint, limits, service, steps, skew)


def _reach(limits: Limits, steps: _Steps, surroundings: Surroundings, environment: proxy.Environment) -> Dialer:
    endpoint = steps.endpoint
    addresses = steps.prove(
        Rung.NAME,
        lambda: surroundings.resolve(endpoint.host, endpoint.port),
        lambda found: _addresses(endpoint.host, found),
    )
    used = steps.prove(
        Rung.PROXY,
        lambda: proxy.choose(environment, endpoint, addresses),
        lambda chosen: proxy.sentence(environment, endpoint, addresses, chosen),
    )
    if used is not None:
        steps.endpoint = replace(endpoint, proxy=used)
        steps.facts = replace(steps.facts, address=str(addresses[0]))
        return _reach_through(used, limits, steps, surroundings)
    connection, address = steps.prove(
        Rung.TCP,
        lambda: tcp.connect(addresses, limits.connect),
        lambda made: f"port {endpoint.port} of {made[1]} accepts connections",
    )
    connection.close()
    steps.facts = replace(steps.facts, address=str(address))
    # The others of its addresses may swallow connections, or lead to another guest.
    steps.endpoint = replace(endpoint, address=address.literal)
    return Dialer(endpoint.name, address, limits)


def _reach_through(used: Proxy, limits: Limits, steps: _Steps, surroundings: Surroundings) -> Dialer:
    """Find the proxy, and have it lead to the guest where that is done apart from any message: for TLS."""
    endpoint = steps.endpoint
    address = proxy.find(used, endpoint.authority, surroundings.resolve, limits.connect)
    if not endpoint.ssl:
        return Dialer(endpoint.name, address, limits)
    dialer = Dialer(endpoint.name, address, limits, Tunnel(used, endpoint.authority))
    steps.prove(Rung.TCP, dialer.plain, lambda _: f"the proxy is connected with port {endpoint.port} of it").close()
    return dialer


def _find_winrm(
    endpoint: Endpoint, dialer: Dialer, steps: _Steps, environment: proxy.Environment
) -> tuple[ServiceFacts, timedelta | None]:
    if endpoint.ssl:
        _trust(endpoint, dialer, steps)
    dial = (lambda: dialer.secure(trusting_context())) if endpoint.ssl else dialer.plain
    answer = steps.prove(
        Rung.HTTP,
        lambda: wsman.reach(endpoint, dialer, dial, environment),
        lambda found: f"{found.header('Server') or 'a server of no name'} answers with status {found.status}",
    )
    service = steps.prove(
        Rung.IDENTIFY,
        lambda: wsman.identify(endpoint, dialer, dial, answer),
        lambda found: f"WinRM answers{_versions(found)} and offers {', '.join(found.offered) or 'no method it names'}",
    )
    steps.facts = replace(steps.facts, service=service)
    told = certificate.date_of(answer)
    return service, None if told is None else told - datetime.now(UTC)


def _trust(endpoint: Endpoint, dialer: Dialer, steps: _Steps) -> None:
    settled = steps.prove(
        Rung.TLS, lambda: tls.shake_hands(dialer), lambda found: f"{found.version} with {found.cipher}"
    )
    seen = certificate.examine(settled.certificate)
    steps.facts = replace(steps.facts, tls=settled, certificate=seen)
    steps.prove(Rung.CERTIFICATE, lambda: certificate.judge(endpoint, dialer, seen), lambda sentence: sentence)


def _log_on_and_run(
    endpoint: Endpoint, limits: Limits, service: ServiceFacts, steps: _Steps, skew: timedelta | None
) -> None:
    def log_on_as(other: Endpoint) -> None:
        with contextlib.closing(communicator_for(other, limits)) as communicator:
            communicator.identify()

    with _unless_kept(communicator_for(endpoint, limits), steps.keep) as communicator:
        steps.prove(
            Rung.AUTHENTICATION,
            lambda: authentication.log_on(endpoint, service.offered, communicator.identify, log_on_as, skew),
            lambda _: f"{endpoint.user} is logged on by {endpoint.auth.shown}",
        )
        steps.prove(
            Rung.AUTHORISATION,
            lambda: authorisation.open_shell(endpoint, communicator),
            lambda _: f"{endpoint.user} may open a shell",
        )
        guest = steps.prove(
            Rung.RUN,
            lambda: run.question(endpoint, communicator, communicator.identify),
            lambda found: f"commands and PowerShell run on {found.computer}",
        )
        steps.facts = replace(steps.facts, guest=guest)


@contextlib.contextmanager
def _unless_kept(communicator: WinrmCommunicator, keep: Keep | None) -> Iterator[WinrmCommunicator]:
    """Close the communicator, or hand it on where all went well and somebody wants it."""
    try:
        yield communicator
    except BaseException:
        communicator.close()
        raise
    if keep is None:
        communicator.close()
    else:
        keep(communicator)


def _addresses(host: str, found: tuple[name.Address, ...]) -> str:
    addresses = ", ".join(str(address) for address in found)
    return f"{host} is an address" if addresses == host else f"{host} is {addresses}"


def _versions(service: ServiceFacts) -> str:
    return f" ({service.product})" if service.product else ""
