"""No restart is pending: one that is will come at the worst moment, or make installers refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, error, warning
from toolkit.verify.checks.survey import Survey
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted

_REASONS = {
    "servicing": "Windows features or updates are half installed.",
    "update": "Windows Update wants a restart.",
    "join": "The guest is joining a domain.",
    "renames": "Files are to be replaced at the next start.",
}
# These end in a restart by themselves, or leave the guest under another name than the client knows.
_DISTURBING = frozenset({"servicing", "join", "name"})


@dataclass(frozen=True, slots=True)
class PendingRestart:
    """`reasons` are servicing, update, join, renames, name. `new_name` waits for the restart; empty where none does."""

    reasons: tuple[str, ...]
    new_name: str


def _ask(bench: Bench) -> PendingRestart:
    survey = bench.fact(Survey)
    reasons = [key for key in _REASONS if survey.yes(key)]
    name, active = survey.text("name"), survey.text("active")
    renamed = bool(name and active) and name.casefold() != active.casefold()
    return PendingRestart((*reasons, *(("name",) if renamed else ())), name if renamed else "")


def _tell(facts: PendingRestart) -> str:
    return f"a restart is pending: {', '.join(facts.reasons)}" if facts.reasons else "no restart is pending"


def _judge(facts: PendingRestart, _wanted: Wanted) -> tuple[Finding, ...]:
    if not facts.reasons:
        return ()
    told = [_REASONS[reason] for reason in facts.reasons if reason in _REASONS]
    if facts.new_name:
        told.append(f"The guest is to be named {facts.new_name}.")
    failure = Failure(
        Rung.PHASE,
        "restart-pending",
        Verdict.RETRY,
        f"The guest waits for a restart. {' '.join(told)}",
        in_guest=("shutdown /r /t 0",),
        in_powershell=("Restart-Computer -Force",),
        in_packer=('provisioner "windows-restart" {}',),
        in_ansible=("ansible.windows.win_reboot:",),
        in_spec=("communicator.pause_before_connecting",),
    )
    return (error(failure) if _DISTURBING & set(facts.reasons) else warning(failure),)


CHECK = Question("restart", ("survey",), _ask, _tell, _judge)
