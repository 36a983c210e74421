"""What a client must know of a guest to speak WinRM with it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from toolkit.communicators.location import PATH, bracketed, checked_host, checked_port, host_field
from toolkit.errors import UsageError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.communicators.proxy import Proxy
    from toolkit.secret import Secret


_PLAIN = "Use --ssl: plain http has no certificates."


class Auth(StrEnum):
    """How the user proves who they are. All but Basic and a certificate seal the messages where TLS does not.

    `negotiate` takes Kerberos where both sides can and NTLM where not; `credssp` hands the password to the guest.
    """

    BASIC = "basic"
    NTLM = "ntlm"
    NEGOTIATE = "negotiate"
    KERBEROS = "kerberos"
    CREDSSP = "credssp"
    CERTIFICATE = "certificate"

    @property
    def shown(self) -> str:
        """The method's name as people write it."""
        return _SHOWN[self]


_SHOWN = {
    Auth.BASIC: "Basic",
    Auth.NTLM: "NTLM",
    Auth.NEGOTIATE: "Negotiate",
    Auth.KERBEROS: "Kerberos",
    Auth.CREDSSP: "CredSSP",
    Auth.CERTIFICATE: "a client certificate",
}


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """PEM files of the user's certificate and its key; `passphrase` opens the key where it is encrypted."""

    certificate: Path
    key: Path
    passphrase: Secret | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One guest's WinRM service and one user of it.

    `pin` is the thumbprint (SHA-1 or SHA-256, hexadecimal) of the only certificate to accept; it outranks `insecure`,
    which accepts any. `ca_file` (PEM) is trusted in place of the host's own authorities, and `server_name` is what the
    certificate, and Kerberos, must call the guest in place of `host`. `proxy` stands on the way, where one is used, and
    `address` is the one of the host's to connect to, where it is known. Raises UsageError for what cannot be.
    """

    host: str
    port: int
    ssl: bool
    auth: Auth
    username: str
    password: Secret
    insecure: bool = False
    pin: str | None = None
    path: str = PATH
    ca_file: Path | None = None
    server_name: str | None = None
    client_certificate: ClientCertificate | None = None
    proxy: Proxy | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        checked_port(self.port)
        _check_credentials(self)
        _check_trust(self)

    @property
    def url(self) -> str:
        return f"{'https' if self.ssl else 'http'}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        return f"{bracketed(self.host)}:{self.port}"

    @property
    def host_field(self) -> str:
        """What Host says in requests to the guest."""
        return host_field(self.host, self.port)

    @property
    def relay(self) -> Proxy | None:
        """The proxy that reads and passes on every message; none where TLS is led through it."""
        return None if self.ssl else self.proxy

    @property
    def target(self) -> str:
        """What a request line names: the path, or to a relay the whole address (RFC 9112, 3.2.2)."""
        return self.url if self.relay else self.path

    @property
    def name(self) -> str:
        """What the guest is to be called by its certificate and by Kerberos; a zone is part of an address only."""
        return self.server_name or self.host.partition("%")[0]

    @property
    def user(self) -> str:
        """Who logs on, for messages: with a certificate, the mapping in the guest decides."""
        return self.username or "the certificate's user"

    @property
    def thumbprint(self) -> str | None:
        """The pin as upper-case hexadecimal without separators, as Windows shows thumbprints."""
        return None if self.pin is None else normal_thumbprint(self.pin)


def _check_trust(endpoint: Endpoint) -> None:
    if endpoint.server_name is not None:
        checked_host(endpoint.server_name, endpoint.server_name)
    if endpoint.pin is not None:
        normal_thumbprint(endpoint.pin)
    if not endpoint.ssl and (endpoint.pin is not None or endpoint.ca_file is not None):
        raise UsageError("A certificate can be pinned, or vouched for, with TLS only.", help=_PLAIN)


def _check_credentials(endpoint: Endpoint) -> None:
    if any("\ud800" <= character <= "\udfff" for character in endpoint.username + endpoint.password.reveal()):
        raise UsageError("The user name or the password holds bytes that are no text.", help="Give both as UTF-8.")
    if endpoint.auth is not Auth.CERTIFICATE:
        if not endpoint.username:
            raise UsageError("No user name is given.", help="Give the guest's administrator by winrm_username or -u.")
        return
    if endpoint.client_certificate is None:
        raise UsageError("No client certificate is given.", help="Give its PEM files: the certificate and its key.")
    if not endpoint.ssl:
        raise UsageError("A client certificate needs TLS.", help=_PLAIN)


def normal_thumbprint(text: str) -> str:
    """Read a thumbprint however it was copied: `AA:BB..`, `aa bb ..`, `sha256:aabb..`.

    The Certificates console of Windows puts an invisible U+200E before the digits, which is dropped too.
    """
    bare = re.sub(r"^\u200e?\s*sha-?(?:1|256)[:=]", "", text.strip(), flags=re.IGNORECASE)
    digits = re.sub(r"[\s:\u200e-]", "", bare).upper()
    if len(digits) not in (40, 64) or not re.fullmatch(r"[0-9A-F]+", digits):
        raise UsageError(
            f"{text!r} is not a certificate's thumbprint",
            help="Give SHA-1 (40 hexadecimal digits, as Windows shows it) or SHA-256 (64).",
        )
    return digits
