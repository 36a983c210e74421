"""WinRM's steps in PowerShell: the WSMan: drive, and .NET 2 for certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.abilities import has_powershell_3
from toolkit.render.https_steps import (
    CLIENT,
    CLIENT_ACCOUNT,
    CLIENT_ISSUER,
    COMPUTER,
    FRIENDLY_NAME,
    SERVER_AUTH,
    TLS_1_2,
    YESTERDAY,
    alternative_names,
    certificate_request,
)
from toolkit.render.powershell import hashtable, literal
from toolkit.render.powershell_opening import inside, make_key, program, running, set_number, wsman_values
from toolkit.render.winrm_steps import (
    FLYOUT_KEY,
    OPERATIONS_PER_USER,
    PLUGIN_QUOTA,
    TOKEN_POLICY,
    methods,
    needs_unencrypted,
    settings_of,
)

if TYPE_CHECKING:
    from toolkit.render.host_certificate import HostCertificate
    from toolkit.render.powershell_opening import Lines, Opening

_CERTIFICATES = "Security.Cryptography.X509Certificates"
_MAPPINGS = r"@(Get-ChildItem WSMan:\localhost\ClientCertificate)"
_OWN = f"$_.FriendlyName -eq {literal(FRIENDLY_NAME)}"


_CERTREQ = program("certreq.exe", "-new", "-q", "$request", "$answer")


def token(_: Opening) -> Lines:
    return set_number(TOKEN_POLICY, "LocalAccountTokenFilterPolicy", 1)


def flyout(_: Opening) -> Lines:
    return make_key(FLYOUT_KEY)


def tls(_: Opening) -> Lines:
    values = (("Enabled", 1), ("DisabledByDefault", 0))
    return tuple(
        line
        for side in ("Server", "Client")
        for name, number in values
        for line in set_number(f"{TLS_1_2}\\{side}", name, number)
    )


def start_type(_: Opening) -> Lines:
    # sc.exe in full: `sc` is Set-Content here, and Set-Service of PowerShell 2 knows no delayed start.
    return program("sc.exe", "config", "WinRM", "start=", "delayed-auto")


def start(_: Opening) -> Lines:
    return ("Start-Service WinRM", running("WinRM"))


def remoting(opening: Opening) -> Lines:
    memory, release = opening.guest.bootstrap.quotas.max_memory_per_shell_mb, opening.guest.windows.release
    old = "Enable-PSRemoting -Force | Out-Null"
    return (
        # PowerShell 2 has neither the switch nor the quota.
        "if ($PSVersionTable.PSVersion.Major -ge 3) {",
        "    Enable-PSRemoting -SkipNetworkProfileCheck -Force | Out-Null",
        f"    Set-Item {PLUGIN_QUOTA} {memory} -Force -WarningAction SilentlyContinue",
        "} else {",
        f"    {old}" if release.server else f"    Invoke-DespitePublicNetworks {{ {old} }}",
        "}",
        "Restart-Service WinRM",
        running("WinRM"),
    )


def certificate(opening: Opening) -> Lines:
    given = opening.luggage.certificate
    return _own_certificate(opening) if given is None else _imported(given, opening)


def _imported(given: HostCertificate, opening: Opening) -> Lines:
    return (
        f"$store = New-Object {_CERTIFICATES}.X509Store 'My', 'LocalMachine'",
        "$store.Open('ReadWrite')",
        "$kept = @($store.Certificates | Where-Object {",
        f"    $_.Thumbprint -eq {literal(given.thumbprint)} -and $_.HasPrivateKey",
        "})",
        *inside(
            "$kept.Count -eq 0",
            (
                f"$data = {opening.pfx.data}",
                f"$imported = New-Object {_CERTIFICATES}.X509Certificate2",
                f"$imported.Import($data, {opening.pfx.password}, 'MachineKeySet, PersistKeySet')",
                "$store.Add($imported)",
            ),
        ),
        "$store.Close()",
    )


def _own_certificate(opening: Opening) -> Lines:
    names = alternative_names(opening.guest, opening.winrm)
    made = (
        "$command = Get-Command New-SelfSignedCertificate -ErrorAction SilentlyContinue",
        # The cmdlet came with PowerShell 4, and its dates and extensions with 5.1.
        *inside("$command -and $command.Parameters.ContainsKey('TextExtension')", _by_cmdlet(names))[:-1],
        "} else {",
        *(f"    {line}" for line in _by_certreq(names)),
        "}",
    )
    return (
        f"$kept = @(Get-ChildItem Cert:\\LocalMachine\\My | Where-Object {{ {_OWN} }})",
        *inside("$kept.Count -eq 0", made),
    )


def _by_cmdlet(names: str) -> Lines:
    # A day back for clocks that are ahead of the client's by a time zone.
    settings = {
        "Subject": '"CN=$env:COMPUTERNAME"',
        "FriendlyName": literal(FRIENDLY_NAME),
        "CertStoreLocation": r"'Cert:\LocalMachine\My'",
        "KeyAlgorithm": "'RSA'",
        "KeyLength": "2048",
        "HashAlgorithm": "'SHA256'",
        "NotBefore": "(Get-Date).AddDays(-1)",
        "NotAfter": "(Get-Date).AddYears(10)",
        "TextExtension": f"@({literal(f'2.5.29.37={{text}}{SERVER_AUTH}')}, {_named(f'2.5.29.17={{text}}{names}')})",
    }
    return (
        "$options = @{",
        *(f"    {name} = {value}" for name, value in settings.items()),
        "}",
        "New-SelfSignedCertificate @options | Out-Null",
    )


def _by_certreq(names: str) -> Lines:
    return (
        "$request = Join-Path $env:SystemRoot 'Temp\\unattend-winrm.inf'",
        "$answer = Join-Path $env:SystemRoot 'Temp\\unattend-winrm.cer'",
        "Remove-Item $request, $answer -Force -ErrorAction SilentlyContinue",
        "$lines = [string[]] @(",
        *(f"    {_named(line)}{comma}" for line, comma in _listed(certificate_request(names))),
        ")",
        # A day back, if certreq takes it.
        f"$dated = 'NotBefore = \"' + {YESTERDAY} + '\"'",
        "try {",
        "    [IO.File]::WriteAllLines($request, [string[]] ($lines + $dated))",
        *(f"    {line}" for line in _CERTREQ),
        "} catch {",
        '    Write-Log "certreq takes no date: $_"',
        "    [IO.File]::WriteAllLines($request, $lines)",
        *(f"    {line}" for line in _CERTREQ),
        "}",
        "Remove-Item $request, $answer -Force -ErrorAction SilentlyContinue",
    )


def _listed(lines: Lines) -> tuple[tuple[str, str], ...]:
    return tuple((line, "," if number < len(lines) else "") for number, line in enumerate(lines, start=1))


def _named(text: str) -> str:
    if COMPUTER not in text:
        return literal(text)
    return f"{literal(text)}.Replace({literal(COMPUTER)}, $env:COMPUTERNAME)"


def listener(opening: Opening) -> Lines:
    winrm, given = opening.winrm, opening.luggage.certificate
    if not winrm.ssl:
        return _http_listener(winrm.port)
    if given is None:
        # The listener's Hostname must be the certificate's common name (0x803380E9): the computer's when it was made.
        find: Lines = (f"$shown = @(Get-ChildItem Cert:\\LocalMachine\\My | Where-Object {{ {_OWN} }})[0]",)
        name, thumbprint = "$shown.GetNameInfo('SimpleName', $false)", "$shown.Thumbprint"
    else:
        find, name, thumbprint = (), literal(given.host_name), literal(given.thumbprint)
    settings = f"@{{Hostname = {name}; CertificateThumbprint = {thumbprint}; Port = {literal(str(winrm.port))}}}"
    return (
        *find,
        *_removed("HTTPS"),
        f"New-WSManInstance {_selected('HTTPS')} -ValueSet {settings} | Out-Null",
        *_removed("HTTP"),
        # The key leaves the medium once it is in use, where the medium can be written.
        *(_spent(name) for name in (opening.pfx.spent if given else ())),
    )


def _http_listener(port: int) -> Lines:
    settings, selected = hashtable({"Port": port}), _selected("HTTP")
    return (
        "if (-not (Test-Listener 'HTTP')) {",
        f"    New-WSManInstance {selected} -ValueSet {settings} | Out-Null",
        f"}} elseif ((Get-WSManInstance {selected}).Port -ne {literal(str(port))}) {{",
        f"    Set-WSManInstance {selected} -ValueSet {settings} | Out-Null",
        "}",
        *_removed("HTTPS"),
    )


def _removed(transport: str) -> Lines:
    return inside(f"Test-Listener {literal(transport)}", (f"Remove-WSManInstance {_selected(transport)}",))


def _selected(transport: str) -> str:
    return f"-ResourceURI winrm/config/Listener -SelectorSet {hashtable({'Address': '*', 'Transport': transport})}"


def _spent(name: str) -> str:
    return f"Remove-Item (Join-Path $Here {literal(name)}) -Force -ErrorAction SilentlyContinue"


def quotas(opening: Opening) -> Lines:
    config, shells = settings_of(opening.guest.bootstrap.quotas)
    old = not has_powershell_3(opening.guest.windows.release)
    service = {"MaxConcurrentOperationsPerUser": OPERATIONS_PER_USER} if old else {}
    return (*wsman_values("", config), *wsman_values("Shell", shells), *wsman_values("Service", service))


def authentication(opening: Opening) -> Lines:
    winrm, bootstrap = opening.winrm, opening.guest.bootstrap
    unencrypted = not bootstrap.kerberos and needs_unencrypted(winrm, bootstrap.consumer)
    return (
        *wsman_values("Service", {"AllowUnencrypted": unencrypted}),
        *wsman_values(r"Service\Auth", methods(winrm, bootstrap)),
    )


def client_certificate(opening: Opening) -> Lines:
    client = opening.luggage.client
    if client is None:
        raise TypeError(client)
    trust = program("certutil.exe", "-f", "-addstore", "TrustedPeople", "$trusted") if client.trusted else ()
    map_again = (
        "$lines = [IO.File]::ReadAllLines($account)",
        f"$trusted = Join-Path $Here {literal(CLIENT)}",
        f"$issuer = Join-Path $Here {literal(CLIENT_ISSUER)}",
        *trust,
        *program("certutil.exe", "-f", "-addstore", "Root", "$issuer"),
        "$password = New-Object Security.SecureString",
        "foreach ($character in $lines[1].ToCharArray()) {",
        "    $password.AppendChar($character)",
        "}",
        "$credential = New-Object Management.Automation.PSCredential $lines[0], $password",
        f"foreach ($mapping in {_MAPPINGS}) {{",
        "    Remove-Item $mapping.PSPath -Recurse -Force",
        "}",
        "$mapping = @{",
        "    Path = 'WSMan:\\localhost\\ClientCertificate'",
        "    Subject = $lines[2]",
        "    URI = '*'",
        f"    Issuer = {literal(client.issuer_thumbprint)}",
        "    Credential = $credential",
        "}",
        "New-Item @mapping -Force | Out-Null",
        _spent(CLIENT_ACCOUNT),
    )
    return (
        f"$account = Join-Path $Here {literal(CLIENT_ACCOUNT)}",
        *inside("Test-Path $account", map_again),
        *inside(f"{_MAPPINGS}.Count -eq 0", ("throw 'no client certificate is mapped to an account'",)),
    )


def self_test(opening: Opening) -> Lines:
    winrm, given = opening.winrm, opening.luggage.certificate
    if not winrm.ssl:
        return (
            "Wait-Answer {",
            f"    (Test-WSMan -ComputerName 127.0.0.1 -Port {winrm.port}) -ne $null",
            "}",
        )
    shown = "$shown.Thumbprint" if given is None else literal(given.thumbprint)
    return (
        "Wait-Answer {",
        f"    (Get-ShownThumbprint {winrm.port}) -eq {shown}",
        "}",
    )


def evidence(_: Opening) -> Lines:
    columns = "'Transport', 'Address', 'Port', 'Hostname', 'CertificateThumbprint'"
    return (
        "Write-Evidence {",
        "    Get-WSManInstance -ResourceURI winrm/config/Listener -Enumerate |",
        f"        Select-Object {columns}",
        "}",
        "Write-Evidence { Get-ChildItem WSMan:\\localhost\\Service | Select-Object 'Name', 'Value' }",
    )
