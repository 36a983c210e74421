"""What a bootstrap script is made of: steps, each a purpose, an exit code of its own and the batch lines that do it.

The lines keep to constructs that Wine's cmd.exe understands as Windows' does, so that the files under test are the
files that ship. Hence no `&&`, no `||`, no pipes.
"""

from __future__ import annotations

from enum import IntEnum

from toolkit.render.cmd import argument
from toolkit.values import dataclass


class BootstrapExit(IntEnum):
    """What a bootstrap script ends with: 0, or the code of the one step that failed."""

    DONE = 0
    ELEVATION = 10
    CLOSE = 11
    TOKEN = 12
    FLYOUT = 13
    START_TYPE = 14
    START = 15
    CERTIFICATE = 16
    LISTENER = 17
    QUOTAS = 18
    AUTHENTICATION = 19
    ALLOW = 20
    MARKER = 21
    RELEASE = 22
    CAPABILITY = 23
    PORT = 24
    TLS = 25
    REMOTING = 26
    CLIENT_CERTIFICATE = 27
    SELF_TEST = 28
    PACKAGE = 29
    KEYS = 30
    SHELL = 31
    SSH_START_TYPE = 32
    SSH_START = 33
    SSH_SELF_TEST = 34
    SSH_ALLOW = 35
    POWERSHELL = 36
    RULES = 37
    SSH_RULES = 38
    HAND_OVER = 40
    CLOSING = 41
    ACCOUNT = 50  # only in a cloud's user data, where no Setup made the accounts


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `why` becomes `rem` lines; `code` is what the script ends with when one of the lines fails."""

    name: str
    code: BootstrapExit
    why: tuple[str, ...]
    lines: tuple[str, ...]


# A word comparison and not `if errorlevel 1`, which is false for the negative codes of certutil and dism.
FAILED = 'if not "%ERRORLEVEL%"=="0" goto failed'

# Poll the service's state this often; ping waits a second between its echoes, and is there before `timeout` was.
_TRIES = 30
_WAIT = "ping -n 3 127.0.0.1 >nul"


def must(line: str) -> tuple[str, ...]:
    """Run `line`; any exit code but 0 fails the step."""
    return (line, FAILED)


def attempt(line: str) -> tuple[str, ...]:
    """Run `line`, however it ends."""
    return (line,)


def unless(probe: str, lines: tuple[str, ...], *, label: str) -> tuple[str, ...]:
    """Run `lines` where `probe` fails. `label` must be the script's only one of that name."""
    return (f"{probe} >nul 2>&1", f'if "%ERRORLEVEL%"=="0" goto {label}', *lines, f":{label}")


def where(probe: str, lines: tuple[str, ...], *, label: str) -> tuple[str, ...]:
    """Run `lines` where `probe` succeeds. `label` must be the script's only one of that name."""
    return (f"{probe} >nul 2>&1", f'if not "%ERRORLEVEL%"=="0" goto {label}', *lines, f":{label}")


def repeated(line: str, *, label: str, tries: int = 5) -> tuple[str, ...]:
    """Run `line` until it ends with 0, some `tries` times and two seconds apart; the last failure fails the step."""
    return (
        "set /a TRIES=0",
        f":again_{label}",
        line,
        f'if "%ERRORLEVEL%"=="0" goto passed_{label}',
        "set /a TRIES+=1",
        f"if %TRIES% GEQ {tries} goto failed",
        _WAIT,
        f"goto again_{label}",
        f":passed_{label}",
    )


def await_running(service: str, *, label: str = "") -> tuple[str, ...]:
    """Wait, a minute at most, until the service's state is 4: the number, since the word is localised.

    `label` must be the script's only one of that name; it defaults to the service's.
    """
    label = label or service.lower()
    return (
        "set /a TRIES=0",
        f":await_{label}",
        f'sc.exe query {service} >"%STATE%"',
        'find ": 4 " "%STATE%" >nul',
        f'if "%ERRORLEVEL%"=="0" goto {label}_runs',
        "set /a TRIES+=1",
        f"if %TRIES% GEQ {_TRIES} echo {service} is not running after {_TRIES * 2} seconds",
        f"if %TRIES% GEQ {_TRIES} goto failed",
        _WAIT,
        f"goto await_{label}",
        f":{label}_runs",
    )


def powershell(script: str) -> str:
    """Give the line that runs `script`, whose first error ends it with 1. `%` and quotes need no care.

    Windows PowerShell is in the box of every release; `powershell_step` is for the one that leaves it off.
    """
    text = argument(f"$ErrorActionPreference='Stop'; {script}", what="a PowerShell command")
    return f"powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command {text}"


# A feature that was just added is on the path of new processes only.
POWERSHELL_PATH = r'set "PATH=%PATH%;%SystemRoot%\System32\WindowsPowerShell\v1.0"'


def powershell_step() -> Step:
    """Give the step that turns PowerShell on in Server Core of 2008 R2, where it is an optional feature."""
    # MicrosoftDocs/PowerShell-Docs, "Installing Windows PowerShell": both features, in this order.
    add = tuple(
        line
        for feature, label in (("NetFx2-ServerCore", "have_net"), ("MicrosoftWindowsPowerShell", "have_feature"))
        for line in (
            f"dism.exe /online /Enable-Feature /FeatureName:{feature} /NoRestart",
            f'if "%ERRORLEVEL%"=="3010" goto {label}',
            FAILED,
            f":{label}",
        )
    )
    return Step(
        "powershell",
        BootstrapExit.POWERSHELL,
        (
            "Server Core of this release has PowerShell on its disk, and leaves it off. The steps below need it.",
            "3010 is success that would like a restart.",
        ),
        (POWERSHELL_PATH, *unless("powershell.exe -NoProfile -Command exit", add, label="have_powershell")),
    )


def block_rule(name: str, ports: str) -> str:
    """The firewall rule that holds `ports` shut: in Windows Firewall a block beats every allow."""
    return f"netsh advfirewall firewall add rule name={name} dir=in action=block protocol=TCP localport={ports}"


def service_steps(
    service: str,
    start: str,
    codes: tuple[BootstrapExit, BootstrapExit] = (BootstrapExit.START_TYPE, BootstrapExit.START),
    *,
    prefix: str = "",
) -> tuple[Step, ...]:
    """Set how the service starts at boot, start it now, and wait for it. `codes` are for those two steps."""
    return (
        Step(
            f"{prefix}start type",
            codes[0],
            ("The blank after start= is part of the option's syntax.",),
            must(f"sc.exe config {service} start= {start}"),
        ),
        Step(
            f"{prefix}start",
            codes[1],
            ("net start fails where the service runs already, so the state decides.",),
            (*attempt(f"net start {service}"), *await_running(service)),
        ),
    )
