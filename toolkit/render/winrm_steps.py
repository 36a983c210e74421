"""The steps that open a guest for WinRM: shut first, configured behind the block rule, opened by the very last line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.abilities import has_powershell_3, has_tls_1_2, ignores_memory_quota
from toolkit.render.cmd import argument
from toolkit.render.host_certificate import HostCertificate
from toolkit.render.https_steps import PFX, PFX_PASSWORD, client_step, https_steps, tls_self_test, tls_step
from toolkit.render.steps import (
    BootstrapExit,
    Step,
    attempt,
    await_running,
    block_rule,
    must,
    powershell,
    repeated,
    service_steps,
)
from toolkit.render.wsman import (
    CONFIG,
    METHODS,
    REMOTING,
    SERVICE,
    SHELLS,
    SHOW,
    change,
    despite_public_networks,
    http_listener,
    identify,
    no_listener,
)
from toolkit.spec.guest import Consumer, GuestMade

if TYPE_CHECKING:
    from toolkit.certificates import TrustedClient
    from toolkit.spec.guest import Bootstrap, Guest, Quotas, Winrm

__all__ = ["PFX", "PFX_PASSWORD", "HostCertificate"]

HOLD_RULE = "unattend-winrm-hold"
ALLOW_RULE = "unattend-winrm-allow"

# MicrosoftDocs/win32 desktop-src/WinRM/installation-and-configuration-for-windows-remote-management.md
HTTP_PORT, HTTPS_PORT = 5985, 5986

TOKEN_POLICY = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"  # noqa: S105  (a registry key)
FLYOUT_KEY = r"HKLM\SYSTEM\CurrentControlSet\Control\Network\NewNetworkWindowOff"

# WinRM 3.0's own; WinRM 2.0 began with 15, which a build uses up in seconds (test-kitchen/test-kitchen#656).
OPERATIONS_PER_USER = 1500
WHY_PRIVATE = (
    "A client refuses this while a network is Public, as one is that nobody was asked about, or that is not identified",
    "yet. Where it does, networks are Private until it is done.",
)
PLUGIN_QUOTA = rf"WSMan:\localhost\{REMOTING}MaxMemoryPerShellMB"


def winrm_steps(
    guest: Guest, winrm: Winrm, certificate: HostCertificate | None, client: TrustedClient | None = None
) -> tuple[Step, ...]:
    """Give the steps between closing the ports and opening the firewall.

    `certificate` is there if and only if the https listener shows one from the host. `client` are those who log on
    with a certificate.
    """
    release = guest.windows.release
    return (
        _token_step(),
        flyout_step(),
        *(() if has_tls_1_2(release) or not winrm.ssl else (tls_step(),)),
        *service_steps("WinRM", "delayed-auto"),
        *((_remoting_step(guest),) if wants_remoting(guest) else ()),
        *(https_steps(guest, winrm, certificate) if winrm.ssl else (_http_listener_step(winrm.port),)),
        _quotas_step(guest),
        _authentication_step(guest, winrm),
        *((client_step(client),) if client else ()),
        _self_test_step(guest, winrm, certificate),
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


def wants_remoting(guest: Guest) -> bool:
    """Whether PowerShell's own session configurations are to be there: what ansible's psrp and pypsrp connect to.

    Servers have them from the start and clients do not. Ansible may use either, and asks for PowerShell 3 or later.
    """
    if guest.bootstrap.psrp is not None:
        return guest.bootstrap.psrp
    return guest.bootstrap.consumer is Consumer.ANSIBLE and has_powershell_3(guest.windows.release)


def methods(winrm: Winrm, bootstrap: Bootstrap) -> dict[str, bool]:
    """Say of every authentication method whether it is to be on.

    Negotiate is what the WSMan cmdlets log on with in a workgroup (MicrosoftDocs/win32 desktop-src/WinRM/
    authentication-for-remote-connections.md): without it no later one, nor a second run, would be let in.
    """
    return {
        "Basic": not winrm.ntlm and not bootstrap.kerberos,
        "Kerberos": True,
        "Negotiate": True,
        "Certificate": bootstrap.client_certificate is not None,
        "CredSSP": bootstrap.credssp,
    }


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
    # MicrosoftDocs/win32 desktop-src/WinRM/authentication-for-remote-connections.md; before any change of settings,
    # which 7 and Server 2008 R2 refuse to filtered accounts (cloudbase/cloudbase-init lifts the filter just for that).
    return Step(
        "token filter",
        BootstrapExit.TOKEN,
        ("Local administrators other than the built-in one get their full token over the network.",),
        must(f"reg add {TOKEN_POLICY} /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f"),
    )


def _remoting_step(guest: Guest) -> Step:
    memory = guest.bootstrap.quotas.max_memory_per_shell_mb
    if has_powershell_3(guest.windows.release):
        enable = f"Enable-PSRemoting -SkipNetworkProfileCheck -Force; Set-Item {PLUGIN_QUOTA} {memory} -Force"
        why = "The plug-in has a memory quota of its own, which counts after a restart of the service."
    else:
        enable = despite_public_networks("Enable-PSRemoting -Force", guest.windows.release)
        why = "PowerShell 2 has neither that quota, nor the switch for clients in a Public network."
    return Step(
        "remoting",
        BootstrapExit.REMOTING,
        ("Session configurations for clients that speak PSRP. It opens the firewall too, behind the block rule.", why),
        (*must(powershell(f"{enable}; Restart-Service WinRM")), *await_running("WinRM", label="winrm_again")),
    )


def _http_listener_step(port: int) -> Step:
    return Step(
        "listener",
        BootstrapExit.LISTENER,
        ("One listener, HTTP on every address, and no other.",),
        must(powershell(f"{http_listener(port)}; {no_listener('HTTPS')}")),
    )


def _quotas_step(guest: Guest) -> Step:
    release, quotas = guest.windows.release, guest.bootstrap.quotas
    config, shells = settings_of(quotas)
    old = not has_powershell_3(release)
    service = {"MaxConcurrentOperationsPerUser": OPERATIONS_PER_USER} if old else {}
    return Step(
        "quotas",
        BootstrapExit.QUOTAS,
        (
            "MaxTimeoutms is not less than what the client asks for: Packer asks for its whole winrm_timeout.",
            *(("WinRM 2.0 begins with 15 operations for each user, which a build uses up at once.",) if old else ()),
            *(
                ("Without the update KB2842230 this release counts to 150 MB whatever is set here.",)
                if ignores_memory_quota(release)
                else ()
            ),
        ),
        must(powershell(change(release, (CONFIG, config), (SHELLS, shells), (SERVICE, service)))),
    )


def settings_of(quotas: Quotas) -> tuple[dict[str, int | bool | str], dict[str, int | bool | str]]:
    """Give the quotas under the service's names: those of winrm/config and those of winrm/config/winrs."""
    return (
        {"MaxEnvelopeSizekb": quotas.max_envelope_kb, "MaxTimeoutms": quotas.max_timeout_ms},
        {
            "MaxMemoryPerShellMB": quotas.max_memory_per_shell_mb,
            "MaxShellsPerUser": quotas.max_shells_per_user,
            "MaxProcessesPerShell": quotas.max_processes_per_shell,
        },
    )


def _authentication_step(guest: Guest, winrm: Winrm) -> Step:
    bootstrap = guest.bootstrap
    unencrypted = not bootstrap.kerberos and needs_unencrypted(winrm, bootstrap.consumer)
    return Step(
        "authentication",
        BootstrapExit.AUTHENTICATION,
        (
            *_why_unencrypted(winrm, unencrypted=unencrypted),
            "Negotiate carries NTLM, and is how the WSMan cmdlets themselves log on here, so it stays on beside Basic.",
            "Kerberos stays at its default: a guest in no domain has nobody to ask, and one that joins needs it.",
            *(() if guest.windows.release.server else WHY_PRIVATE),
            *(
                ("CredSSP because the spec asks for it: the client's password itself goes to the guest.",)
                if bootstrap.credssp
                else ()
            ),
        ),
        must(
            powershell(
                change(
                    guest.windows.release,
                    (SERVICE, {"AllowUnencrypted": unencrypted}),
                    (METHODS, methods(winrm, bootstrap)),
                )
            )
        ),
    )


def _why_unencrypted(winrm: Winrm, *, unencrypted: bool) -> tuple[str, ...]:
    if not unencrypted:
        return ("Every message is encrypted: by TLS over https, by the sealing of NTLM or Kerberos over http.",)
    if winrm.ntlm:
        return (
            "AllowUnencrypted although NTLM could encrypt: Packer's winrm_use_ntlm authenticates by it and then",
            "sends its messages in the clear (hashicorp/packer#6205). Ansible and Vagrant encrypt and do without:",
            "bootstrap.consumer says which client it is.",
        )
    return ("AllowUnencrypted because Basic over http has no encryption. For laboratories; winrm_use_ssl ends it.",)


def _self_test_step(guest: Guest, winrm: Winrm, certificate: HostCertificate | None) -> Step:
    if winrm.ssl:
        made_here = isinstance(guest.bootstrap.certificate, GuestMade)
        line = tls_self_test(winrm.port, None if made_here else certificate, guest.windows.release)
        why = "The listener must show the very certificate. Whether the guest trusts it does not matter here."
    else:
        line = powershell(identify(winrm.port))
        why = "WinRM must say what it is, which it tells everybody: no user, no TrustedHosts, no proxy has a part."
    return Step(
        "self test",
        BootstrapExit.SELF_TEST,
        ("The firewall does not filter loopback, so this works behind the block rule.", why),
        repeated(line, label="self_test"),
    )


def _evidence_step() -> Step:
    return Step(
        "evidence",
        BootstrapExit.DONE,
        ("For the log, and for nobody's decision.",),
        attempt(powershell("; ".join(SHOW))),
    )


def rules_step(port: int, allow_from: tuple[str, ...]) -> tuple[Step, ...]:
    """Give the step without which the built-in rules would let in whom `allow_from` does not; none where they cannot.

    They are for http's default port. Servers since 2012 have them on from the start (MicrosoftDocs/PowerShell-Docs,
    Enable-PSRemoting), and Enable-PSRemoting switches them on everywhere.
    """
    if not allow_from or port != HTTP_PORT:
        return ()
    why = ("Rules add up: the built-in ones would let in whoever is not named below.",)
    return (Step("built-in rules", BootstrapExit.RULES, why, must(f"{built_in_rules_off()} >nul")),)


def built_in_rules_off() -> str:
    """The line that switches off the rules of "Windows Remote Management", in whatever language they are named."""
    return "netsh advfirewall firewall set rule group=@FirewallAPI.dll,-30267 new enable=no"


def allow_step(
    rule: str, port: int, allow_from: tuple[str, ...], code: BootstrapExit = BootstrapExit.ALLOW, *, prefix: str = ""
) -> Step:
    remote = argument(f"remoteip={','.join(allow_from) or 'any'}", what="bootstrap.allow_from")
    add = f"netsh advfirewall firewall add rule name={rule} dir=in action=allow protocol=TCP localport={port}"
    return Step(
        f"{prefix}allow",
        code,
        ("A rule of our own: the built-in ones differ from release to release in name, profile and reach.",),
        (
            *attempt(f"netsh advfirewall firewall delete rule name={rule} >nul"),
            *must(f"{add} profile=any {remote}"),
        ),
    )
