"""The firewall lets the client in by the bootstrap's own rule, and the rule that held it shut is gone.

Asked by name and exit code, because netsh speaks the guest's language: 0 where a rule of the name is, 1 where none is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, error, warning
from toolkit.verify.remedy import DROP_HOLD, HOLD_RULE
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted

ALLOW_RULE = "unattend-winrm-allow"  # as the bootstrap names it

_SHOW = "netsh advfirewall firewall show rule name="
_COMMAND = f"{_SHOW}{HOLD_RULE} >nul && echo {HOLD_RULE}& {_SHOW}{ALLOW_RULE} >nul && echo {ALLOW_RULE}& exit /b 0"


@dataclass(frozen=True, slots=True)
class Firewall:
    """Which of the bootstrap's two rules are there."""

    hold_rule: bool
    allow_rule: bool


def _ask(bench: Bench) -> Firewall:
    words = bench.communicator.run(_COMMAND).stdout.decode("utf-8", "replace").split()
    return Firewall(HOLD_RULE in words, ALLOW_RULE in words)


def _tell(facts: Firewall) -> str:
    own = "its own rule lets clients in" if facts.allow_rule else "it has no rule of the bootstrap's own"
    return f"{own}, {'the block rule is still there' if facts.hold_rule else 'no rule of its holds them off'}"


def _judge(facts: Firewall, wanted: Wanted) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    if facts.hold_rule:
        findings.append(error(_held()))
    if wanted.declared and wanted.declared.marker and not facts.allow_rule:
        findings.append(warning(_no_own_rule()))
    return tuple(findings)


def _held() -> Failure:
    return Failure(
        Rung.PHASE,
        "hold-rule-left",
        Verdict.RETRY,
        "The rule that holds clients off until the bootstrap is done is still there.",
        causes=(
            "The bootstrap is still running, or ended before its last line.",
            "The firewall is off, so the rule has no effect until somebody switches it on.",
        ),
        in_guest=(r"type %SystemRoot%\Temp\unattend-winrm.log", DROP_HOLD.cmd),
    )


def _no_own_rule() -> Failure:
    return Failure(
        Rung.POSTURE,
        "no-own-rule",
        Verdict.FATAL,
        "The bootstrap's own allow rule is missing: another rule, or no firewall at all, lets clients in.",
        causes=("Somebody replaced it, or switched the firewall off.",),
        in_guest=("netsh advfirewall show allprofiles state", f"{_SHOW}all dir=in"),
        in_spec=("bootstrap.allow_from",),
    )


CHECK = Question("firewall", ("cmd",), _ask, _tell, _judge)
