"""The https listener's certificate, wherever it is made, and clients that show one themselves."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from toolkit.render.abilities import has_certificate_options, has_powershell_3
from toolkit.render.cmd import echo_text
from toolkit.render.powershell import hashtable
from toolkit.render.steps import BootstrapExit, Step, attempt, must, powershell, unless
from toolkit.render.wsman import new_listener, no_listener

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.catalog.releases import Release
    from toolkit.certificates import TrustedClient
    from toolkit.render.host_certificate import HostCertificate
    from toolkit.render.wsman import Settings
    from toolkit.spec.guest import Guest, Winrm

PFX = "winrm.pfx"
PFX_PASSWORD = "winrm.pfx.txt"  # noqa: S105  (a file name)
CLIENT = "winrm-client.cer"
CLIENT_ISSUER = "winrm-client-issuer.cer"
CLIENT_ACCOUNT = "winrm-client.txt"

HTTPS_PORT = 5986

# By this name the guest's own certificate is found again, since nobody knows its thumbprint.
FRIENDLY_NAME = "unattend-winrm"

TLS_1_2 = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2"
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
_REQUEST = r"%SystemRoot%\Temp\unattend-winrm.inf"
_DATED = r"%SystemRoot%\Temp\unattend-winrm-dated.inf"
_ANSWER = r"%SystemRoot%\Temp\unattend-winrm.cer"
COMPUTER = "@COMPUTER@"
YESTERDAY = "(Get-Date).AddDays(-1).ToString('d MMM yyyy',[Globalization.CultureInfo]::InvariantCulture)"

MAPPINGS = "@(Get-ChildItem WSMan:\\localhost\\ClientCertificate)"
FORGET_MAPPINGS = f"foreach ($m in {MAPPINGS}) {{ Remove-Item $m.PSPath -Recurse -Force }}"

_FIND = (
    "$c=$null; foreach ($e in @(Get-ChildItem Cert:\\LocalMachine\\My)) "
    f"{{ if ($e.FriendlyName -eq '{FRIENDLY_NAME}') {{ $c=$e }} }}"
)


def tls_step() -> Step:
    keys = (f'"{TLS_1_2}\\{side}"' for side in ("Server", "Client"))
    values = (("Enabled", 1), ("DisabledByDefault", 0))
    return Step(
        "tls",
        BootstrapExit.TLS,
        (
            "This release knows TLS 1.2 and leaves it off. It counts from the next restart of Windows:",
            "until then the listener speaks TLS 1.0, which modern clients refuse.",
        ),
        tuple(
            line
            for key in keys
            for name, value in values
            for line in must(f"reg add {key} /v {name} /t REG_DWORD /d {value} /f")
        ),
    )


def https_steps(guest: Guest, winrm: Winrm, certificate: HostCertificate | None) -> tuple[Step, ...]:
    """Give the steps that get the certificate and put it on the listener; made in the guest where none is given."""
    port = {} if winrm.port == HTTPS_PORT else {"Port": winrm.port}
    if certificate is None:
        return (_own_certificate_step(guest, winrm), _own_listener_step(port))
    shown: Settings = {"Hostname": certificate.host_name, "CertificateThumbprint": certificate.thumbprint, **port}
    why = (
        "One listener, HTTPS on every address with the certificate made on the host, and no other.",
        "Its key leaves the medium once it is in use, where the medium can be written.",
    )
    lines = (
        *must(_listener(hashtable(shown))),
        *attempt(f'del /f /q "%HERE%{PFX}" "%HERE%{PFX_PASSWORD}" >nul 2>&1'),
    )
    return (_certificate_step(certificate), Step("listener", BootstrapExit.LISTENER, why, lines))


def _listener(table: str, *before: str) -> str:
    # Made again and not changed: the certificate of an old one may be gone.
    return powershell("; ".join((*before, no_listener("HTTPS"), new_listener("HTTPS", table), no_listener("HTTP"))))


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


def _own_certificate_step(guest: Guest, winrm: Winrm) -> Step:
    names = alternative_names(guest, winrm)
    make = _by_cmdlet(names) if has_certificate_options(guest.windows.release) else _by_certreq(names)
    return Step(
        "certificate",
        BootstrapExit.CERTIFICATE,
        ("Made here, so no client can know it beforehand. Found again by its friendly name in a second run.",),
        unless(powershell(f"{_FIND}; if (-not $c) {{ exit 1 }}"), make, label="have_certificate"),
    )


def alternative_names(guest: Guest, winrm: Winrm) -> str:
    """Give the names for the certificate as certificate extensions are written; COMPUTER stands for the computer's."""
    given = (*guest.bootstrap.certificate_names, *((winrm.host,) if winrm.host else ()))
    return "&".join((f"DNS={COMPUTER}", *dict.fromkeys(map(_alternative_name, given))))


def _by_cmdlet(names: str) -> tuple[str, ...]:
    # A day back for clocks that are ahead of the client's by a time zone.
    computer = names.replace(COMPUTER, "'+$env:COMPUTERNAME+'")
    return must(
        powershell(
            "New-SelfSignedCertificate -Subject ('CN='+$env:COMPUTERNAME)"
            f" -FriendlyName '{FRIENDLY_NAME}' -CertStoreLocation Cert:\\LocalMachine\\My"
            " -KeyAlgorithm RSA -KeyLength 2048 -HashAlgorithm SHA256"
            " -NotBefore (Get-Date).AddDays(-1) -NotAfter (Get-Date).AddYears(10)"
            f" -TextExtension @('2.5.29.37={{text}}{SERVER_AUTH}',('2.5.29.17={{text}}{computer}'))"
        )
    )


def _by_certreq(names: str) -> tuple[str, ...]:
    remove = f'del /f /q "{_REQUEST}" "{_DATED}" "{_ANSWER}" >nul 2>&1'
    return (
        remove,
        *(
            f'>>"{_REQUEST}" echo {echo_text(line).replace(COMPUTER, "%COMPUTERNAME%")}'
            for line in certificate_request(names)
        ),
        'set "DAY="',
        f'{powershell(YESTERDAY)} >"%STATE%"',
        'set /p DAY=<"%STATE%"',
        f'copy /y "{_REQUEST}" "{_DATED}" >nul',
        f'>>"{_DATED}" echo NotBefore = "%DAY%"',
        f'certreq -new -q "{_DATED}" "{_ANSWER}"',
        'if "%ERRORLEVEL%"=="0" goto made_certificate',
        *must(f'certreq -new -q "{_REQUEST}" "{_ANSWER}"'),
        ":made_certificate",
        remove,
    )


def certificate_request(names: str) -> tuple[str, ...]:
    """Give the lines of certreq's request, in which COMPUTER stands for the computer's name.

    PowerShell 2 has no cmdlet for it, 4's takes no dates. Another line, `NotBefore = "YESTERDAY"`, may follow: together
    with a period it is documented (MicrosoftDocs/windowsserverdocs certreq_1.md), and so is that an English month is
    read in every locale. Neither was tried on Windows, so who writes it must do without where certreq refuses it: a
    certificate from now on, for which a client whose clock is behind has to wait.
    """
    return (
        "[Version]",
        'Signature = "$Windows NT$"',
        "[EnhancedKeyUsageExtension]",
        f"OID = {SERVER_AUTH}",
        "[Extensions]",
        f'2.5.29.17 = "{{text}}{names}"',
        "[NewRequest]",
        f'Subject = "CN={COMPUTER}"',
        f'FriendlyName = "{FRIENDLY_NAME}"',
        "RequestType = Cert",
        "MachineKeySet = TRUE",
        "KeySpec = 1",
        "KeyLength = 2048",
        "KeyUsage = 0xa0",
        "HashAlgorithm = SHA256",
        'ProviderName = "Microsoft Enhanced RSA and AES Cryptographic Provider"',
        "ProviderType = 24",
        "ValidityPeriod = Years",
        "ValidityPeriodUnits = 10",
    )


def _alternative_name(name: str) -> str:
    try:
        return f"IPAddress={ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS={name}"


def _own_listener_step(port: Mapping[str, int]) -> Step:
    # The listener's Hostname must be the certificate's common name (0x803380E9): the computer's when it was made.
    shown = "@{Hostname = $c.GetNameInfo('SimpleName',$false); CertificateThumbprint = $c.Thumbprint"
    table = shown + "".join(f"; {name} = '{value}'" for name, value in port.items()) + "}"
    return Step(
        "listener",
        BootstrapExit.LISTENER,
        ("One listener, HTTPS on every address with the certificate made above, and no other.",),
        must(_listener(table, _FIND)),
    )


def tls_self_test(port: int, certificate: HostCertificate | None, release: Release) -> str:
    """Give a line that fails where the listener on `port` does not show the certificate.

    It accepts the certificate unseen and compares it then. TLS 1.2 by its number, since .NET 4.5 offers 1.0 by itself;
    .NET 2 knows no more than 1.0, and talks to a listener that has not more either before the restart.
    """
    limits = ",$null,3072,$false" if has_powershell_3(release) else ""
    thumbprint = f"'{certificate.thumbprint}'" if certificate else "$c.Thumbprint"
    return powershell(
        ("" if certificate else f"{_FIND}; ")
        + f"$t=New-Object Net.Sockets.TcpClient('127.0.0.1',{port}); $t.ReceiveTimeout=10000;"
        " $s=New-Object Net.Security.SslStream($t.GetStream(),$false,{$true});"
        f" $s.AuthenticateAsClient('localhost'{limits});"
        f" if ($s.RemoteCertificate.GetCertHashString() -ne {thumbprint}) {{ exit 1 }}"
    )


def client_step(client: TrustedClient) -> Step:
    """Give the step that lets in by certificate: known as a person, its issuer known, and mapped to the account.

    MicrosoftDocs/win32 desktop-src/WinRM, certificate-based authentication: local accounts only, and the mapping holds
    the account's password. That comes from a file, never from a command line.
    """
    account = f"$env:HERE+'{CLIENT_ACCOUNT}'"
    there = f"if ({MAPPINGS}.Count -eq 0) {{ exit 1 }}"
    map_again = (
        f"$l=[IO.File]::ReadAllLines({account}); $p=New-Object Security.SecureString;"
        f" foreach ($k in $l[1].ToCharArray()) {{ $p.AppendChar($k) }}; {FORGET_MAPPINGS};"
        " $u=New-Object Management.Automation.PSCredential($l[0],$p);"
        " New-Item WSMan:\\localhost\\ClientCertificate -Subject $l[2] -URI *"
        f" -Issuer '{client.issuer_thumbprint}' -Credential $u -Force"
    )
    trust = must(f'certutil -f -addstore TrustedPeople "%HERE%{CLIENT}"') if client.trusted else ()
    return Step(
        "client certificate",
        BootstrapExit.CLIENT_CERTIFICATE,
        ("The account's password leaves the medium once it is in use; without it, the mapping must be there already.",),
        (
            f'if not exist "%HERE%{CLIENT_ACCOUNT}" goto have_mapping',
            *trust,
            *must(f'certutil -f -addstore Root "%HERE%{CLIENT_ISSUER}"'),
            *must(powershell(map_again)),
            *attempt(f'del /f /q "%HERE%{CLIENT_ACCOUNT}" >nul 2>&1'),
            ":have_mapping",
            *must(powershell(there)),
        ),
    )
