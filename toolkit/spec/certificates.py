"""`bootstrap.certificate`, `certificate_names` and `client_certificate`: who shows what over https."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, assert_never

from pydantic import Discriminator, Field, Tag

from toolkit.catalog.releases import WINDOWS_8
from toolkit.files import read_at_most
from toolkit.spec.guest import (
    ClientCertificate,
    GuestMade,
    HostMade,
    NoCommunicator,
    OwnPem,
    OwnPfx,
    ServerCertificate,
    Ssh,
    Winrm,
)
from toolkit.spec.secrets import SecretField
from toolkit.spec.section import Findings, Section

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.spec.guest import Communicator, Windows
    from toolkit.spec.places import KeyPath
    from toolkit.spec.secrets import Vault

_DNS_NAME = r"(\*\.)?[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*"
_LARGEST = 8 << 20
_TLS_1_2 = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server"


class PfxSection(Section):
    """`bootstrap.certificate` as a table: the user's own."""

    file: str = Field(min_length=1, description="A PKCS #12 file (.pfx, .p12) with its key; relative to the spec.")
    password: SecretField


class PemSection(Section):
    """`bootstrap.client_certificate` as a table: the user's own."""

    file: str = Field(
        min_length=1, description="PEM: the client's certificate and its issuer's, or an issuer's alone; no key."
    )


def _form(value: Any) -> str:
    return "table" if isinstance(value, dict | Section) else "text"


CertificateField: TypeAlias = Annotated[
    Annotated[Literal["host", "guest"], Tag("text")] | Annotated[PfxSection, Tag("table")], Discriminator(_form)
]
ClientCertificateField: TypeAlias = Annotated[
    Annotated[Literal["host"], Tag("text")] | Annotated[PemSection, Tag("table")], Discriminator(_form)
]


def resolve_certificate(
    value: Literal["host", "guest"] | PfxSection, vault: Vault, findings: Findings
) -> ServerCertificate:
    """Give where the listener's certificate comes from, the user's own file read but not opened."""
    match value:
        case "host":
            return HostMade()
        case "guest":
            return GuestMade()
        case PfxSection():
            path = ("bootstrap", "certificate")
            password = vault.secret(value.password, (*path, "password"), findings)
            data = read_file((*path, "file"), value.file, findings)
            if password is None or data is None:
                return HostMade()
            return OwnPfx(_base(value.file), data, password)
        case _:
            assert_never(value)


def resolve_client_certificate(
    value: Literal["host"] | PemSection | None, certificate: ServerCertificate, findings: Findings
) -> ClientCertificate | None:
    """Give where the clients' certificate comes from. The host hands its own over with the listener's only."""
    path = ("bootstrap", "client_certificate")
    match value:
        case None:
            return None
        case "host":
            if isinstance(certificate, GuestMade):
                findings.error(
                    path,
                    "a client certificate made on the host comes with a listener's that the host knows",
                    help='Leave out certificate = "guest", or give client_certificate = { file = "client.pem" }.',
                )
            return HostMade()
        case PemSection():
            data = read_file((*path, "file"), value.file, findings)
            return None if data is None else OwnPem(_base(value.file), data)
        case _:
            assert_never(value)


def check_https(settings: set[str], communicator: Communicator, findings: Findings) -> None:
    """Refuse settings of https where there is none: the user takes the guest for better protected than it is."""
    match communicator:
        case Winrm(ssl=True):
            return
        case Winrm() | Ssh() | NoCommunicator():
            for name in sorted(settings & {"certificate", "certificate_names", "client_certificate"}):
                findings.error(
                    ("bootstrap", name),
                    f"bootstrap.{name} does nothing without https",
                    help='Set winrm_use_ssl = true in [communicator], with communicator = "winrm".',
                )
        case _:
            assert_never(communicator)


def check_tls(communicator: Communicator, windows: Windows, findings: Findings, *, restarts: bool) -> None:
    """Warn where the listener would speak TLS 1.0 alone. `restarts` says whether a script restarts the guest before.

    Windows 7 and Server 2008 R2 know TLS 1.2 and leave it off, and what the bootstrap sets counts from the next start
    (ansible/ansible#52316). Go since 1.18 (go.dev/doc/go1.18), and with it Packer, and OpenSSL 3 refuse less.
    """
    if restarts or not isinstance(communicator, Winrm) or not communicator.ssl:
        return
    if windows.release.build >= WINDOWS_8:
        return
    findings.warning(
        ("communicator", "winrm_use_ssl"),
        f"{windows.release.name} speaks TLS 1.0 and no other until it restarts, and clients of today refuse that",
        help="Have TLS 1.2 on before the bootstrap, by a script with reboot = true that sets Enabled to 1 and"
        f" DisabledByDefault to 0 in {_TLS_1_2}; or use http with NTLM.",
    )


def check_names(names: list[str], findings: Findings) -> None:
    """Refuse what no certificate or certreq.exe takes for a name."""
    for number, name in enumerate(names):
        if not re.fullmatch(_DNS_NAME, name) and not _is_address(name):
            findings.error(
                ("bootstrap", "certificate_names", number),
                f'bootstrap.certificate_names "{name}" is neither a host name nor an address',
                help='For example "win11.lab" or "10.0.0.5".',
            )


def read_file(path: KeyPath, name: str, findings: Findings) -> bytes | None:
    """Read a user's file, relative to the spec. Adds to `findings` why it cannot be, and gives None then."""
    file: Path = findings.document.layer(path).folder / name
    try:
        data = read_at_most(file, _LARGEST)
    except OSError as err:
        findings.error(path, f"{file} cannot be read: {err.strerror}", help=findings.counts_from(path))
        return None
    if data is None:
        findings.error(path, f"{file} is larger than {_LARGEST >> 20} MiB: that is another file")
    return data


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
