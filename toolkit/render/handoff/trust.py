"""How a client can know that it talks to this guest, over https."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from toolkit.spec.guest import GuestMade, HostMade, NoCommunicator, OwnPfx, Ssh, Winrm

if TYPE_CHECKING:
    from toolkit.render.host_certificate import HostCertificate
    from toolkit.spec.guest import Guest

AUTHORITY = "winrm.pem"


class Trust(StrEnum):
    """What checks the certificate: the system's authorities, the certificate itself as its authority, or nothing."""

    SYSTEM = "system"
    OWN_AUTHORITY = "own authority"
    UNCHECKED = "unchecked"


# Why a certificate goes unchecked that the guest makes itself, in the words of every fragment.
MADE_THERE = (
    "The guest makes its certificate itself, so no client can know it beforehand, and it goes unchecked:",
    'bootstrap.certificate = "host" in the spec ends that.',
)


def trust_of(guest: Guest, certificate: HostCertificate | None = None) -> Trust:
    """Tell what a client is to check the certificate against; SYSTEM where there is no https.

    A certificate of ours serves as its own authority where the spec knows the address that clients use (winrm_host),
    since that name is in it. Packer and Vagrant can be given no authority: for them that is UNCHECKED.
    """
    winrm = guest.communicator
    match winrm:
        case NoCommunicator() | Ssh():
            return Trust.SYSTEM
        case Winrm():
            return _trust(winrm, guest, certificate) if winrm.ssl else Trust.SYSTEM
        case _:
            assert_never(winrm)


def _trust(winrm: Winrm, guest: Guest, certificate: HostCertificate | None) -> Trust:
    source = guest.bootstrap.certificate
    match source:
        case OwnPfx():
            return Trust.UNCHECKED if winrm.insecure else Trust.SYSTEM
        case GuestMade():
            return Trust.UNCHECKED
        case HostMade():
            known = winrm.host is not None and certificate is not None and bool(certificate.pem)
            return Trust.OWN_AUTHORITY if known and not winrm.insecure else Trust.UNCHECKED
        case _:
            assert_never(source)
