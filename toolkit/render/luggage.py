"""What a bootstrap script leans on and does not hold: certificates, keys, packages, and the files they are in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, assert_never

from toolkit.errors import ToolkitError
from toolkit.files import NamedFile
from toolkit.render import ssh_steps
from toolkit.render.https_steps import CLIENT, CLIENT_ACCOUNT, CLIENT_ISSUER, PFX, PFX_PASSWORD
from toolkit.spec.guest import GuestMade, HostMade, OwnPem, OwnPfx, Winrm
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.certificates import TrustedClient
    from toolkit.render.host_certificate import HostCertificate
    from toolkit.spec.guest import ClientCertificate, Guest, OpenSsh, Ssh

_HEX_SHA1 = r"[0-9A-F]{40}"
_HOST_NAME = r"[A-Za-z0-9._-]+"
_PLAIN_PASSWORD = r"[A-Za-z0-9._+=@:/-]+"  # noqa: S105  (a pattern)


@dataclass(frozen=True, slots=True)
class Luggage:
    """What a script leans on: the certificate that the host brings for the listener, and the clients known by one."""

    certificate: HostCertificate | None
    client: TrustedClient | None


def luggage_of(guest: Guest, communicator: Winrm | Ssh, certificate: HostCertificate | None) -> Luggage:
    if not isinstance(communicator, Winrm) or not communicator.ssl:
        return Luggage(None, None)
    client = _client(guest.bootstrap.client_certificate, communicator, certificate)
    match guest.bootstrap.certificate:
        case GuestMade():
            return Luggage(None, client)
        case HostMade() | OwnPfx():
            return Luggage(_checked(certificate), client)
        case _:
            assert_never(guest.bootstrap.certificate)


def _client(
    wanted: ClientCertificate | None, winrm: Winrm, certificate: HostCertificate | None
) -> TrustedClient | None:
    match wanted:
        case None:
            return None
        case OwnPem():
            from toolkit.certificates import trusted_client  # noqa: PLC0415  (cryptography is slow to load)

            return trusted_client(wanted.data, winrm.username, name=wanted.name)
        case HostMade():
            if certificate is None or certificate.client is None:
                raise ToolkitError(
                    "bootstrap.client_certificate needs a certificate from the host, and none was given",
                    help="Let `unattend generate` make one.",
                )
            return certificate.client
        case _:
            assert_never(wanted)


def _checked(certificate: HostCertificate | None) -> HostCertificate:
    if certificate is None:
        raise ToolkitError(
            "winrm_use_ssl needs a certificate, and none was given to the bootstrap",
            help="Let `unattend generate` make one, or set winrm_use_ssl = false.",
        )
    if not re.fullmatch(_HOST_NAME, certificate.host_name):
        raise ToolkitError(
            f"the certificate's common name, {certificate.host_name!r}, is no host name, and WinRM's listener bears it",
            help="Issue it with a subject such as CN=win.example.com; wildcards may be among its alternative names.",
        )
    for what, text, shape in (
        ("thumbprint (40 upper-case hexadecimal digits)", certificate.thumbprint, _HEX_SHA1),
        # cmd.exe's `set /p` and the quotes around it leave these characters alone in every version.
        ("PFX password (letters, digits and ._+=@:/-)", certificate.pfx_password.reveal(), _PLAIN_PASSWORD),
    ):
        if not re.fullmatch(shape, text):
            raise ToolkitError(f"the certificate's {what} has another form", help="Make the certificate again.")
    return certificate


def certificate_files(certificate: HostCertificate | None) -> tuple[NamedFile, ...]:
    if certificate is None:
        return ()
    password = f"{certificate.pfx_password.reveal()}\r\n".encode("ascii")
    return (NamedFile(PFX, certificate.pfx), NamedFile(PFX_PASSWORD, password))


def client_files(communicator: Winrm | Ssh, client: TrustedClient) -> tuple[NamedFile, ...]:
    """Give the client's certificates, and the account that they stand for: name, password and user principal name."""
    if communicator.password is None:
        return ()
    account = (communicator.username, communicator.password.reveal(), client.subject)
    return (
        *((NamedFile(CLIENT, client.trusted.encode("ascii")),) if client.trusted else ()),
        NamedFile(CLIENT_ISSUER, client.issuer.encode("ascii")),
        NamedFile(CLIENT_ACCOUNT, "".join(f"{line}\r\n" for line in account).encode("utf-8")),
    )


def ssh_files(openssh: OpenSsh) -> tuple[NamedFile, ...]:
    keys = "".join(f"{key}\n" for key in openssh.authorized_keys).encode("ascii")
    return (
        *((NamedFile(openssh.package.name, openssh.package.data),) if openssh.package else ()),
        *((NamedFile(ssh_steps.KEYS, keys),) if keys else ()),
    )
