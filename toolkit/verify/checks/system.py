"""The Windows that was installed is the one that was wanted: edition, architecture, language, time left to use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, error, warning
from toolkit.verify.checks.survey import Survey
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted

_EVALUATION = "Eval"  # how the EditionIDs of evaluation media end
_SOON_DAYS = 14


@dataclass(frozen=True, slots=True)
class System:
    """What the guest does not say is empty, or None. `days_left` counts for evaluation editions only."""

    edition: str
    architecture: str
    language: str
    days_left: int | None


def _ask(bench: Bench) -> System:
    survey = bench.fact(Survey)
    edition, minutes = survey.text("edition"), survey.number("licence")
    timed = edition.endswith(_EVALUATION) and minutes is not None
    return System(
        edition, survey.text("architecture"), survey.text("language"), (minutes or 0) // (24 * 60) if timed else None
    )


def _tell(facts: System) -> str:
    left = "" if facts.days_left is None else f", an evaluation with {facts.days_left} days left"
    return f"{facts.edition or 'an edition it does not name'}, {facts.architecture}, {facts.language}{left}"


def _judge(facts: System, wanted: Wanted) -> tuple[Finding, ...]:
    pairs = (
        ("edition", facts.edition, wanted.edition, "windows.edition"),
        ("architecture", facts.architecture, wanted.architecture, "windows.architecture"),
        ("language", facts.language, wanted.language, "locale.ui_language"),
    )
    findings = [
        warning(_another(what, found, want, key))
        for what, found, want, key in pairs
        if want and found and found.casefold() != want.casefold()
    ]
    if facts.days_left == 0:
        findings.append(error(_expired()))
    elif facts.days_left is not None and facts.days_left < _SOON_DAYS:
        findings.append(warning(_expiring(facts.days_left)))
    return tuple(findings)


def _another(what: str, found: str, want: str, key: str) -> Failure:
    sentence = f"The guest's {what} is {found}, but the spec says {want}."
    return Failure(Rung.PHASE, f"another-{what}", Verdict.FATAL, sentence, in_spec=(key,))


def _expired() -> Failure:
    return Failure(
        Rung.PHASE,
        "evaluation-over",
        Verdict.FATAL,
        "The evaluation has run out: Windows shuts itself down every hour.",
        in_guest=("slmgr.vbs /rearm",),
        in_spec=("windows.evaluation", "windows.product_key"),
    )


def _expiring(days: int) -> Failure:
    return Failure(
        Rung.PHASE,
        "evaluation-ends-soon",
        Verdict.FATAL,
        f"The evaluation ends in {days} days; after that Windows shuts itself down every hour.",
        in_guest=("slmgr.vbs /rearm",),
    )


CHECK = Question("system", ("survey",), _ask, _tell, _judge)
