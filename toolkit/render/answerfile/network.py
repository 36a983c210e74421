"""Network cards, name servers, and the domain or workgroup, all set in specialize."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, assert_never

from toolkit.render.answerfile.contribution import Contribution, Pass
from toolkit.spec.surroundings import DomainBlob, DomainCredentials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest
    from toolkit.spec.surroundings import Domain, Interface

_TCPIP = "Microsoft-Windows-TCPIP"
_DNS = "Microsoft-Windows-DNS-Client"
_JOIN = "Microsoft-Windows-UnattendedJoin"


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give TCPIP and DNS-Client where the spec has interfaces or suffixes, and UnattendedJoin where it joins."""
    network = guest.network
    if network.interfaces:
        data: dict[str, Any] = {"interfaces": [_interface(one) for one in network.interfaces]}
        yield Contribution(Pass.SPECIALIZE, _TCPIP, "network.xml.j2", data)
    resolving = [one for one in network.interfaces if one.dns_servers or one.dns_domain]
    if resolving or network.dns_suffixes:
        data = {"suffixes": network.dns_suffixes, "interfaces": resolving}
        yield Contribution(Pass.SPECIALIZE, _DNS, "name_servers.xml.j2", data)
    join = _join(guest.domain) if guest.domain else {"workgroup": network.workgroup}
    if any(join.values()):
        empty = dict.fromkeys(("workgroup", "credentials", "password", "blob"))
        yield Contribution(Pass.SPECIALIZE, _JOIN, "domain.xml.j2", empty | join)


def _interface(interface: Interface) -> dict[str, Any]:
    """Say of each family whether addresses come from DHCP. IPv6 also listens to routers, as Windows does by itself."""
    versions = {ipaddress.ip_interface(address).version for address in interface.addresses}
    return {"interface": interface, "dhcp4": 4 not in versions, "static6": 6 in versions}


def _join(domain: Domain) -> dict[str, Any]:
    """Setup has no encoding for this password, unlike for those of accounts: it stands readable in the file."""
    match domain:
        case DomainCredentials():
            return {"credentials": domain, "password": domain.password.reveal()}
        case DomainBlob(data):
            return {"blob": data.reveal()}
        case _:
            assert_never(domain)
