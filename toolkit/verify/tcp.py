"""The rung of TCP: something accepts connections on the port."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from toolkit.verify import remedy
from toolkit.verify.ports import SERVICES, Doors, knock
from toolkit.verify.remedy import because, failed
from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.verify.name import Address

_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}
_KNOCKING = 0.5  # seconds for all the other ports together: a guest that is up on a network nearby answers at once


def connect(addresses: Sequence[Address], timeout: float) -> tuple[socket.socket, Address]:
    """Connect to the first address that accepts; each gets its share of `timeout` seconds."""
    errors: list[tuple[Address, OSError]] = []
    for address in addresses:
        try:
            return _connected(address, timeout / len(addresses)), address
        except OSError as err:
            errors.append((address, err))
    raise RungError(_failure(errors, timeout))


def reconnect(address: Address, timeout: float) -> socket.socket:
    """Connect to an address that accepted before. Raises RungError where it no longer does, without asking why."""
    try:
        return _connected(address, timeout)
    except OSError as err:
        what = f"{address} port {address.port} accepted connections, and now does not."
        raise RungError(failed(Rung.TCP, "gone", Verdict.RETRY, what, evidence=(str(err),))) from err


def _connected(address: Address, timeout: float) -> socket.socket:
    connection = socket.socket(address.family, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        connection.connect(address.sockaddr)
    except BaseException:
        connection.close()
        raise
    return connection


def _failure(errors: Sequence[tuple[Address, OSError]], timeout: float) -> Failure:
    evidence = tuple(f"{address}: {err}" for address, err in errors)
    port = errors[0][0].port
    refusing = [address for address, err in errors if isinstance(err, ConnectionRefusedError)]
    if refusing:
        return _refused(f"{refusing[0]} port {port}", evidence, _other_doors(refusing[0], timeout))
    dropping = [address for address, err in errors if isinstance(err, TimeoutError)]
    if dropping:
        return _dropped(f"{dropping[0]} port {port}", timeout, evidence, _other_doors(dropping[0], timeout))
    if all(address.zone_missing for address, _ in errors):
        return _no_zone(errors[0][0], evidence)
    place = f"{errors[0][0]} port {port}"
    if all(err.errno in _UNREACHABLE for _, err in errors):
        return _unreachable(place, evidence)
    what = f"No connection to {place} can be made."
    return failed(Rung.TCP, "tcp-failed", Verdict.RETRY, what, evidence=evidence)


def _other_doors(address: Address, timeout: float) -> Doors:
    return knock(address, (port for port in SERVICES if port != address.port), min(_KNOCKING, timeout))


def _refused(place: str, evidence: tuple[str, ...], doors: Doors) -> Failure:
    seen = doors.told()
    absent = "WinRM has no listener on this port, or its service is not running (yet)"
    causes = (
        *_elsewhere(doors),
        because(f"{absent}, though Windows is up" if doors.windows else absent, seen if doors.windows else ""),
        "The port forward of the virtual machine is missing, or leads elsewhere.",
        "Not the guest's firewall: Windows Firewall drops connections, it does not refuse them.",
    )
    return failed(
        Rung.TCP,
        "refused",
        Verdict.RETRY,
        f"{place} refuses connections: the host is up, but nothing listens there.",
        evidence=(*evidence, *((seen,) if seen else ())),
        causes=causes,
        remedies=(*_other_port(doors), remedy.QUERY_SERVICE, remedy.LISTENERS, remedy.PORT),
    )


def _dropped(place: str, timeout: float, evidence: tuple[str, ...], doors: Doors) -> Failure:
    seen = doors.told()
    filtered = (
        because(
            "Windows is up, and its firewall drops WinRM's port: the bootstrap has not opened it yet, or failed", seen
        ),
        "On a Public network WinRM's own rule admits the local subnet only.",
    )
    down = (
        because("The guest is not up yet: nothing of it answers", seen),
        "Its firewall drops the connection, as it should until the bootstrap has come to its end.",
        "The address is not the guest's.",
    )
    up = bool(doors.windows)
    return failed(
        Rung.TCP,
        "filtered" if up else "no-answer",
        Verdict.RETRY,
        f"{place} did not answer within {timeout:g} s{', though Windows does on other ports' if up else ''}.",
        evidence=(*evidence, *((seen,) if seen else ())),
        causes=(*_elsewhere(doors), *(filtered if up else down)),
        remedies=(
            *_other_port(doors),
            remedy.FIREWALL,
            remedy.BOOTSTRAP_VERDICT,
            remedy.DROP_HOLD,
            remedy.OPEN_PORT,
            remedy.NETWORK,
            remedy.USE_ADDRESS,
        ),
    )


def _elsewhere(doors: Doors) -> tuple[str, ...]:
    return tuple(because(f"WinRM listens on {port} instead", SERVICES[port]) for port in doors.other_winrm)


def _other_port(doors: Doors) -> tuple[remedy.Remedy, ...]:
    ways = {5985: (remedy.HTTP_PORT, remedy.NO_TLS), 5986: (remedy.TLS_PORT, remedy.USE_TLS)}
    return tuple(way for port in doors.other_winrm for way in ways[port])


def _no_zone(address: Address, evidence: tuple[str, ...]) -> Failure:
    return failed(
        Rung.TCP,
        "zone-missing",
        Verdict.FATAL,
        f"{address} is a link-local address, and it is not said on which interface of this host.",
        evidence=evidence,
        causes=("Every interface has a network of such addresses (RFC 4007).",),
        remedies=(remedy.Remedy(flag=f"unattend verify-winrm {address}%INTERFACE"), remedy.USE_ADDRESS),
    )


def _unreachable(place: str, evidence: tuple[str, ...]) -> Failure:
    return failed(
        Rung.TCP,
        "unreachable",
        Verdict.RETRY,
        f"There is no way from this host to {place}.",
        evidence=evidence,
        causes=("The guest is not up yet.", "This host has no route into the guest's network, or a VPN took it."),
        remedies=(remedy.NETWORK, remedy.USE_ADDRESS),
    )
