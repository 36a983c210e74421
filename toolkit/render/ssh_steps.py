"""The steps that open a guest for OpenSSH, in the same frame and order as WinRM's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import ToolkitError
from toolkit.render.abilities import has_openssh_capability, has_powershell_3, has_zip
from toolkit.render.cmd import set_value
from toolkit.render.steps import (
    FAILED,
    BootstrapExit,
    Step,
    attempt,
    must,
    powershell,
    repeated,
    service_steps,
    unless,
    where,
)
from toolkit.spec.openssh_package import install_script

if TYPE_CHECKING:
    from toolkit.catalog.releases import Release
    from toolkit.spec.guest import CarriedFile, OpenSsh

HOLD_RULE = "unattend-ssh-hold"
ALLOW_RULE = "unattend-ssh-allow"

SSH_PORT = 22

# MicrosoftDocs/windowsserverdocs WindowsServerDocs/administration/OpenSSH/openssh_install_firstuse.md
CAPABILITY = "OpenSSH.Server~~~~0.0.1.0"

# What the capability (openssh_install_firstuse.md, by its name, which no language changes) and the .msi
# (PowerShell/openssh-portable contrib/win32/install/server.wxs, by its title) add to the firewall, for port 22.
CAPABILITY_RULE = "OpenSSH-Server-In-TCP"
MSI_RULE = "OpenSSH SSH Server Preview (sshd)"

KEYS = "administrators_authorized_keys"
SHELL_KEY = r"HKLM\SOFTWARE\OpenSSH"
FOLDER = r"%ProgramData%\ssh"

_CONFIG = rf"{FOLDER}\sshd_config"
UNPACKED = r"%ProgramFiles%\unattend-openssh"
SHELLS = {
    "cmd": r"%SystemRoot%\System32\cmd.exe",
    "powershell": r"%SystemRoot%\System32\WindowsPowerShell\v1.0\powershell.exe",
}


def held_ports(port: int) -> str:
    """The default port, on which a fresh sshd listens, and the wanted one."""
    return ",".join(str(each) for each in sorted({SSH_PORT, port}))


def sshd_steps(port: int, openssh: OpenSsh, release: Release, *, prefix: str = "") -> tuple[Step, ...]:
    """Give the steps between closing the port and opening the firewall. Their names begin with `prefix`.

    Raises ToolkitError where the release cannot get the server in the way that the spec says.
    """
    return (
        _capability_step(release) if openssh.package is None else _package_step(openssh.package, release),
        *service_steps("sshd", "auto", (BootstrapExit.SSH_START_TYPE, BootstrapExit.SSH_START), prefix=prefix),
        *(() if port == SSH_PORT else (_port_step(port),)),
        *((_keys_step(),) if openssh.authorized_keys else ()),
        *((_shell_step(openssh.default_shell),) if openssh.default_shell else ()),
        _self_test_step(port, prefix),
        Step(
            f"{prefix}evidence",
            BootstrapExit.DONE,
            ("For the log, and for nobody's decision.",),
            (*attempt("sc.exe qc sshd"), *attempt("sc.exe query sshd")),
        ),
    )


def rules_step(port: int, allow_from: tuple[str, ...], release: Release, *, prefix: str = "") -> tuple[Step, ...]:
    """Give the step without which the server's own rules would let in whom `allow_from` does not."""
    if not allow_from or port != SSH_PORT:
        return ()
    rule = f'netsh advfirewall firewall {{}} rule name="{MSI_RULE}"'
    lines = where(rule.format("show"), must(f"{rule.format('set')} new enable=no"), label="no_sshd_rule")
    if has_powershell_3(release):
        lines += must(powershell(f"{find_rule()} | Disable-NetFirewallRule"))
    why = ("Rules add up: those that came with sshd would let in whoever is not named below.",)
    return (Step(f"{prefix}built-in rules", BootstrapExit.SSH_RULES, why, lines),)


def find_rule() -> str:
    """PowerShell for the capability's rule, where it is there."""
    return f"Get-NetFirewallRule -Name {CAPABILITY_RULE} -ErrorAction SilentlyContinue"


def _capability_step(release: Release) -> Step:
    if not has_openssh_capability(release):
        raise ToolkitError(
            f"{release.name} has no OpenSSH of its own",
            help='Carry it on the medium: bootstrap.openssh = { file = "OpenSSH-Win64.msi" }.',
        )
    add = (
        f"dism.exe /online /Add-Capability /CapabilityName:{CAPABILITY} /NoRestart",
        'if "%ERRORLEVEL%"=="3010" goto have_sshd',
        FAILED,
    )
    return Step(
        "capability",
        BootstrapExit.CAPABILITY,
        (
            "In the box of Server 2025; elsewhere Windows fetches it from Windows Update or the organisation's source.",
            "3010 is success that would like a restart.",
        ),
        unless("sc.exe query sshd", add, label="have_sshd"),
    )


def _package_step(package: CarriedFile, release: Release) -> Step:
    script = install_script(package)
    if script is None:
        install: tuple[str, ...] = (
            f'msiexec.exe /i "%HERE%{package.name}" /qn /norestart',
            'if "%ERRORLEVEL%"=="3010" goto have_sshd',
            FAILED,
        )
    else:
        install = _unzip(package.name, script, release)
    return Step(
        "package",
        BootstrapExit.PACKAGE,
        ("OpenSSH from the medium, for guests that reach no Windows Update. 3010 is success that wants a restart.",),
        unless("sc.exe query sshd", install, label="have_sshd"),
    )


def _unzip(name: str, script: str, release: Release) -> tuple[str, ...]:
    if not has_zip(release):
        raise ToolkitError(f"{release.name} cannot unpack a zip by itself", help="Give OpenSSH's .msi instead.")
    # Into Program Files, where only administrators write: the service's programs run as SYSTEM.
    unpack = (
        "Add-Type -AssemblyName System.IO.Compression.FileSystem;"
        f" [IO.Compression.ZipFile]::ExtractToDirectory($env:HERE+'{name}',$env:ProgramFiles+'\\unattend-openssh')"
    )
    return (
        f'if exist "{UNPACKED}" rd /s /q "{UNPACKED}"',
        *must(powershell(unpack)),
        *must(f'powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "{UNPACKED}\\{script}"'),
    )


def _port_step(port: int) -> Step:
    mark, new = f"# unattend: port {port}.", f"{_CONFIG}.unattend"
    # A line at the end of the file would belong to its `Match Group administrators` block, where Port is not allowed.
    change = (
        f'if not exist "{_CONFIG}" goto failed',
        # A redirected echo leaves ERRORLEVEL as it was, so the outcome is looked at and not the commands' codes.
        *attempt(f'>"{new}" echo {mark}'),
        *attempt(f'>>"{new}" echo Port {port}'),
        *attempt(f'type "{_CONFIG}" >>"{new}"'),
        *attempt(f'copy /y "{new}" "{_CONFIG}"'),
        *attempt(f'del /f /q "{new}"'),
        *must(f'find "{mark}" "{_CONFIG}" >nul'),
        *attempt("net stop sshd"),
        *must("net start sshd"),
    )
    return Step(
        "port",
        BootstrapExit.PORT,
        ("The service wrote its configuration when it first started. The first Port line in it counts.",),
        unless(f'find "{mark}" "{_CONFIG}"', change, label="have_port"),
    )


def _keys_step() -> Step:
    target = rf"{FOLDER}\{KEYS}"
    return Step(
        "keys",
        BootstrapExit.KEYS,
        (
            "For every administrator: sshd reads them from here, and only where nobody else may write the file.",
            "SYSTEM and Administrators by their SIDs, since their names are localised.",
        ),
        (
            *must(f'copy /y "%HERE%{KEYS}" "{target}"'),
            *must(f'icacls "{target}" /inheritance:r /grant *S-1-5-18:F /grant *S-1-5-32-544:F'),
        ),
    )


def _shell_step(shell: str) -> Step:
    path = SHELLS.get(shell) or set_value(shell, what="bootstrap.default_shell")
    return Step(
        "shell",
        BootstrapExit.SHELL,
        ("The program that sshd starts for every session.",),
        must(f'reg add {SHELL_KEY} /v DefaultShell /t REG_SZ /d "{path}" /f'),
    )


def _self_test_step(port: int, prefix: str) -> Step:
    hello = (
        f"$t=New-Object Net.Sockets.TcpClient('127.0.0.1',{port}); $t.ReceiveTimeout=10000;"
        " $r=New-Object IO.StreamReader($t.GetStream());"
        " if (-not $r.ReadLine().StartsWith('SSH-2.0-')) { exit 1 }"
    )
    return Step(
        f"{prefix}self test",
        BootstrapExit.SSH_SELF_TEST,
        ("The firewall does not filter loopback, so this works behind the block rule. sshd greets whoever connects.",),
        repeated(powershell(hello), label="ssh_self_test"),
    )
