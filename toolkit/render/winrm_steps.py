"""The steps that open a guest for WinRM: shut first, configured behind the block rule, opened by the very last line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from toolkit.render.cmd import argument
from toolkit.render.steps import BootstrapExit, Step, attempt, block_rule, must, service_steps, unless, where
from toolkit.spec.guest import Consumer

if TYPE_CHECKING:
    from toolkit.secret import Secret
    from toolkit.spec.guest import Bootstrap, Quotas, Winrm

HOLD_RULE = "unattend-winrm-hold"
ALLOW_RULE = "unattend-winrm-allow"

PFX = "winrm.pfx"
PFX_PASSWORD = "winrm.pfx.txt"  # noqa: S105  (a file name)

# MicrosoftDocs/win32 desktop-src/WinRM/installation-and-configuration-for-windows-remote-management.md
HTTP_PORT, HTTPS_PORT = 5985, 5986

TOKEN_POLICY = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"  # noqa: S105  (a registry key)
FLYOUT_KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff"


@dataclass(frozen=True, slots=True)
class HostCertificate:
    """The certificate that the guest's HTTPS listener shows, made on the host, so that its thumbprint is known there.

    `thumbprint` is the SHA-1 in upper-case hexadecimal; `host_name` must be the certificate's common name, or WinRM
    refuses the listener (0x803380E9).
    """

    thumbprint: str
    host_name: str
    pfx: bytes = field(repr=False)
    pfx_password: Secret


def winrm_steps(winrm: Winrm, bootstrap: Bootstrap, certificate: HostCertificate | None) -> tuple[Step, ...]:
    """Give the steps before the firewall opens; `certificate` is there if and only if `winrm.ssl`."""
    listener = _http_listener(winrm) if certificate is None else _https_listener(winrm, certificate)
    return (
        close_step(HOLD_RULE, held_ports(winrm)),
        _token_step(),
        flyout_step(),
        *service_steps("WinRM", "delayed-auto"),
        *listener,
        _quotas_step(bootstrap.quotas),
        _authentication_step(winrm, bootstrap.consumer),
        _evidence_step(),
    )


def held_ports(winrm: Winrm) -> str:
    """Both default ports, since the release's own listener may stand on either, and the wanted one."""
    return ",".join(str(port) for port in sorted({HTTP_PORT, HTTPS_PORT, winrm.port}))


def needs_unencrypted(winrm: Winrm, consumer: Consumer) -> bool:
    """Whether the service must accept messages in the clear.

    Basic has no encryption of its own. NTLM has, but Packer does not use it (hashicorp/packer#6205), and `any` client
    may be Packer. Over https TLS encrypts, and the switch stays off.
    """
    if winrm.ssl:
        return False
    return not winrm.ntlm or consumer in {Consumer.PACKER, Consumer.ANY}


def close_step(rule: str, ports: str) -> Step:
    return Step(
        "close",
        BootstrapExit.CLOSE,
        (
            "A block rule beats every allow rule, whoever adds it, until the last line of this script.",
            "Never deleted first: the port would be open for that moment. A second rule of the name does no harm.",
        ),
        must(f"{block_rule(rule, ports)} profile=any"),
    )


def flyout_step() -> Step:
    return Step(
        "network flyout",
        BootstrapExit.FLYOUT,
        ("No question about the network at first logon; the allow rule below holds on any profile.",),
        must(f"reg add {FLYOUT_KEY} /f"),
    )


def _token_step() -> Step:
    # MicrosoftDocs/win32 desktop-src/WinRM/authentication-for-remote-connections.md; before any `winrm set`, which
    # Windows 7 and Server 2008 R2 refuse to filtered accounts (cloudbase/cloudbase-init lifts it for the same reason).
    return Step(
        "token filter",
        BootstrapExit.TOKEN,
        ("Local administrators other than the built-in one get their full token over the network.",),
        must(f"reg add {TOKEN_POLICY} /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f"),
    )


def _http_listener(winrm: Winrm) -> tuple[Step, ...]:
    http, https = _listener("HTTP"), _listener("HTTPS")
    lines = unless(_get(http), must(f"cmd.exe /c winrm create {http}"), label="have_http")
    if winrm.port != HTTP_PORT:
        lines += must(f'cmd.exe /c winrm set {http} @{{Port="{winrm.port}"}}')
    lines += where(_get(https), must(f"cmd.exe /c winrm delete {https}"), label="no_https")
    return (Step("listener", BootstrapExit.LISTENER, ("One listener, HTTP on every address, and no other.",), lines),)


def _https_listener(winrm: Winrm, certificate: HostCertificate) -> tuple[Step, ...]:
    http, https = _listener("HTTP"), _listener("HTTPS")
    settings = [f'Hostname="{certificate.host_name}"', f'CertificateThumbprint="{certificate.thumbprint}"']
    if winrm.port != HTTPS_PORT:
        settings.append(f'Port="{winrm.port}"')
    lines = (
        *where(_get(https), must(f"cmd.exe /c winrm delete {https}"), label="no_https"),
        *must(f"cmd.exe /c winrm create {https} @{{{';'.join(settings)}}}"),
        *where(_get(http), must(f"cmd.exe /c winrm delete {http}"), label="no_http"),
        *attempt(f'del /f /q "%HERE%{PFX}" "%HERE%{PFX_PASSWORD}" >nul 2>&1'),
    )
    why = (
        "One listener, HTTPS on every address with the certificate made on the host, and no other.",
        "Its key leaves the medium once it is in use, where the medium can be written.",
    )
    return (_certificate_step(certificate), Step("listener", BootstrapExit.LISTENER, why, lines))


def _certificate_step(certificate: HostCertificate) -> Step:
    read_and_import = (
        'set "PFXPASS="',
        f'set /p PFXPASS=<"%HERE%{PFX_PASSWORD}"',
        # Without a store's name certutil imports into the machine's My, and back to Windows 7.
        *must(f'certutil -f -p "%PFXPASS%" -importpfx "%HERE%{PFX}"'),
        'set "PFXPASS="',
    )
    return Step(
        "certificate",
        BootstrapExit.CERTIFICATE,
        ("Not imported twice: by the second run the file may be gone.",),
        unless(f"certutil -store My {certificate.thumbprint}", read_and_import, label="have_certificate"),
    )


def _quotas_step(quotas: Quotas) -> Step:
    config = _settings(MaxEnvelopeSizekb=quotas.max_envelope_kb, MaxTimeoutms=quotas.max_timeout_ms)
    shells = _settings(
        MaxMemoryPerShellMB=quotas.max_memory_per_shell_mb,
        MaxShellsPerUser=quotas.max_shells_per_user,
        MaxProcessesPerShell=quotas.max_processes_per_shell,
    )
    return Step(
        "quotas",
        BootstrapExit.QUOTAS,
        ("MaxTimeoutms is not less than what the client asks for: Packer asks for its whole winrm_timeout.",),
        (
            *must(f"cmd.exe /c winrm set winrm/config {config}"),
            *must(f"cmd.exe /c winrm set winrm/config/winrs {shells}"),
        ),
    )


def _authentication_step(winrm: Winrm, consumer: Consumer) -> Step:
    # Negotiate is what `winrm` itself logs on with in a workgroup (MicrosoftDocs/win32 desktop-src/WinRM/
    # authentication-for-remote-connections.md): without it no later `winrm` line, nor a second run, would be let in.
    unencrypted = needs_unencrypted(winrm, consumer)
    methods = _settings(Basic=not winrm.ntlm, Kerberos=True, Negotiate=True, Certificate=False, CredSSP=False)
    return Step(
        "authentication",
        BootstrapExit.AUTHENTICATION,
        (
            *_why_unencrypted(winrm, unencrypted=unencrypted),
            "Negotiate carries NTLM, and is how the winrm command itself logs on here, so it stays on beside Basic.",
            "Kerberos stays at its default: a guest in no domain has nobody to ask, and one that joins needs it.",
        ),
        (
            *must(f"cmd.exe /c winrm set winrm/config/service {_settings(AllowUnencrypted=unencrypted)}"),
            *must(f"cmd.exe /c winrm set winrm/config/service/auth {methods}"),
        ),
    )


def _why_unencrypted(winrm: Winrm, *, unencrypted: bool) -> tuple[str, ...]:
    if not unencrypted:
        return ("Every message is encrypted: by TLS over https, by NTLM's sealing over http.",)
    if winrm.ntlm:
        return (
            "AllowUnencrypted although NTLM could encrypt: Packer's winrm_use_ntlm authenticates by it and then",
            "sends its messages in the clear (hashicorp/packer#6205). Ansible and Vagrant encrypt and do without:",
            "bootstrap.consumer says which client it is.",
        )
    return ("AllowUnencrypted because Basic over http has no encryption. For laboratories; winrm_use_ssl ends it.",)


def _evidence_step() -> Step:
    return Step(
        "evidence",
        BootstrapExit.DONE,
        ("For the log, and for nobody's decision.",),
        (
            *attempt("cmd.exe /c winrm enumerate winrm/config/Listener"),
            *attempt("cmd.exe /c winrm get winrm/config"),
        ),
    )


def allow_step(rule: str, port: int, allow_from: tuple[str, ...]) -> Step:
    remote = argument(f"remoteip={','.join(allow_from) or 'any'}", what="bootstrap.allow_from")
    add = f"netsh advfirewall firewall add rule name={rule} dir=in action=allow protocol=TCP localport={port}"
    return Step(
        "allow",
        BootstrapExit.ALLOW,
        ("A rule of our own: the built-in ones differ from release to release in name, profile and reach.",),
        (
            *attempt(f"netsh advfirewall firewall delete rule name={rule} >nul"),
            *must(f"{add} profile=any {remote}"),
        ),
    )


def _listener(transport: str) -> str:
    return f"winrm/config/Listener?Address=*+Transport={transport}"


def _get(listener: str) -> str:
    return f"cmd.exe /c winrm get {listener}"


def _settings(**values: int | bool) -> str:
    # str(True) is "True"; the documentation writes true.
    pairs = ";".join(f'{name}="{str(value).lower()}"' for name, value in values.items())
    return f"@{{{pairs}}}"
