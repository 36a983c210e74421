"""`[bootstrap]`: the guest's side of the connection, as far as it is not already said by `[communicator]`."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Annotated, assert_never

from pydantic import Field

from toolkit.spec.guest import Bootstrap, Consumer, Find, Language, NoCommunicator, Quotas, Ssh, Style, Winrm
from toolkit.spec.section import Findings, Section, absent

if TYPE_CHECKING:
    from toolkit.spec.guest import Communicator

_HTTP_PORT = 5985
_LONGEST_TIMEOUT_MS = 2**32 - 1  # MaxTimeoutms is a DWORD (MicrosoftDocs/win32 desktop-src/WinRM)
_PACKERS_TIMEOUT_MS = 1_800_000  # Packer sends winrm_timeout (30m) as the OperationTimeout of every command


class QuotasSection(Section):
    """`[bootstrap.quotas]`: what WinRM allows a shell. Windows' own defaults are too small for builds."""

    max_timeout_ms: int | None = Field(
        None, ge=500, le=_LONGEST_TIMEOUT_MS, description="Default: 30 minutes, or winrm_timeout when longer."
    )
    max_envelope_kb: int = Field(2048, ge=32, le=1_039_440)
    max_memory_per_shell_mb: int = Field(2048, ge=1024, description="Below 1024, Windows' default, is not supported.")
    max_shells_per_user: int = Field(30, ge=1)
    max_processes_per_shell: int = Field(100, ge=1)


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
        Language.BATCH, description="batch: runs on every release; powershell: the same as a script for PowerShell 2 and later."
    )
    allow_from: list[str] = Field(default_factory=list, description="Addresses or networks; empty: any.")
    quotas: QuotasSection = absent()


def resolve_bootstrap(section: BootstrapSection, communicator: Communicator, findings: Findings) -> Bootstrap:
    """Check addresses and make the quotas fit the communicator's timeout."""
    for number, text in enumerate(section.allow_from):
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            findings.error(
                ("bootstrap", "allow_from", number),
                f'bootstrap.allow_from "{text}" is not an address or a network',
                help='For example "192.168.56.1" or "10.0.0.0/8".',
            )
    _check_plain(section, communicator, findings)
    quotas = section.quotas
    return Bootstrap(
        style=section.style,
        consumer=section.consumer,
        find=section.find,
        language=section.language,
        allow_from=tuple(section.allow_from),
        quotas=Quotas(
            max_timeout_ms=quotas.max_timeout_ms or _timeout_ms(communicator),
            max_envelope_kb=quotas.max_envelope_kb,
            max_memory_per_shell_mb=quotas.max_memory_per_shell_mb,
            max_shells_per_user=quotas.max_shells_per_user,
            max_processes_per_shell=quotas.max_processes_per_shell,
        ),
    )


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
        findings.error(
            ("bootstrap", "language"), "the plain style is a batch file", help='Use style = "closed".'
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
