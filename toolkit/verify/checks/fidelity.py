"""Programs in the guest end with their own exit code, and their two streams come back apart and unharmed.

`cmd` and `powershell` ask it of the two shells that clients use. Both write text beyond ASCII, because a shell without
code page 65001 returns question marks, and an exit code of more than a byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.communicators.clixml import error_text
from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, error
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted

TEXT = "Grüße, 世界 ✓"
COMPLAINT = "on stderr"
CODE = 3791
_CMD = f"echo {TEXT}& echo {COMPLAINT}>&2& exit /b {CODE}"
_POWERSHELL = f"[Console]::Out.WriteLine('{TEXT}')\n[Console]::Error.WriteLine('{COMPLAINT}')\nexit {CODE}"


@dataclass(frozen=True, slots=True)
class CmdFidelity:
    """What came back of what cmd.exe was told to write."""

    exit_code: int
    stdout: str
    stderr: str


@dataclass(frozen=True, slots=True)
class PowershellFidelity:
    """What came back of what PowerShell was told to write."""

    exit_code: int
    stdout: str
    stderr: str


def _ask_cmd(bench: Bench) -> CmdFidelity:
    done = bench.communicator.run(_CMD)
    return CmdFidelity(done.exit_code, _text(done.stdout), error_text(done.stderr))


def _ask_powershell(bench: Bench) -> PowershellFidelity:
    done = bench.communicator.run_powershell(_POWERSHELL)
    return PowershellFidelity(done.exit_code, _text(done.stdout), error_text(done.stderr))


def _text(data: bytes) -> str:
    # Old PowerShells begin their UTF-8 with a byte order mark.
    return data.decode("utf-8", "replace").removeprefix("\ufeff").strip()


def _tell(facts: CmdFidelity | PowershellFidelity) -> str:
    return f"exit code {facts.exit_code}, {len(facts.stdout)} characters of output, {len(facts.stderr)} of errors"


def _judge_cmd(facts: CmdFidelity, _wanted: Wanted) -> tuple[Finding, ...]:
    return _judged("cmd.exe", facts)


def _judge_powershell(facts: PowershellFidelity, _wanted: Wanted) -> tuple[Finding, ...]:
    return _judged("PowerShell", facts)


def _judged(shell: str, facts: CmdFidelity | PowershellFidelity) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    if facts.exit_code != CODE:
        findings.append(_exit_code_lost(shell, facts.exit_code))
    if COMPLAINT not in facts.stderr or COMPLAINT in facts.stdout:
        findings.append(_streams_mixed(shell, facts))
    if facts.stdout.splitlines()[:1] != [TEXT]:
        findings.append(_text_changed(shell, facts.stdout))
    return tuple(findings)


def _exit_code_lost(shell: str, found: int) -> Finding:
    return error(
        Failure(
            Rung.RUN,
            "exit-code-lost",
            Verdict.FATAL,
            f"A program that ends with {CODE} in {shell} comes back with {found:#x}.",
            causes=("Something in the guest wraps the shell: an AutoRun command, a policy.",),
            in_guest=(r'reg query "HKLM\SOFTWARE\Microsoft\Command Processor" /v AutoRun',),
        )
    )


def _streams_mixed(shell: str, facts: CmdFidelity | PowershellFidelity) -> Finding:
    return error(
        Failure(
            Rung.RUN,
            "streams-mixed",
            Verdict.FATAL,
            f"What {shell} writes to stderr does not come back on stderr.",
            (f"stdout: {facts.stdout[:80]!r}", f"stderr: {facts.stderr[:80]!r}"),
        )
    )


def _text_changed(shell: str, found: str) -> Finding:
    return error(
        Failure(
            Rung.RUN,
            "text-changed",
            Verdict.FATAL,
            f"Text beyond ASCII does not survive the way through {shell}.",
            (f"sent: {TEXT!r}", f"came back: {found[:80]!r}"),
            causes=("The guest lacks code page 65001, or a profile script changes it.",),
            in_guest=("chcp 65001",),
        )
    )


CMD = Question("cmd", (), _ask_cmd, _tell, _judge_cmd)
POWERSHELL = Question("powershell", (), _ask_powershell, _tell, _judge_powershell)
