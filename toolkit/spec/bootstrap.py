"""`[bootstrap]`: the guest's side of the connection, as far as it is not already said by `[communicator]`."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Annotated, Literal, assert_never

from pydantic import Field

from toolkit.spec.certificates import (
    CertificateField,
    ClientCertificateField,
    check_https,
    check_names,
    resolve_certificate,
    resolve_client_certificate,
)
from toolkit.spec.guest import Bootstrap, Consumer, Find, Language, NoCommunicator, Quotas, Ssh, Style, Winrm
from toolkit.spec.openssh import OpenSshSection, resolve_openssh
from toolkit.spec.section import Findings, Section, absent

if TYPE_CHECKING:
    from toolkit.spec.guest import Communicator
    from toolkit.spec.secrets import Vault

_HTTP_PORT = 5985
_LARGEST_QUOTA = 2**31 - 1  # of shells, processes, MB (MicrosoftDocs, Policy CSP RemoteShell: 0 to 0x7FFFFFFF)
_LONGEST_TIMEOUT_MS = 2**32 - 1  # MaxTimeoutms is a DWORD (MicrosoftDocs/win32 desktop-src/WinRM)
_CLOSED_ONLY = {"kerberos", "credssp", "psrp", "also"}  # beside those that https or SSH bring with them
_PACKERS_TIMEOUT_MS = 1_800_000  # Packer sends winrm_timeout (30m) as the OperationTimeout of every command


class QuotasSection(Section):
    """`[bootstrap.quotas]`: what WinRM allows a shell. Windows' own defaults are too small for builds."""

    max_timeout_ms: int | None = Field(
        None, ge=500, le=_LONGEST_TIMEOUT_MS, description="Default: 30 minutes, or winrm_timeout when longer."
    )
    max_envelope_kb: int = Field(2048, ge=32, le=1_039_440)
    max_memory_per_shell_mb: int = Field(
        2048, ge=1024, le=_LARGEST_QUOTA, description="Below 1024, Windows' default, is not supported."
    )
    max_shells_per_user: int = Field(30, ge=1, le=_LARGEST_QUOTA)
    max_processes_per_shell: int = Field(100, ge=1, le=_LARGEST_QUOTA)


class BootstrapSection(Section):
    """`[bootstrap]`."""

    style: Annotated[Style, Field(strict=False)] = Field(
        Style.CLOSED, description="closed: shut until the last act; plain: the short list in Packer's documentation."
    )
    consumer: Annotated[Consumer, Field(strict=False)] = Field(
        Consumer.ANY, description="Who will connect. Packer's NTLM does not encrypt messages; the others' does."
    )
    find: Annotated[Find, Field(strict=False)] = Field(
        Find.MARKER, description="marker: on any drive letter; floppy: a: by decree."
    )
    language: Annotated[Language, Field(strict=False)] = Field(
        Language.BATCH,
        description="batch: runs on every release; powershell: the same as a script for PowerShell 2 and later.",
    )
    allow_from: list[str] = Field(default_factory=list, description="Addresses or networks; empty: any.")
    quotas: QuotasSection = absent(QuotasSection)
    certificate: CertificateField = Field(
        "host",
        description="https: host: made here and known beforehand; guest: made there; or a PFX of your own.",
    )
    certificate_names: list[str] = Field(
        default_factory=list, description="More host names and addresses for the certificate."
    )
    client_certificate: ClientCertificateField | None = Field(
        None, description="Log on by certificate: host: made here, beside the output; or a PEM file of your own."
    )
    kerberos: bool = Field(
        default=False, description="For domain members: Kerberos and Negotiate only, no Basic, every message encrypted."
    )
    credssp: bool = Field(default=False, description="Allow CredSSP, which hands the client's password to the guest.")
    psrp: bool | None = Field(
        None, description="PowerShell remoting (PSRP). Default: for consumer ansible, where PowerShell is 3 or later."
    )
    also: list[Literal["ssh"]] = Field(default_factory=list, description="ssh: an SSH server on port 22 beside WinRM.")
    openssh: OpenSshSection | None = Field(None, description="OpenSSH from the medium instead of Windows' capability.")
    authorized_keys: list[str] = Field(default_factory=list, description="Public keys that let administrators in.")
    default_shell: str | None = Field(None, description="cmd, powershell or a full path: what sshd starts.")


def resolve_bootstrap(
    section: BootstrapSection, communicator: Communicator, vault: Vault, findings: Findings
) -> Bootstrap:
    """Check addresses and certificates, and make the quotas fit the communicator's timeout."""
    _check_plain(section, communicator, findings)
    _check_winrm(section, communicator, findings)
    _check_timeout(section, communicator, findings)
    check_https(section.model_fields_set, communicator, findings)
    check_names(section.certificate_names, findings)
    certificate = resolve_certificate(section.certificate, vault, findings)
    also_ssh = "ssh" in section.also
    return Bootstrap(
        style=section.style,
        consumer=section.consumer,
        find=section.find,
        language=section.language,
        allow_from=_addresses(section.allow_from, findings),
        quotas=_quotas(section.quotas, communicator),
        certificate=certificate,
        certificate_names=tuple(section.certificate_names),
        client_certificate=resolve_client_certificate(section.client_certificate, certificate, findings),
        kerberos=section.kerberos,
        credssp=section.credssp,
        psrp=section.psrp,
        openssh=resolve_openssh(section, wanted=also_ssh or isinstance(communicator, Ssh), findings=findings),
        also_ssh=also_ssh,
    )


def _quotas(section: QuotasSection, communicator: Communicator) -> Quotas:
    return Quotas(
        max_timeout_ms=section.max_timeout_ms or _timeout_ms(communicator),
        max_envelope_kb=section.max_envelope_kb,
        max_memory_per_shell_mb=section.max_memory_per_shell_mb,
        max_shells_per_user=section.max_shells_per_user,
        max_processes_per_shell=section.max_processes_per_shell,
    )


def _addresses(texts: list[str], findings: Findings) -> tuple[str, ...]:
    """Give the addresses and networks in the one form that netsh is sure to take: an address, or its network/length."""
    given = []
    for number, text in enumerate(texts):
        try:
            network = ipaddress.ip_network(text, strict=False)
        except ValueError:
            network = None
        if network is None or "%" in text:  # netsh takes no zone, and the guest's is another anyway
            findings.error(
                ("bootstrap", "allow_from", number),
                f'bootstrap.allow_from "{text}" is not an address or a network',
                help='For example "192.168.56.1" or "10.0.0.0/8".',
            )
        else:
            given.append(str(network.network_address) if network.num_addresses == 1 else str(network))
    return tuple(dict.fromkeys(given))


def _check_winrm(section: BootstrapSection, communicator: Communicator, findings: Findings) -> None:
    """Refuse WinRM's settings without WinRM, and Kerberos over http for the one client that has none."""
    if not isinstance(communicator, Winrm):
        for name in sorted(section.model_fields_set & {"kerberos", "credssp", "psrp", "also"}):
            findings.error(
                ("bootstrap", name),
                f"bootstrap.{name} does nothing without WinRM",
                help='Set communicator = "winrm" in [communicator], or remove it.',
            )
    over_https = isinstance(communicator, Winrm) and communicator.ssl
    if section.kerberos and section.consumer is Consumer.PACKER and not over_https:
        findings.error(
            ("bootstrap", "kerberos"),
            "Packer knows neither Kerberos nor encrypted messages over http",
            help="Set winrm_use_ssl = true, where its NTLM will do; or remove bootstrap.kerberos.",
        )


def _check_timeout(section: BootstrapSection, communicator: Communicator, findings: Findings) -> None:
    """Keep the guest from allowing a command less than Packer asks for it: its whole winrm_timeout."""
    allowed = section.quotas.max_timeout_ms
    if allowed is None or not isinstance(communicator, Winrm) or allowed >= round(communicator.timeout * 1000):
        return
    path = ("bootstrap", "quotas", "max_timeout_ms")
    message = f"max_timeout_ms {allowed} is less than winrm_timeout, which Packer asks for every command"
    help_ = "Remove it, and the guest allows what winrm_timeout says."
    match section.consumer:
        case Consumer.PACKER:
            findings.error(path, message, help=help_)
        case Consumer.ANY:
            findings.warning(path, message, help=help_)
        case Consumer.ANSIBLE | Consumer.VAGRANT:
            pass
        case _:
            assert_never(section.consumer)


def _timeout_ms(communicator: Communicator) -> int:
    match communicator:
        case Winrm():
            return min(max(_PACKERS_TIMEOUT_MS, round(communicator.timeout * 1000)), _LONGEST_TIMEOUT_MS)
        case Ssh() | NoCommunicator():
            return _PACKERS_TIMEOUT_MS
        case _:
            assert_never(communicator)


def _check_plain(section: BootstrapSection, communicator: Communicator, findings: Findings) -> None:
    if section.style is not Style.PLAIN:
        return
    path = ("bootstrap", "style")
    if isinstance(communicator, Winrm) and communicator.ssl:
        findings.error(path, "the plain style only does http, and winrm_use_ssl is true", help='Use style = "closed".')
    if isinstance(communicator, Winrm) and not communicator.ssl and communicator.port != _HTTP_PORT:
        findings.error(path, f"the plain style leaves WinRM on its port, {_HTTP_PORT}", help='Use style = "closed".')
    if isinstance(communicator, Ssh):
        findings.error(path, "the plain style is for winrm", help='Use style = "closed".')
    if section.language is Language.POWERSHELL:
        findings.error(("bootstrap", "language"), "the plain style is a batch file", help='Use style = "closed".')
    for name in sorted(section.model_fields_set & _CLOSED_ONLY):
        findings.error(
            ("bootstrap", name), f"the plain style does not know bootstrap.{name}", help='Use style = "closed".'
        )
    if section.allow_from:
        findings.error(
            ("bootstrap", "allow_from"),
            "the plain style makes no firewall rule of its own",
            help='Use style = "closed".',
        )
    findings.warning(
        path,
        "the plain style answers before it is ready, ignores errors, and its firewall group is gone since Server 2012",
        help='It is here for comparison with Packer\'s documentation; style = "closed" is the one to use.',
    )
