"""The top rung: commands and PowerShell run, and the guest says who it is."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from toolkit.communicators.clixml import error_text
from toolkit.communicators.errors import CommunicatorError
from toolkit.verify import remedy
from toolkit.verify.facts import GuestFacts
from toolkit.verify.judgement import judged
from toolkit.verify.remedy import because, failed
from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.communicators.communicator import Communicator, Completed
    from toolkit.communicators.endpoint import Endpoint

_WMI_SYSTEM = "(Get-WmiObject Win32_OperatingSystem)"
_IDENTITY = "[Security.Principal.WindowsIdentity]::GetCurrent()"

# What is asked, in expressions that PowerShell 2 of Windows 7 understands: no CIM cmdlets, no ConvertTo-Json.
_QUESTIONS = {
    "computer": "$env:COMPUTERNAME",
    "os": f"{_WMI_SYSTEM}.Caption",
    "version": "[Environment]::OSVersion.Version",
    "build": f"{_WMI_SYSTEM}.BuildNumber",
    "ubr": r"(Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion').UBR",
    "user": f"{_IDENTITY}.Name",
    "elevated": f"([Security.Principal.WindowsPrincipal]{_IDENTITY})"
    ".IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)",
    "powershell": "$PSVersionTable.PSVersion",
    "booted": f"{_WMI_SYSTEM}.LastBootUpTime",
}
# One statement a line: one that fails is missing from the output, and nothing else is lost.
SCRIPT = "\n".join(f"'{key}=' + {expression}" for key, expression in _QUESTIONS.items())

# LastBootUpTime is computed from the clock, which guests set right after booting; no reboot is this short.
_SAME_BOOT = 5.0
# DATETIME of WMI: yyyymmddHHMMSS.mmmmmm and the offset from UTC in minutes (learn.microsoft.com, "CIM_DATETIME").
_WMI_TIME = re.compile(r"(\d{14})\.(\d{6})([+-]\d{3})")


def question(endpoint: Endpoint, communicator: Communicator, ping: Callable[[], object]) -> GuestFacts:
    """Run `hostname` in cmd.exe and the script in PowerShell. `ping` sends one message there and back."""
    try:
        started = time.perf_counter()
        ping()
        round_trip_ms = round((time.perf_counter() - started) * 1000, 1)
        hostname = communicator.run("hostname")
        told = communicator.run_powershell(SCRIPT)
    except CommunicatorError as err:
        raise RungError(judged(err, Rung.RUN, endpoint)) from err
    if hostname.exit_code != 0:
        raise RungError(_cmd_failed(endpoint, hostname))
    facts = parse_facts(told.stdout.decode("utf-8", "replace"), round_trip_ms)
    if facts is None:
        raise RungError(_powershell_failed(endpoint, told))
    return facts


def parse_facts(text: str, round_trip_ms: float) -> GuestFacts | None:
    """Read the script's `key=value` lines; None where not even the computer's name is among them."""
    pairs = (line.partition("=") for line in text.splitlines())
    told = {key.strip(): value.strip() for key, equals, value in pairs if equals}
    if not told.get("computer"):
        return None
    return GuestFacts(
        computer=told["computer"],
        os=told.get("os", ""),
        version=told.get("version", ""),
        build=".".join(part for part in (told.get("build", ""), told.get("ubr", "")) if part),
        user=told.get("user", ""),
        elevated={"True": True, "False": False}.get(told.get("elevated", "")),
        powershell=told.get("powershell", ""),
        booted=parse_wmi_time(told.get("booted", "")),
        round_trip_ms=round_trip_ms,
    )


def parse_wmi_time(text: str) -> datetime | None:
    """Read a DATETIME of WMI; None where it is none, or no time that exists."""
    found = _WMI_TIME.fullmatch(text)
    if found is None:
        return None
    try:
        moment = datetime.strptime(found[1] + found[2], "%Y%m%d%H%M%S%f")  # noqa: DTZ007  (the zone follows)
        return moment.replace(tzinfo=timezone(timedelta(minutes=int(found[3]))))
    except ValueError:
        return None


def same_boot(before: datetime, after: datetime) -> bool:
    """Tell whether two answers of `booted` are of one boot."""
    return abs((after - before).total_seconds()) <= _SAME_BOOT


def _cmd_failed(endpoint: Endpoint, done: Completed) -> Failure:
    said = _said(done)
    if _out_of_memory(done, said):
        return _memory(endpoint, "cmd.exe", done, said)
    return failed(
        Rung.RUN,
        "command-failed",
        Verdict.SUSPICIOUS,
        f"{endpoint.host} opens a shell, but `hostname` ends with code {done.exit_code:#x} in it.",
        evidence=(f"It says: {said}",) if said else (),
        causes=("A policy forbids the program.", "The shell's memory quota is too small."),
        remedies=(remedy.LANGUAGE_MODE, remedy.MORE_MEMORY),
    )


def _powershell_failed(endpoint: Endpoint, done: Completed) -> Failure:
    said = _said(done)
    if _out_of_memory(done, said):
        return _memory(endpoint, "PowerShell", done, said)
    constrained = (
        "ConstrainedLanguage" in said or "CannotDefineNewType" in said or "MethodInvocationNotSupported" in said
    )
    policy = "A policy (AppLocker, Constrained Language) forbids scripts"
    return failed(
        Rung.RUN,
        "powershell-failed",
        Verdict.SUSPICIOUS,
        f"cmd.exe works on {endpoint.host}, but PowerShell does not.",
        evidence=(f"powershell.exe ended with code {done.exit_code:#x}", *((f"It says: {said}",) if said else ())),
        causes=(
            because(policy, "PowerShell says so itself" if constrained else ""),
            "The shell's memory quota is too small for PowerShell.",
        ),
        remedies=(remedy.LANGUAGE_MODE, remedy.MORE_MEMORY),
    )


# STATUS_STACK_OVERFLOW, STATUS_NO_MEMORY, STATUS_COMMITMENT_LIMIT, STATUS_QUOTA_EXCEEDED, STATUS_DLL_INIT_FAILED
# (ntstatus.h): how programs end that may have no more memory.
_NO_MEMORY = frozenset({0xC00000FD, 0xC0000017, 0xC000012D, 0xC0000044, 0xC0000142})
_NO_MEMORY_WORDS = ("OutOfMemoryException", "paging file is too small")


def _out_of_memory(done: Completed, said: str) -> bool:
    return done.exit_code & 0xFFFFFFFF in _NO_MEMORY or any(words in said for words in _NO_MEMORY_WORDS)


def _memory(endpoint: Endpoint, program: str, done: Completed, said: str) -> Failure:
    code = f"{program} ended with code {done.exit_code & 0xFFFFFFFF:#x}"
    return failed(
        Rung.QUOTA,
        "out-of-memory",
        Verdict.FATAL,
        f"{program} does not get the memory it needs in a shell of {endpoint.host}.",
        evidence=(code, *((f"It says: {said}",) if said else ())),
        causes=(
            because("MaxMemoryPerShellMB is too small", code),
            "WMF 3.0 keeps to 150 MB whatever is set, until KB2842230 is installed.",
        ),
        remedies=(remedy.MORE_MEMORY, remedy.RESTART_SERVICE),
    )


def _said(done: Completed) -> str:
    return error_text(done.stderr)[:200]
