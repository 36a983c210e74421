"""First rung: the name leads to an address."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from toolkit.values import dataclass
from toolkit.verify import remedy
from toolkit.verify.remedy import Remedy, failed
from toolkit.verify.rung import Failure, Rung, RungError, Verdict


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a guest, as the socket library takes it."""

    family: int
    sockaddr: tuple[Any, ...]

    def __str__(self) -> str:
        return str(self.sockaddr[0])

    @property
    def port(self) -> int:
        return int(self.sockaddr[1])

    @property
    def literal(self) -> str:
        """Spell it so that it leads to the same place again: with the zone, where it has one."""
        scope = self.sockaddr[3] if self.family == socket.AF_INET6 else 0
        return f"{str(self).partition('%')[0]}%{scope}" if scope else str(self)

    @property
    def zone_missing(self) -> bool:
        """Whether it is a link-local address of IPv6 that names no interface."""
        return (
            self.family == socket.AF_INET6 and self.sockaddr[3] == 0 and ipaddress.ip_address(str(self)).is_link_local
        )

    def at(self, port: int) -> Address:
        """Give another port of the same host."""
        return Address(self.family, (self.sockaddr[0], port, *self.sockaddr[2:]))


def resolve(host: str, port: int) -> tuple[Address, ...]:
    """Give the addresses of `host`, each once, in the resolver's order."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as err:
        raise RungError(_unknown(host, err)) from err
    except UnicodeError as err:
        raise RungError(_impossible(host)) from err
    return tuple(dict.fromkeys(Address(family, sockaddr) for family, _, _, _, sockaddr in found))


def _unknown(host: str, err: socket.gaierror) -> Failure:
    if err.errno == socket.EAI_AGAIN:
        return failed(
            Rung.NAME,
            "resolver-silent",
            Verdict.RETRY,
            f"The resolver of this host did not answer for {host}.",
            evidence=(str(err),),
            causes=("This host has no working name server at the moment.",),
            remedies=(remedy.USE_ADDRESS,),
        )
    address, zoned, zone = host.partition("%")
    if zoned:
        return failed(
            Rung.NAME,
            "zone-unknown",
            Verdict.SUSPICIOUS,
            f"This host has no network interface {zone}, behind which {address} is to be.",
            evidence=(str(err),),
            causes=("The interface is misspelt, or not up.",),
            remedies=(Remedy(flag=f"unattend verify-winrm {address}%INTERFACE"),),
        )
    return failed(
        Rung.NAME,
        "name-unknown",
        Verdict.SUSPICIOUS,
        f"The name {host} leads to no address.",
        evidence=(str(err),),
        causes=(
            "The name is misspelt.",
            "No name server this host asks knows the guest, as is usual for a fresh virtual machine.",
        ),
        remedies=(remedy.USE_ADDRESS,),
    )


def _impossible(host: str) -> Failure:
    what = f"{host} cannot be a name: a part of it is empty or longer than 63 characters."
    return failed(Rung.NAME, "name-impossible", Verdict.FATAL, what, remedies=(remedy.USE_ADDRESS,))
