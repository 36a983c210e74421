"""What mends a guest or a client, in the words of whoever is to do it: cmd, PowerShell, our flags, Packer, Ansible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Remedy:
    """One fix in every form it has. Lines are to be used as they stand; `spec` is a key of unattend.toml."""

    cmd: str = ""
    powershell: str = ""
    flag: str = ""
    packer: str = ""
    ansible: str = ""
    spec: str = ""


def failed(
    rung: Rung,
    kind: str,
    verdict: Verdict,
    what: str,
    *,
    evidence: Sequence[str] = (),
    causes: Sequence[str] = (),
    remedies: Sequence[Remedy] = (),
) -> Failure:
    """Make a Failure of causes, likeliest first, and of remedies in the same order."""
    return Failure(
        rung,
        kind,
        verdict,
        what,
        evidence=tuple(line for line in evidence if line),
        causes=tuple(causes),
        in_guest=_each(remedy.cmd for remedy in remedies),
        in_powershell=_each(remedy.powershell for remedy in remedies),
        in_client=_each(remedy.flag for remedy in remedies),
        in_packer=_each(remedy.packer for remedy in remedies),
        in_ansible=_each(remedy.ansible for remedy in remedies),
        in_spec=_each(remedy.spec for remedy in remedies),
    )


def because(cause: str, *evidence: str) -> str:
    """Say a cause, as a sentence, together with what speaks for it."""
    told = "; ".join(line.rstrip(".") for line in evidence if line)
    return f"{cause} ({told})." if told else f"{cause}."


def _each(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for line in lines if line))


def ansible_around(host: str) -> str:
    """Say it to Ansible's own host: a play's `environment` is the guest's (ansible-collections/ansible.windows#139)."""
    return f"NO_PROXY={host} in the environment of ansible-playbook"


_POLICIES = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
_TLS = r"HKLM\SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Server"
_WSMAN = r"WSMan:\localhost"

USE_ADDRESS = Remedy(
    flag="unattend verify-winrm ADDRESS",
    packer='winrm_host = "ADDRESS"',
    ansible="ansible_host: ADDRESS",
    spec="communicator.winrm_host",
)
NO_PROXY = Remedy(
    packer="winrm_no_proxy = true",
    ansible=ansible_around("HOST"),
)
PORT = Remedy(flag="--port N", packer="winrm_port = N", ansible="ansible_port: N", spec="communicator.winrm_port")
QUERY_SERVICE = Remedy(cmd="sc.exe query WinRM", powershell="Get-Service WinRM")
START_SERVICE = Remedy(cmd="net start WinRM", powershell="Start-Service WinRM")
RESTART_SERVICE = Remedy(cmd="net stop WinRM & net start WinRM", powershell="Restart-Service WinRM")
LISTENERS = Remedy(
    cmd="winrm enumerate winrm/config/listener", powershell=rf"Get-ChildItem {_WSMAN}\Listener | Get-ChildItem"
)
FIREWALL = Remedy(
    cmd='netsh advfirewall firewall show rule name=all dir=in | findstr "598"',
    powershell="Get-NetFirewallPortFilter | Where-Object LocalPort -match '^598' | Get-NetFirewallRule",
)
OPEN_PORT = Remedy(
    cmd="netsh advfirewall firewall add rule name=winrm dir=in action=allow protocol=TCP "
    "localport=5985,5986 profile=any",
    powershell="New-NetFirewallRule -Name winrm -DisplayName winrm -Direction Inbound -Protocol TCP "
    "-LocalPort 5985,5986 -Profile Any",
)
HOLD_RULE = "unattend-winrm-hold"  # as the bootstrap names it
# What this toolkit's own bootstrap leaves where it failed: its verdict, and a block that no allowing rule outdoes.
BOOTSTRAP_VERDICT = Remedy(
    cmd=r'type "%ProgramData%\unattend\winrm-failed.txt"',
    powershell=r'Get-Content "$env:ProgramData\unattend\winrm-failed.txt"',
)
DROP_HOLD = Remedy(
    cmd=f"netsh advfirewall firewall delete rule name={HOLD_RULE}",
    powershell=f"Remove-NetFirewallRule -DisplayName {HOLD_RULE}",
)
NETWORK = Remedy(cmd="ipconfig", powershell="Get-NetIPAddress")
USE_TLS = Remedy(
    flag="--ssl",
    packer="winrm_use_ssl = true",
    ansible="ansible_winrm_scheme: https",
    spec="communicator.winrm_use_ssl = true",
)
NO_TLS = Remedy(
    flag="--no-ssl",
    packer="winrm_use_ssl = false",
    ansible="ansible_winrm_scheme: http",
    spec="communicator.winrm_use_ssl",
)
TLS_PORT = Remedy(
    flag="--port 5986", packer="winrm_port = 5986", ansible="ansible_port: 5986", spec="communicator.winrm_port"
)
HTTP_PORT = Remedy(
    flag="--port 5985", packer="winrm_port = 5985", ansible="ansible_port: 5985", spec="communicator.winrm_port"
)
TLS_BINDING = Remedy(cmd="netsh http show sslcert", powershell="netsh http show sslcert")
ENABLE_TLS = Remedy(
    cmd=f'reg add "{_TLS}" /v Enabled /t REG_DWORD /d 1 /f',
    powershell=f"New-Item 'Registry::{_TLS}' -Force | "
    "New-ItemProperty -Name Enabled -Value 1 -PropertyType DWord -Force",
)
TLS_BY_DEFAULT = Remedy(
    cmd=f'reg add "{_TLS}" /v DisabledByDefault /t REG_DWORD /d 0 /f',
    powershell=f"New-ItemProperty 'Registry::{_TLS}' -Name DisabledByDefault -Value 0 -PropertyType DWord -Force",
)
INSECURE = Remedy(
    flag="--insecure",
    packer="winrm_insecure = true",
    ansible="ansible_winrm_server_cert_validation: ignore",
    spec="communicator.winrm_insecure = true",
)
CA_FILE = Remedy(flag="--ca-file FILE", ansible="ansible_winrm_ca_trust_path: FILE")
SERVER_NAME = Remedy(flag="--server-name NAME")
CERTIFICATES = Remedy(
    cmd="certutil -store My",
    powershell=r"Get-ChildItem Cert:\LocalMachine\My | Format-List Subject,Thumbprint,NotAfter",
)
SET_CLOCK = Remedy(cmd="w32tm /resync /force", powershell="w32tm /resync /force; Get-Date")
SERVICE_STATE = Remedy(cmd="netsh http show servicestate", powershell="netsh http show servicestate")
PORT_OWNER = Remedy(cmd="netstat -abno", powershell="Get-NetTCPConnection -State Listen | Sort-Object LocalPort")
USE_SSH = Remedy(
    packer='communicator = "ssh"', ansible="ansible_connection: ssh", spec='communicator.communicator = "ssh"'
)


def _method(name: str) -> Remedy:
    return Remedy(
        cmd=f'winrm set winrm/config/service/auth @{{{name}="true"}}',
        powershell=rf"Set-Item {_WSMAN}\Service\Auth\{name} $true",
    )


ENABLE_BASIC = _method("Basic")
ENABLE_NEGOTIATE = _method("Negotiate")
ENABLE_KERBEROS = _method("Kerberos")
ENABLE_CERTIFICATE = _method("Certificate")
ENABLE_CREDSSP = Remedy(
    cmd='winrm set winrm/config/service/auth @{CredSSP="true"}', powershell="Enable-WSManCredSSP -Role Server -Force"
)
ALLOW_UNENCRYPTED = Remedy(
    cmd='winrm set winrm/config/service @{AllowUnencrypted="true"}',
    powershell=rf"Set-Item {_WSMAN}\Service\AllowUnencrypted $true -Force",
)
USE_NTLM = Remedy(
    flag="--auth ntlm",
    packer="winrm_use_ntlm = true",
    ansible="ansible_winrm_transport: ntlm",
    spec="communicator.winrm_use_ntlm = true",
)
USE_BASIC = Remedy(
    flag="--auth basic",
    packer="winrm_use_ntlm = false",
    ansible="ansible_winrm_transport: basic",
    spec="communicator.winrm_use_ntlm = false",
)
PASSWORD = Remedy(
    flag="--password-stdin",
    packer="winrm_password = ...",
    ansible="ansible_password: ...",
    spec="communicator.winrm_password",
)
USERNAME = Remedy(
    flag="--username USER",
    packer="winrm_username = ...",
    ansible="ansible_user: ...",
    spec="communicator.winrm_username",
)
BINDING = Remedy(
    cmd='winrm set winrm/config/service/auth @{CbtHardeningLevel="Relaxed"}',
    powershell=rf"Set-Item {_WSMAN}\Service\Auth\CbtHardeningLevel Relaxed",
    ansible="ansible_winrm_send_cbt: true",
)
SERVICE_CONFIG = Remedy(cmd="winrm get winrm/config/service", powershell=rf"Get-ChildItem {_WSMAN}\Service")
USE_NAME = Remedy(
    flag="unattend verify-winrm NAME --server-name NAME",
    ansible="ansible_winrm_kerberos_hostname_override: NAME",
    spec="communicator.winrm_host",
)
SPN = Remedy(cmd="setspn -L %COMPUTERNAME%", powershell="setspn -L $env:COMPUTERNAME")
KINIT = Remedy(flag="kinit USER@REALM", ansible="ansible_winrm_kinit_mode: managed")
CERTIFICATE_MAPPING = Remedy(
    cmd="winrm enumerate winrm/config/service/certmapping", powershell=rf"Get-ChildItem {_WSMAN}\ClientCertificate"
)
TOKEN_FILTER = Remedy(
    cmd=f"reg add {_POLICIES} /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f",
    powershell=f"Set-ItemProperty 'Registry::{_POLICIES}' LocalAccountTokenFilterPolicy 1 -Type DWord",
)
USE_PSRP = Remedy(ansible="ansible_connection: psrp")
ALLOW_SHELLS = Remedy(
    cmd='winrm set winrm/config/winrs @{AllowRemoteShellAccess="true"}',
    powershell=rf"Set-Item {_WSMAN}\Shell\AllowRemoteShellAccess $true",
)
POLICIES = Remedy(
    cmd=r"reg query HKLM\SOFTWARE\Policies\Microsoft\Windows\WinRM /s",
    powershell=r"gpresult /h C:\gpresult.html; Invoke-Item C:\gpresult.html",
)
MORE_MEMORY = Remedy(
    cmd='winrm set winrm/config/winrs @{MaxMemoryPerShellMB="2048"}',
    powershell=rf"Set-Item {_WSMAN}\Shell\MaxMemoryPerShellMB 2048",
    spec="bootstrap.quotas.max_memory_per_shell_mb",
)
MORE_SHELLS = Remedy(
    cmd='winrm set winrm/config/winrs @{MaxShellsPerUser="30"}',
    powershell=rf"Set-Item {_WSMAN}\Shell\MaxShellsPerUser 30",
    spec="bootstrap.quotas.max_shells_per_user",
)
MORE_USERS = Remedy(
    cmd='winrm set winrm/config/winrs @{MaxConcurrentUsers="100"}',
    powershell=rf"Set-Item {_WSMAN}\Shell\MaxConcurrentUsers 100",
)
MORE_OPERATIONS = Remedy(
    cmd='winrm set winrm/config/service @{MaxConcurrentOperationsPerUser="1500"}',
    powershell=rf"Set-Item {_WSMAN}\Service\MaxConcurrentOperationsPerUser 1500",
)
MORE_ENVELOPE = Remedy(
    cmd='winrm set winrm/config @{MaxEnvelopeSizekb="500"}',
    powershell=rf"Set-Item {_WSMAN}\MaxEnvelopeSizekb 500",
    spec="bootstrap.quotas.max_envelope_kb",
)
LIST_SHELLS = Remedy(cmd="winrm enumerate shell", powershell="Get-WSManInstance -ResourceURI shell -Enumerate")
RESTORE_CONFIG = Remedy(
    cmd="winrm invoke Restore winrm/config @{}", powershell="Invoke-WSManAction Restore winrm/config -ValueSet @{}"
)
LANGUAGE_MODE = Remedy(
    cmd="powershell -NoProfile -Command $ExecutionContext.SessionState.LanguageMode",
    powershell="$ExecutionContext.SessionState.LanguageMode; Get-ExecutionPolicy -List",
)
WAIT_LONGER = Remedy(
    flag="--timeout 60m", packer='winrm_timeout = "60m"', ansible="timeout: 3600", spec="communicator.winrm_timeout"
)


def show_user(name: str) -> Remedy:
    """Show a local account, or a domain's by the name before the @."""
    account, at, _ = name.rpartition("\\")[2].partition("@")
    if at:
        return Remedy(cmd=f'net user "{account}" /domain', powershell=f"net user '{_quoted(account)}' /domain")
    return Remedy(cmd=f'net user "{account}"', powershell=f"Get-LocalUser '{_quoted(account)}' | Format-List *")


def make_administrator(name: str) -> Remedy:
    return Remedy(
        cmd=f'net localgroup Administrators "{name}" /add',
        powershell=f"Add-LocalGroupMember -SID S-1-5-32-544 -Member '{_quoted(name)}'",
        spec="accounts.groups",
    )


def pin(sha256: str) -> Remedy:
    return Remedy(flag=f"--pin {sha256}")


def _quoted(name: str) -> str:
    return name.replace("'", "''")
