"""The steps that open a guest for OpenSSH, in the same frame and order as WinRM's."""

from __future__ import annotations

from toolkit.render.steps import FAILED, BootstrapExit, Step, attempt, must, service_steps, unless

HOLD_RULE = "unattend-ssh-hold"
ALLOW_RULE = "unattend-ssh-allow"

SSH_PORT = 22

# MicrosoftDocs/windowsserverdocs WindowsServerDocs/administration/OpenSSH/openssh_install_firstuse.md
CAPABILITY = "OpenSSH.Server~~~~0.0.1.0"

_CONFIG = r"%ProgramData%\ssh\sshd_config"


def held_ports(port: int) -> str:
    """The default port, on which a fresh sshd listens, and the wanted one."""
    return ",".join(str(each) for each in sorted({SSH_PORT, port}))


def sshd_steps(port: int) -> tuple[Step, ...]:
    """Give the steps between closing the port and opening the firewall."""
    return (
        _capability_step(),
        *service_steps("sshd", "auto"),
        *(() if port == SSH_PORT else (_port_step(port),)),
        Step(
            "evidence",
            BootstrapExit.DONE,
            ("For the log, and for nobody's decision.",),
            (*attempt("sc.exe qc sshd"), *attempt("sc.exe query sshd")),
        ),
    )


def _capability_step() -> Step:
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
