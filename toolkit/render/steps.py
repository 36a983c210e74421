"""What a bootstrap script is made of: steps, each a purpose, an exit code of its own and the batch lines that do it.

The lines keep to constructs that Wine's cmd.exe understands as Windows' does, so that the files under test are the
files that ship. Hence no `&&`, no `||`, no pipes. And `cmd.exe /c winrm`, because `winrm` is a batch file: one that is
called by its bare name never returns to the batch file that called it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


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


def await_running(service: str) -> tuple[str, ...]:
    """Wait, a minute at most, until the service's state is 4: the number, since the word is localised."""
    return (
        "set /a TRIES=0",
        ":await_service",
        f'sc.exe query {service} >"%STATE%"',
        'find ": 4 " "%STATE%" >nul',
        'if "%ERRORLEVEL%"=="0" goto service_runs',
        "set /a TRIES+=1",
        f"if %TRIES% GEQ {_TRIES} echo {service} is not running after {_TRIES * 2} seconds",
        f"if %TRIES% GEQ {_TRIES} goto failed",
        _WAIT,
        "goto await_service",
        ":service_runs",
    )


def block_rule(name: str, ports: str) -> str:
    """The firewall rule that holds `ports` shut: in Windows Firewall a block beats every allow."""
    return f"netsh advfirewall firewall add rule name={name} dir=in action=block protocol=TCP localport={ports}"


def service_steps(service: str, start: str) -> tuple[Step, ...]:
    """Set how the service starts at boot, start it now, and wait for it."""
    return (
        Step(
            "start type",
            BootstrapExit.START_TYPE,
            ("The blank after start= is part of the option's syntax.",),
            must(f"sc.exe config {service} start= {start}"),
        ),
        Step(
            "start",
            BootstrapExit.START,
            ("net start fails where the service runs already, so the state decides.",),
            (*attempt(f"net start {service}"), *await_running(service)),
        ),
    )
