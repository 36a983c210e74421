"""`[network]`: network cards by name or MAC with their addresses, name servers, and the workgroup."""

from __future__ import annotations

import contextlib
import ipaddress
import re
from typing import TYPE_CHECKING, TypeAlias

from pydantic import Field

from toolkit.catalog.releases import WINDOWS_8
from toolkit.spec.section import Findings, Section
from toolkit.spec.surroundings import Interface, Network, Route

if TYPE_CHECKING:
    from toolkit.spec.guest import Windows
    from toolkit.spec.locale import LocaleSection
    from toolkit.spec.places import KeyPath

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_EVERYWHERE = {4: "0.0.0.0/0", 6: "::/0"}
_LAST_WITH_OWN = 30  # the longest prefix whose network has an address of its own, and a broadcast (RFC 3021)
_MAC = re.compile(r"[0-9A-F]{2}([-:][0-9A-F]{2}){5}", re.IGNORECASE)
_DNS_NAME = re.compile(r"(?=.{1,255}\Z)[^\W](?:[\w-]{0,61}\w)?(?:\.\w(?:[\w-]{0,61}\w)?)*\.?")
_NOT_IN_A_NAME = frozenset('\t\\/:*?"<>|')  # what Windows' own dialogue refuses for a connection (practice)
_LONGEST_WORKGROUP = 15  # the NetBIOS name's limit
_FORBIDDEN_IN_WORKGROUP = frozenset('"/\\[]:|<>+=;,?*')
# Before Windows 8 the first card's connection has its old name, in every language another. The new one is the same in
# most. Known from netsh commands in public scripts; other scripts than Latin may have more.
_ETHERNET_IS_TRANSLATED = frozenset({"ja", "ko", "zh"})


class RouteSection(Section):
    """One of `network.interfaces.routes`."""

    prefix: str = Field(description='The network to reach, such as "10.0.0.0/8".')
    next_hop: str = Field(description="The gateway to it.")
    metric: int | None = Field(None, ge=1, le=9999)


class InterfaceSection(Section):
    """One of `[[network.interfaces]]`. Without addresses it asks DHCP."""

    name: str | None = Field(
        None,
        min_length=1,
        max_length=256,
        description="The connection's name. Default: the first card's, \"Ethernet\".",
    )
    mac: str | None = Field(None, description='The card\'s address instead of a name: "00-15-5D-01-02-03".')
    addresses: list[str] = Field(
        default_factory=list, description='With prefix length: "192.168.1.10/24", "fd00::10/64". Empty: DHCP.'
    )
    gateways: list[str] = Field(default_factory=list, description="One for IPv4 and one for IPv6 at most.")
    routes: list[RouteSection] = Field(default_factory=list)
    dns_servers: list[str] = Field(default_factory=list)
    dns_domain: str | None = Field(None, description="The connection's own DNS suffix.")
    metric: int | None = Field(None, ge=1, le=9999, description="Lower is preferred. Default: Windows' choice.")


class NetworkSection(Section):
    """`[network]`."""

    interfaces: list[InterfaceSection] = Field(default_factory=list)
    dns_suffixes: list[str] = Field(default_factory=list, description="Searched in this order.")
    workgroup: str | None = Field(None, description="Default: Windows' own, WORKGROUP.")


def resolve_network(
    section: NetworkSection, windows: Windows | None, locale: LocaleSection | None, findings: Findings
) -> Network:
    """Check every address and name; a card without name or MAC is the release's first."""
    old = windows is not None and windows.release.build < WINDOWS_8
    first = "Local Area Connection" if old else "Ethernet"
    if locale is not None and _is_translated(locale.ui_language, old=old):
        _warn_of_translation(section, first, locale.ui_language, findings)
    interfaces = tuple(
        _interface(one, ("network", "interfaces", number), first, findings)
        for number, one in enumerate(section.interfaces)
    )
    _check_unique(interfaces, findings)
    _check_addresses(section.interfaces, findings)
    for number, suffix in enumerate(section.dns_suffixes):
        check_dns_name(suffix, ("network", "dns_suffixes", number), findings)
    _check_workgroup(section.workgroup, findings)
    return Network(interfaces, tuple(section.dns_suffixes), section.workgroup)


def _is_translated(language: str, *, old: bool) -> bool:
    name = language.partition("-")[0].casefold()
    return name != "en" if old else name in _ETHERNET_IS_TRANSLATED


def _warn_of_translation(section: NetworkSection, first: str, language: str, findings: Findings) -> None:
    """Setup passes over a card that it does not find, and the guest has another address than the spec says."""
    for number, one in enumerate(section.interfaces):
        if one.name is None and one.mac is None:
            message = (
                f'the first card is "{first}" in English, and has another name in {language}: Setup would not find it'
            )
            help_ = "Say which card is meant: mac = ..., or name = ... as that Windows calls it."
            findings.warning(("network", "interfaces", number), message, help=help_)


def check_dns_name(name: str, path: KeyPath, findings: Findings) -> None:
    """Add an error where `name` is no DNS domain name."""
    if not _DNS_NAME.fullmatch(name):
        findings.error(path, f'"{name}" is not a DNS domain name', help='For example "lab.example.com".')


def _interface(section: InterfaceSection, path: KeyPath, first: str, findings: Findings) -> Interface:
    if section.name is not None and section.mac is not None:
        findings.error((*path, "mac"), "mac and name exclude each other: each says which card is meant")
    addresses = tuple(
        text
        for number, text in enumerate(section.addresses)
        if _is_interface_address(text, (*path, "addresses", number), findings)
    )
    routes = (*_gateways(section, path, findings), *_routes(section, path, findings))
    for number, server in enumerate(section.dns_servers):
        _address(server, (*path, "dns_servers", number), findings)
    if section.dns_domain is not None:
        check_dns_name(section.dns_domain, (*path, "dns_domain"), findings)
    return Interface(
        identifier=_identifier(section, path, first, findings),
        addresses=addresses,
        routes=routes,
        dns_servers=tuple(section.dns_servers),
        dns_domain=section.dns_domain,
        metric=section.metric,
    )


def _identifier(section: InterfaceSection, path: KeyPath, first: str, findings: Findings) -> str:
    if section.mac is None:
        _check_connection((*path, "name"), section.name, findings)
        return section.name or first
    if not _MAC.fullmatch(section.mac):
        findings.error(
            (*path, "mac"), f'"{section.mac}" is not a MAC address', help='Write it like "00-15-5D-01-02-03".'
        )
    return section.mac.replace(":", "-").upper()


def _check_connection(path: KeyPath, name: str | None, findings: Findings) -> None:
    if name is None:
        return
    if not name.strip():
        findings.error(path, "this name is blank")
    elif wrong := sorted(set(name) & _NOT_IN_A_NAME):
        findings.error(path, f'the connection name "{name}" holds {" ".join(wrong)}, which none may')


def _is_interface_address(text: str, path: KeyPath, findings: Findings) -> bool:
    try:
        address = ipaddress.ip_interface(text)
    except ValueError:
        address = None
    if address is None or "/" not in text or not text.rpartition("/")[2].isdecimal() or "%" in text:
        findings.error(path, f'"{text}" is not an address with a prefix length', help='For example "192.168.1.10/24".')
        return False
    if address.ip.is_unspecified or address.ip.is_multicast or address.ip.is_loopback:
        findings.error(path, f'"{text}" is no address that a network card can have')
        return False
    if fault := _host_fault(address):
        findings.error(path, f'"{text}" {fault}: no network card can have it', help="Write the card's own address.")
        return False
    return True


def _host_fault(address: ipaddress.IPv4Interface | ipaddress.IPv6Interface) -> str | None:
    """Say which of a network's own two addresses it is. IPv6 has none, nor have networks of one or two addresses."""
    if isinstance(address, ipaddress.IPv6Interface) or address.network.prefixlen > _LAST_WITH_OWN:
        return None
    if address.ip == address.network.network_address:
        return "is the network itself"
    return "is the network's broadcast address" if address.ip == address.network.broadcast_address else None


def _gateways(section: InterfaceSection, path: KeyPath, findings: Findings) -> list[Route]:
    routes: list[Route] = []
    for number, text in enumerate(section.gateways):
        place = (*path, "gateways", number)
        address = _address(text, place, findings)
        if address is None:
            continue
        default = _EVERYWHERE[address.version]
        if any(route.prefix == default for route in routes):
            findings.error(place, f"there is a gateway for IPv{address.version} already")
        routes.append(Route(default, text))
        _check_reachable(address, section, place, findings)
    return routes


def _check_reachable(gateway: _Address, section: InterfaceSection, path: KeyPath, findings: Findings) -> None:
    """A gateway outside the card's own networks is a typing error nearly always; where DHCP gives them, who knows."""
    interfaces = []
    for text in section.addresses:
        try:
            interfaces.append(ipaddress.ip_interface(text))
        except ValueError:
            return
    if gateway.is_unspecified or gateway in {interface.ip for interface in interfaces}:
        findings.error(path, f"the gateway {gateway} is no other machine's address")
        return
    ours = [interface.network for interface in interfaces if interface.version == gateway.version]
    near = gateway.is_link_local or any(gateway in network for network in ours) or _is_routed(gateway, section)
    if ours and not near:
        findings.warning(path, f"the gateway {gateway} is in none of this card's networks: nothing could reach it")


def _is_routed(gateway: _Address, section: InterfaceSection) -> bool:
    """Whether a route leads to the gateway, as where a card's only network is its own address (/32)."""
    for route in section.routes:
        with contextlib.suppress(ValueError):  # reported where it is read
            if gateway in ipaddress.ip_network(route.prefix):
                return True
    return False


def _routes(section: InterfaceSection, path: KeyPath, findings: Findings) -> list[Route]:
    routes = []
    for number, route in enumerate(section.routes):
        place = (*path, "routes", number)
        hop = _address(route.next_hop, (*place, "next_hop"), findings)
        try:
            prefix = ipaddress.ip_network(route.prefix)
        except ValueError:
            findings.error((*place, "prefix"), f'"{route.prefix}" is not a network', help='For example "10.0.0.0/8".')
            continue
        if hop is not None and hop.version != prefix.version:
            findings.error(
                (*place, "next_hop"), f"{hop} cannot lead to {prefix}: one is IPv{hop.version}, the other is not"
            )
        routes.append(Route(str(prefix), route.next_hop, route.metric))
    return routes


def _address(text: str, path: KeyPath, findings: Findings) -> _Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        findings.error(path, f'"{text}" is not an IP address', help='For example "192.168.1.1" or "fd00::1".')
        return None
    if "%" in text:
        findings.error(path, f'"{text}" has a zone, which is another on every machine', help="Leave the % part out.")
    return address


def _check_unique(interfaces: tuple[Interface, ...], findings: Findings) -> None:
    seen: set[str] = set()
    for number, interface in enumerate(interfaces):
        name = interface.identifier.casefold()
        if name in seen:
            findings.error(
                ("network", "interfaces", number),
                f'there are two interfaces for "{interface.identifier}"',
                help="Say which card is meant with name or mac.",
            )
        seen.add(name)


def _check_addresses(sections: list[InterfaceSection], findings: Findings) -> None:
    seen: set[tuple[_Address, int | None]] = set()
    for number, section in enumerate(sections):
        for at, text in enumerate(section.addresses):
            try:
                address = ipaddress.ip_interface(text).ip
            except ValueError:  # reported where it was read
                continue
            own = (address, number if address.is_link_local else None)  # these belong to one link each (RFC 4007, 4)
            if own in seen:
                path = ("network", "interfaces", number, "addresses", at)
                findings.error(path, f"the address {address} is given for the second time")
            seen.add(own)


def _check_workgroup(name: str | None, findings: Findings) -> None:
    if name is None:
        return
    bad = sorted(set(name) & _FORBIDDEN_IN_WORKGROUP)
    if not name.strip() or len(name.encode("utf-8")) > _LONGEST_WORKGROUP or bad:
        findings.error(
            ("network", "workgroup"),
            f'network.workgroup "{name}" is not a workgroup\'s name',
            help=f"Use 1 to {_LONGEST_WORKGROUP} letters, digits and hyphens.",
        )
