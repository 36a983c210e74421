"""What verification learns of a guest on its way up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class TlsFacts:
    """What a handshake settled. `certificate` is DER."""

    version: str
    cipher: str
    certificate: bytes


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate as people compare them. `sha1` is the thumbprint that Windows shows; dates as OpenSSL prints them.

    Names and dates are empty where the certificate could not be read.
    """

    sha1: str
    sha256: str
    subject: str = ""
    issuer: str = ""
    names: tuple[str, ...] = ()
    not_before: str = ""
    not_after: str = ""


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What the WinRM service tells anyone. `offered` are the methods of authentication its 401 names."""

    product: str
    vendor: str
    server: str
    offered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GuestFacts:
    """What the guest says of itself. A value is empty, or None, where it did not say."""

    computer: str
    os: str = ""
    version: str = ""
    build: str = ""
    user: str = ""
    elevated: bool | None = None
    powershell: str = ""
    booted: datetime | None = None
    round_trip_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it, as far as the ladder was climbed."""

    address: str | None = None
    tls: TlsFacts | None = None
    certificate: CertificateFacts | None = None
    service: ServiceFacts | None = None
    guest: GuestFacts | None = None
