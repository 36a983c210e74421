"""The values for what surrounds a guest: its network cards, its domain or workgroup, its wireless network."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.secret import Secret


@dataclass(frozen=True, slots=True)
class Route:
    """`prefix` is a network, `next_hop` an address of the same family. `metric` is None for Windows' choice."""

    prefix: str
    next_hop: str
    metric: int | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """A network card, known by its connection's name or its MAC (`00-15-5D-01-02-03`).

    `addresses` are interface addresses with their prefix length; without one of a family that family's DHCP is on.
    """

    identifier: str
    addresses: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()
    dns_servers: tuple[str, ...] = ()
    dns_domain: str | None = None
    metric: int | None = None


@dataclass(frozen=True, slots=True)
class Network:
    """`workgroup` is None for Windows' own. `dns_suffixes` are searched in their order."""

    interfaces: tuple[Interface, ...] = ()
    dns_suffixes: tuple[str, ...] = ()
    workgroup: str | None = None


@dataclass(frozen=True, slots=True)
class DomainCredentials:
    """A domain's user that may join computers to it.

    `user_domain` is where that user lives, None where `username` says so itself.
    """

    name: str
    username: str
    password: Secret
    user_domain: str | None
    organizational_unit: str | None = None


@dataclass(frozen=True, slots=True)
class DomainBlob:
    """What `djoin /provision` wrote: the computer's account and its password, in base64."""

    data: Secret


Domain: TypeAlias = DomainCredentials | DomainBlob


class WlanSecurity(StrEnum):
    OPEN = "open"
    WPA2 = "wpa2"
    WPA3 = "wpa3"


@dataclass(frozen=True, slots=True)
class Wlan:
    """A wireless network for every user. `password` is None where it is open."""

    ssid: str
    security: WlanSecurity
    password: Secret | None
    hidden: bool = False
