"""Whether a finished image is shut: no port of WinRM's serves anybody any more.

A port that accepts is not yet an open one: the forward of a virtual machine accepts on the guest's behalf. Only an
answer counts, over TLS or in the clear.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from toolkit.communicators.trust import trusting_context
from toolkit.values import dataclass
from toolkit.verify.dialer import Dialer
from toolkit.verify.exchange import Answer, Foreign, post
from toolkit.verify.ports import SERVICES, WINRM, Door, knock
from toolkit.verify.remedy import HOLD_RULE, Remedy, failed
from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from toolkit.communicators.endpoint import Endpoint
    from toolkit.verify.limits import Limits
    from toolkit.verify.name import Address

_WITNESSES = frozenset({3389, 445, 135, 22})


@dataclass(frozen=True, slots=True)
class Shut:
    """By port: `answering` serve a client, `accepting` take a connection and say nothing, `refusing` are shut.

    `silent` ports say nothing at all. `awake` is whether anything shows that the guest is up.
    """

    answering: tuple[int, ...]
    accepting: tuple[int, ...]
    refusing: tuple[int, ...]
    silent: tuple[int, ...]
    awake: bool
    failure: Failure | None

    def told(self) -> str:
        """Say it in one sentence."""
        if self.answering:
            return f"port {_listed(self.answering)} answers"
        proof = "the guest is up" if self.awake else "nothing shows that the guest is up"
        return f"ports {_listed((*self.accepting, *self.refusing, *self.silent))} serve nobody, and {proof}"


def look_shut(endpoint: Endpoint, limits: Limits, resolve: Callable[[str, int], tuple[Address, ...]]) -> Shut:
    """Look once at the endpoint's port and WinRM's own two, at every address: one that is shut says nothing of another.

    Raises RungError where the name leads nowhere.
    """
    ports = {endpoint.port, *WINRM}
    knocked = [
        (address.at(port), door)
        for address in resolve(endpoint.host, endpoint.port)
        for port, door in knock(address, (*sorted(ports), *sorted(_WITNESSES)), limits.connect).found
    ]
    accepting = [place for place, door in knocked if door is Door.OPEN and place.port in ports]
    answering = [place for place in accepting if _answers(endpoint, place, limits)]
    taken = {place.port for place in accepting}
    refusing = {place.port for place, door in knocked if door is Door.SHUT and place.port in ports} - taken
    awake = any(door is not Door.SILENT and place not in accepting for place, door in knocked)
    return Shut(
        answering=_ports(answering),
        accepting=tuple(sorted(taken - set(_ports(answering)))),
        refusing=tuple(sorted(refusing)),
        silent=tuple(sorted(ports - taken - refusing)),
        awake=bool(answering) or awake,
        failure=_open(endpoint, answering) if answering else None,
    )


def _answers(endpoint: Endpoint, place: Address, limits: Limits) -> bool:
    """Ask in the clear, and then for TLS; whatever comes back, somebody is there."""
    dialer = Dialer(endpoint.name, place, limits)
    try:
        outcome = post(dialer.plain(), endpoint.host_field, endpoint.path, b"", {}, seconds=limits.answer)
        if isinstance(outcome, Answer | Foreign):
            return True
        dialer.secure(trusting_context()).close()
    except ssl.SSLError as err:
        return not isinstance(err, ssl.SSLEOFError)
    except (OSError, RungError):
        return False
    return True


def _open(endpoint: Endpoint, places: Sequence[Address]) -> Failure:
    ports = _ports(places)
    told = ", ".join(f"{port} ({SERVICES.get(port, 'as given')})" for port in ports)
    return failed(
        Rung.POSTURE,
        "still-open",
        Verdict.FATAL,
        f"{endpoint.host} is not shut: it answers on port {told}.",
        evidence=tuple(f"{place} answers on port {place.port}" for place in places),
        causes=(
            "The image was not closed before it was finished.",
            "Windows Server opens WinRM by itself on the next start, unless the service is disabled.",
        ),
        remedies=(
            Remedy(
                cmd=f"netsh advfirewall firewall add rule name={HOLD_RULE} dir=in action=block protocol=TCP "
                f"localport={','.join(map(str, ports))} profile=any",
                powershell=f"New-NetFirewallRule -Name {HOLD_RULE} -DisplayName {HOLD_RULE} "
                f"-Direction Inbound -Action Block -Protocol TCP -LocalPort {','.join(map(str, ports))}",
            ),
            Remedy(
                cmd="sc.exe config WinRM start= disabled & net stop WinRM",
                powershell="Set-Service WinRM -StartupType Disabled; Stop-Service WinRM",
            ),
        ),
    )


def _ports(places: Iterable[Address]) -> tuple[int, ...]:
    return tuple(sorted({place.port for place in places}))


def _listed(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, sorted(ports)))
