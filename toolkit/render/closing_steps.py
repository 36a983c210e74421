"""The steps that take back what the bootstrap did. Each one is tried, whatever became of those before it.

What the spec wants of the finished guest stays, though the bootstrap does the same: a tweak of it, logons for good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render import ssh_steps, winrm_steps
from toolkit.render.abilities import has_powershell_3
from toolkit.render.autologon_traces import FORGET, VALUES, WINLOGON
from toolkit.render.https_steps import FORGET_MAPPINGS, FRIENDLY_NAME
from toolkit.render.steps import POWERSHELL_PATH, BootstrapExit, Step, attempt, block_rule, powershell, where
from toolkit.render.wsman import CONFIG, METHODS, REMOTING, SERVICE, SHELLS, change, no_listener
from toolkit.spec.guest import GuestMade, Quotas

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.certificates import TrustedClient
    from toolkit.render.host_certificate import HostCertificate
    from toolkit.render.wsman import Settings
    from toolkit.spec.guest import Guest, Windows, Winrm

# MicrosoftDocs/win32 desktop-src/WinRM/installation-and-configuration-for-windows-remote-management.md and quotas.md;
# of WinRM 2.0, its edition of 2010.
_QUOTAS = Quotas(60_000, 500, 1024, 30, 25)
_QUOTAS_2_0 = Quotas(60_000, 150, 150, 5, 15)
_OPERATIONS_2_0 = 15
_METHODS = {"Basic": False, "Kerberos": True, "Negotiate": True, "Certificate": False, "CredSSP": False}

# Where Setup and sysprep leave the answer file, or what of it (MicrosoftDocs/windows-driver-docs and practice).
_LEFTOVERS = (
    r"%SystemRoot%\Panther\unattend.xml",
    r"%SystemRoot%\Panther\autounattend.xml",
    r"%SystemRoot%\Panther\unattend-original.xml",
    r"%SystemRoot%\Panther\Unattend\unattend.xml",
    r"%SystemRoot%\Panther\Unattend\autounattend.xml",
    r"%SystemRoot%\System32\Sysprep\unattend.xml",
    r"%SystemRoot%\System32\Sysprep\autounattend.xml",
    r"%SystemRoot%\System32\Sysprep\Panther\unattend.xml",
    r"%SystemDrive%\unattend.xml",
    r"%SystemDrive%\autounattend.xml",
)

_NOTE = 'if not "%ERRORLEVEL%"=="0" set "BAD=%BAD% [%STEP%]"'


def winrm_closing(
    guest: Guest, winrm: Winrm, certificate: HostCertificate | None, client: TrustedClient | None
) -> tuple[Step, ...]:
    """Give the steps that take WinRM back to what Windows began with, but for listeners, of which none stays."""
    return (
        *_settings_steps(guest),
        *((_mapping_step(client),) if client else ()),
        _listener_step(),
        _service_step(guest),
        _rule_step(winrm_steps.ALLOW_RULE, "winrm"),
        *((_group_step(),) if winrm_steps.wants_remoting(guest) else ()),
        *((_certificate_step(guest, certificate),) if winrm.ssl else ()),
        *((_token_step(),) if guest.tweaks.filter_remote_tokens else ()),
    )


def ssh_closing(guest: Guest) -> tuple[Step, ...]:
    """Give the steps that stop sshd and forget keys and shell. The program itself stays."""
    openssh = guest.bootstrap.openssh
    steps = [
        Step(
            "sshd",
            BootstrapExit.CLOSING,
            ("Stopped, and not started again by itself.",),
            (*attempt("net stop sshd"), *noted("sc.exe config sshd start= demand")),
        ),
        _rule_step(ssh_steps.ALLOW_RULE, "ssh"),
    ]
    if guest.bootstrap.allow_from and has_powershell_3(guest.windows.release):
        again = noted(powershell(f"{ssh_steps.find_rule()} | Enable-NetFirewallRule"))
        steps.append(Step("ssh's own rule", BootstrapExit.CLOSING, ("For whoever starts sshd again.",), again))
    if openssh.authorized_keys:
        keys = rf"{ssh_steps.FOLDER}\{ssh_steps.KEYS}"
        gone = (*attempt(f'del /f /q "{keys}"'), f'if exist "{keys}" set "BAD=%BAD% [%STEP%]"')
        steps.append(Step("keys", BootstrapExit.CLOSING, ("The keys that let administrators in.",), gone))
    if openssh.default_shell:
        steps.append(
            Step(
                "shell",
                BootstrapExit.CLOSING,
                ("Back to cmd.",),
                _without_value(ssh_steps.SHELL_KEY, "DefaultShell", "shell"),
            )
        )
    return tuple(steps)


def first_steps(windows: Windows, hold_rule: str, ports: str) -> tuple[Step, ...]:
    """Give what comes first, whatever was opened."""
    why = ("PowerShell was turned on when the guest was opened, and the task may not have it on its path yet.",)
    path = () if windows.has_powershell else (Step("path", BootstrapExit.CLOSING, why, (POWERSHELL_PATH,)),)
    return (
        *path,
        Step(
            "hold",
            BootstrapExit.CLOSING,
            ("A block rule beats every allow rule, and stays if anything below fails.",),
            noted(f"{block_rule(hold_rule, ports)} profile=any"),
        ),
    )


def last_steps(guest: Guest) -> tuple[Step, ...]:
    """Give what is forgotten at the end, whatever was opened."""
    for_good = guest.autologon is not None and guest.autologon.count is None
    return (
        *((_flyout_step(),) if guest.tweaks.first_run else ()),
        *(() if for_good else (_autologon_step(), _secret_step())),
        _leftovers_step(),
    )


def noted(line: str) -> tuple[str, ...]:
    """Run `line`; any exit code but 0 is remembered, and the script goes on."""
    return (line, _NOTE)


def _settings_steps(guest: Guest) -> tuple[Step, ...]:
    return (
        Step(
            "service",
            BootstrapExit.CLOSING,
            ("Only a running service takes settings.",),
            (*attempt("net start WinRM >nul 2>&1"), *attempt("ping -n 4 127.0.0.1 >nul")),
        ),
        Step(
            "methods",
            BootstrapExit.CLOSING,
            (
                "Windows' own: Kerberos and Negotiate, and every message encrypted.",
                *(() if guest.windows.release.server else winrm_steps.WHY_PRIVATE),
            ),
            noted(
                powershell(change(guest.windows.release, (SERVICE, {"AllowUnencrypted": False}), (METHODS, _METHODS)))
            ),
        ),
        Step(
            "quotas",
            BootstrapExit.CLOSING,
            ("Windows' own.",),
            noted(powershell(change(guest.windows.release, *_quotas(guest)))),
        ),
    )


def _quotas(guest: Guest) -> Iterator[tuple[str, Settings]]:
    old = not has_powershell_3(guest.windows.release)
    config, shells = winrm_steps.settings_of(_QUOTAS_2_0 if old else _QUOTAS)
    yield CONFIG, config
    yield SHELLS, shells
    if old:
        yield SERVICE, {"MaxConcurrentOperationsPerUser": _OPERATIONS_2_0}
    elif winrm_steps.wants_remoting(guest):
        yield REMOTING, {"MaxMemoryPerShellMB": _QUOTAS.max_memory_per_shell_mb}


def _mapping_step(client: TrustedClient) -> Step:
    lines = noted(powershell(FORGET_MAPPINGS))
    if client.trusted:
        lines += _without_certificate("TrustedPeople", client.thumbprint, "client")
    lines += _without_certificate("Root", client.issuer_thumbprint, "issuer")
    return Step("client certificate", BootstrapExit.CLOSING, ("The mapping holds a password.",), lines)


def _listener_step() -> Step:
    return Step(
        "listeners",
        BootstrapExit.CLOSING,
        ("None stays, not even a server's own: winrm quickconfig brings that back.",),
        noted(powershell(f"{no_listener('HTTP')}; {no_listener('HTTPS')}")),
    )


def _service_step(guest: Guest) -> Step:
    start = "auto" if guest.windows.release.server else "demand"
    return Step(
        "start type",
        BootstrapExit.CLOSING,
        ("Windows' own. Where that is to start by itself, nothing listens all the same.",),
        (*attempt("net stop WinRM"), *noted(f"sc.exe config WinRM start= {start}")),
    )


def _rule_step(rule: str, label: str) -> Step:
    find = f"netsh advfirewall firewall show rule name={rule}"
    delete = f"netsh advfirewall firewall delete rule name={rule}"
    return Step(
        f"{label} rule", BootstrapExit.CLOSING, ("Our own.",), where(find, noted(delete), label=f"no_{label}_rule")
    )


def _group_step() -> Step:
    why = ("Enable-PSRemoting had switched them on.",)
    return Step("built-in rules", BootstrapExit.CLOSING, why, attempt(winrm_steps.built_in_rules_off()))


def _certificate_step(guest: Guest, certificate: HostCertificate | None) -> Step:
    if certificate is not None:
        lines = _without_certificate("My", certificate.thumbprint, "certificate")
    else:
        find = f"if ($c.FriendlyName -eq '{FRIENDLY_NAME}')"
        store = (
            "$s=New-Object Security.Cryptography.X509Certificates.X509Store('My','LocalMachine'); $s.Open('ReadWrite')"
        )
        lines = noted(
            powershell(f"{store}; foreach ($c in @($s.Certificates)) {{ {find} {{ $s.Remove($c) }} }}; $s.Close()")
        )
    where_from = "here" if isinstance(guest.bootstrap.certificate, GuestMade) else "on the host"
    return Step("certificate", BootstrapExit.CLOSING, (f"The listener's, made {where_from}.",), lines)


def _without_certificate(store: str, thumbprint: str, label: str) -> tuple[str, ...]:
    find = f"certutil -store {store} {thumbprint}"
    return where(find, noted(f"certutil -delstore {store} {thumbprint}"), label=f"no_{label}")


def _token_step() -> Step:
    value = "LocalAccountTokenFilterPolicy"
    why = ("UAC filters the network logons of local administrators again.",)
    return Step("token filter", BootstrapExit.CLOSING, why, _without_value(winrm_steps.TOKEN_POLICY, value, "token"))


def _flyout_step() -> Step:
    key = winrm_steps.FLYOUT_KEY
    lines = where(f"reg query {key}", noted(f"reg delete {key} /f"), label="no_flyout")
    return Step("network flyout", BootstrapExit.CLOSING, ("Windows asks about new networks again.",), lines)


def _autologon_step() -> Step:
    key = f'"{WINLOGON}"'
    lines = noted(f"reg add {key} /v AutoAdminLogon /t REG_SZ /d 0 /f")
    for value in VALUES:
        lines += _without_value(key, value, value.lower())
    return Step("autologon", BootstrapExit.CLOSING, ("Nobody logs on by himself any more.",), lines)


def _secret_step() -> Step:
    return Step(
        "autologon secret",
        BootstrapExit.CLOSING,
        (
            "Setup keeps the autologon password as a secret of LSA's, which no registry editor shows.",
            "Storing nothing under its name deletes it.",
        ),
        noted(powershell(FORGET)),
    )


def _leftovers_step() -> Step:
    lines = tuple(
        line
        for path in _LEFTOVERS
        for line in (f'del /f /q "{path}" >nul 2>&1', f'if exist "{path}" set "BAD=%BAD% [%STEP%]"')
    )
    return Step("answer files", BootstrapExit.CLOSING, ("With the passwords in them.",), lines)


def _without_value(key: str, value: str, label: str) -> tuple[str, ...]:
    return where(f"reg query {key} /v {value}", noted(f"reg delete {key} /v {value} /f"), label=f"no_{label}")
