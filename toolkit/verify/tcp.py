"""Second rung: something accepts connections on the port."""

from __future__ import annotations

import errno
import socket
from typing import TYPE_CHECKING

from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.verify.name import Address

_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN}
_LISTENERS = "winrm enumerate winrm/config/listener"
_RULES = 'netsh advfirewall firewall show rule name=all dir=in | findstr "598"'


def connect(addresses: Sequence[Address], timeout: float) -> tuple[socket.socket, Address]:
    """Connect to the first address that accepts; each gets its share of `timeout` seconds."""
    errors: list[tuple[Address, OSError]] = []
    for address in addresses:
        try:
            return _connected(address, timeout / len(addresses)), address
        except OSError as err:
            errors.append((address, err))
    raise RungError(_failure(errors, timeout))


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
    port = errors[0][0].sockaddr[1]
    refusing = [address for address, err in errors if isinstance(err, ConnectionRefusedError)]
    if refusing:
        return _refused(f"{refusing[0]} port {port}", evidence)
    place = f"{errors[0][0]} port {port}"
    if any(isinstance(err, TimeoutError) for _, err in errors):
        return _dropped(place, timeout, evidence)
    if all(err.errno in _UNREACHABLE for _, err in errors):
        return _unreachable(place, evidence)
    return Failure(Rung.TCP, "tcp-failed", Verdict.RETRY, f"No connection to {place} can be made.", evidence)


def _refused(place: str, evidence: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.TCP,
        "refused",
        Verdict.RETRY,
        f"{place} refuses connections: the host is up, but nothing listens there.",
        evidence,
        causes=(
            "WinRM has no listener on this port, or its service is not running (yet).",
            "The port forward of the virtual machine is missing, or leads elsewhere.",
            "Not the guest's firewall: Windows Firewall drops connections, it does not refuse them.",
        ),
        in_guest=("sc.exe query WinRM", _LISTENERS),
        in_client=("--port N",),
        in_spec=("communicator.winrm_port",),
    )


def _dropped(place: str, timeout: float, evidence: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.TCP,
        "no-answer",
        Verdict.RETRY,
        f"{place} did not answer within {timeout:g} s.",
        evidence,
        causes=(
            "The guest is not up yet, or its bootstrap has not opened the port yet.",
            "Its firewall drops the connection; on a Public network WinRM's own rule admits the local subnet only.",
            "The address is not the guest's.",
        ),
        in_guest=(_RULES, "ipconfig"),
        in_spec=("communicator.winrm_host",),
    )


def _unreachable(place: str, evidence: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.TCP,
        "unreachable",
        Verdict.RETRY,
        f"There is no way from this host to {place}.",
        evidence,
        causes=("The guest is not up yet.", "This host has no route into the guest's network, or a VPN took it."),
        in_guest=("ipconfig",),
    )
