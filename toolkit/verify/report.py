"""What verification has to say: for machines as a dict of stable keys, for people as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, assert_never

from toolkit.errors import ExitCode
from toolkit.problems import Severity
from toolkit.values import dataclass
from toolkit.verify.checks.check import Bug, Completed, NotRun, Unanswered
from toolkit.verify.options import Expect
from toolkit.verify.page import page
from toolkit.verify.plain import plain
from toolkit.verify.rung import Rung
from toolkit.verify.wait import Ending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.communicators.endpoint import Endpoint
    from toolkit.verify.checks.check import Outcome
    from toolkit.verify.consumer import Meeting
    from toolkit.verify.facts import Facts
    from toolkit.verify.rung import Failure, Proof
    from toolkit.verify.shut import Shut

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Report:
    """One guest's verification. `elapsed` in seconds; `attempts` counts the looks it took.

    `failure` is the ladder's. `outcomes` are those of the checks, `meeting` how the wanted client fared, and `shut`
    what was seen of a guest that was expected to be closed.
    """

    endpoint: Endpoint
    ending: Ending
    facts: Facts
    proven: tuple[Proof, ...]
    failure: Failure | None
    warnings: tuple[str, ...]
    attempts: int
    elapsed: float
    outcomes: tuple[Outcome, ...] = ()
    meeting: Meeting | None = None
    expect: Expect = Expect.READY
    shut: Shut | None = None

    @property
    def troubles(self) -> tuple[Failure, ...]:
        """Everything that is wrong, the ladder's failure first."""
        return tuple(self._troubles())

    @property
    def cautions(self) -> tuple[str, ...]:
        """Everything that is worth a word and does not decide."""
        return (*self.warnings, *self._cautions())

    @property
    def ready(self) -> bool:
        return self.code is ExitCode.OK

    @property
    def rung(self) -> Rung:
        """Where verification ended: the lowest rung that did not hold, or the top of the ladder."""
        return min((trouble.rung for trouble in self.troubles), key=lambda rung: rung.code, default=Rung.RUN)

    @property
    def code(self) -> ExitCode:
        if self.ending is Ending.INTERRUPTED:
            return ExitCode.INTERRUPTED
        if self.troubles:
            return self.rung.code
        return ExitCode.FINDINGS if any(isinstance(outcome, Bug) for outcome in self.outcomes) else ExitCode.OK

    def to_json(self) -> dict[str, Any]:
        """Give the report as JSON takes it (data/report.schema.json). Keys are never absent, but null or empty."""
        return {
            "format": FORMAT,
            "endpoint": _endpoint(self.endpoint),
            "expect": self.expect.value,
            "ready": self.ready,
            "ending": self.ending.value,
            "rung": self.rung.value,
            "exit_code": int(self.code),
            "facts": plain(self.facts),
            "proven": plain(self.proven),
            "failure": plain(self.failure),
            "warnings": list(self.cautions),
            "checks": [_outcome(outcome) for outcome in self.outcomes],
            "client": plain(self.meeting),
            "shut": plain(self.shut),
            "attempts": self.attempts,
            "elapsed": round(self.elapsed, 3),
        }

    def to_text(self, width: int = 80) -> str:
        """Give the report as people read it, in lines of `width`; lines meant for copying are never broken."""
        return page(self, width)

    def _troubles(self) -> Iterator[Failure]:
        for failure in (self.failure, self.shut and self.shut.failure, self.meeting and self.meeting.failure):
            if failure:
                yield failure
        for outcome in self.outcomes:
            match outcome:
                case Completed():
                    yield from (one.failure for one in outcome.findings if one.severity is Severity.ERROR)
                case Unanswered() if outcome.failure:
                    yield outcome.failure
                case _:
                    pass

    def _cautions(self) -> Iterator[str]:
        if self.shut and not self.shut.awake:
            yield "Nothing shows that the guest is up: a guest that is off looks shut, too."
        for outcome in self.outcomes:
            match outcome:
                case Completed():
                    yield from (one.failure.what for one in outcome.findings if one.severity is Severity.WARNING)
                case Unanswered() if outcome.failure is None:
                    yield f"The check {outcome.check} could not be asked: {outcome.what}"
                case Bug():
                    yield f"The check {outcome.check} failed by a mistake of ours; the report has its trace."
                case _:
                    pass


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "url": endpoint.url,
        "username": endpoint.username,
        "auth": endpoint.auth.value,
        "insecure": endpoint.insecure,
        "pin": endpoint.thumbprint,
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    match outcome:
        case Completed():
            findings = [{"severity": one.severity.value, **_plain_dict(one.failure)} for one in outcome.findings]
            facts = plain(outcome.facts)
            told = {"told": outcome.told, "good": not outcome.bad, "facts": facts, "findings": findings}
            return {"name": outcome.check, "status": "completed", "ms": outcome.ms, **told}
        case Unanswered():
            told = {"reason": outcome.reason.value, "told": outcome.what, "failure": plain(outcome.failure)}
            return {"name": outcome.check, "status": "error", "ms": outcome.ms, **told}
        case NotRun():
            return {"name": outcome.check, "status": "not_run", "need": outcome.need}
        case Bug():
            return {"name": outcome.check, "status": "bug", "trace": outcome.trace}
        case _:
            assert_never(outcome)


def _plain_dict(failure: Failure) -> dict[str, Any]:
    told = plain(failure)
    return told if isinstance(told, dict) else {}
