"""Windows Setup is over, and so is the bootstrap: nothing restarts the guest or changes WinRM any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, error, warning
from toolkit.verify.checks.survey import Survey
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted

_COMPLETE = "IMAGE_STATE_COMPLETE"
_LOG = r"type %SystemRoot%\Temp\unattend-winrm.log"


@dataclass(frozen=True, slots=True)
class Setup:
    """`image_state` is Setup's own word; `programs` counts its processes. The markers are the bootstrap's."""

    image_state: str
    in_progress: bool
    out_of_box: bool
    programs: int
    ready_marker: bool
    failed_marker: bool

    @property
    def over(self) -> bool:
        return self.image_state in {"", _COMPLETE} and not (self.in_progress or self.out_of_box or self.programs)


def _ask(bench: Bench) -> Setup:
    survey = bench.fact(Survey)
    return Setup(
        image_state=survey.text("image"),
        in_progress=survey.yes("setup"),
        out_of_box=survey.yes("oobe"),
        programs=survey.number("programs") or 0,
        ready_marker=survey.yes("ready"),
        failed_marker=survey.yes("failed"),
    )


def _tell(facts: Setup) -> str:
    bootstrap = "the bootstrap has ended" if facts.ready_marker else "the bootstrap left no mark"
    return f"Setup is {'over' if facts.over else 'not over'}, {bootstrap}"


def _judge(facts: Setup, wanted: Wanted) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    if not facts.over:
        findings.append(error(_in_progress(facts)))
    if facts.failed_marker and not facts.ready_marker:
        findings.append(error(_bootstrap_failed()))
    elif wanted.declared and wanted.declared.marker and not facts.ready_marker:
        findings.append(warning(_no_marker()) if facts.over else error(_no_marker()))
    return tuple(findings)


def _in_progress(facts: Setup) -> Failure:
    return Failure(
        Rung.PHASE,
        "setup-in-progress",
        Verdict.RETRY,
        "Windows Setup is not over: the guest will restart, or change under the client's hands.",
        (
            f"ImageState: {facts.image_state}",
            f"SystemSetupInProgress: {facts.in_progress}, OOBEInProgress: {facts.out_of_box}",
            f"processes of Setup: {facts.programs}",
        ),
        causes=("WinRM was opened too early: by a release that has it on, or by a command before the last one.",),
        in_client=("--timeout",),
        in_spec=('bootstrap.style = "closed"', "communicator.pause_before_connecting"),
    )


def _bootstrap_failed() -> Failure:
    return Failure(
        Rung.PHASE,
        "bootstrap-failed",
        Verdict.FATAL,
        "The bootstrap says that it failed; something else has opened WinRM.",
        in_guest=(_LOG,),
    )


def _no_marker() -> Failure:
    return Failure(
        Rung.PHASE,
        "bootstrap-unfinished",
        Verdict.RETRY,
        "The bootstrap has left no mark that it is done, although WinRM answers.",
        causes=(
            "It is still running, and something else has opened WinRM.",
            "The guest was not set up from what this spec generates.",
        ),
        in_guest=(_LOG,),
    )


CHECK = Question("setup", ("survey",), _ask, _tell, _judge)
