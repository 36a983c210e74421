"""Asking the checks one after the other: what each one finds is there for those that need it."""

from __future__ import annotations

import time
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.communicators.errors import (
    CommandTimeoutError,
    CommunicatorError,
    FaultError,
    HttpStatusError,
    UnauthorisedError,
    UnreachableError,
)
from toolkit.verify.checks.check import Bug, Completed, NotRun, Outcome, Reason, Unanswered, UnaskableError
from toolkit.verify.judgement import judged
from toolkit.verify.rung import Rung

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolkit.communicators.endpoint import Endpoint
    from toolkit.verify.checks.check import Bench, Check
    from toolkit.verify.wanted import Wanted

_DECISIVE = frozenset({Rung.AUTHORISATION, Rung.QUOTA})


def run_checks(
    checks: Sequence[Check],
    bench: Bench,
    wanted: Wanted,
    endpoint: Endpoint,
    observer: Callable[[Outcome], None] = lambda _: None,
) -> tuple[Outcome, ...]:
    """Ask every check whose needs are met. Never raises for what the guest does, nor for what a check does wrong."""
    outcomes: list[Outcome] = []
    for check in checks:
        outcome = _outcome(check, outcomes, bench, wanted, endpoint)
        outcomes.append(outcome)
        observer(outcome)
        if isinstance(outcome, Completed):
            bench = replace(bench, known=(*bench.known, outcome.facts))
    return tuple(outcomes)


def _outcome(check: Check, before: Sequence[Outcome], bench: Bench, wanted: Wanted, endpoint: Endpoint) -> Outcome:
    good = {outcome.check for outcome in before if isinstance(outcome, Completed)}
    missing = next((need for need in check.needs if need not in good), None)
    if missing is not None:
        return NotRun(check.name, missing)
    started = time.perf_counter()
    try:
        completed = check.attempt(bench, wanted)
    except CommunicatorError as err:
        return _unanswered(check.name, err, endpoint, _ms(started))
    except UnaskableError as err:
        return Unanswered(check.name, Reason.UNREADABLE, err.what, ms=_ms(started))
    except Exception:  # noqa: BLE001  (a check of ours that fails must not hide what the others say; its trace is kept)
        return Bug(check.name, traceback.format_exc())
    return replace(completed, ms=_ms(started))


def _unanswered(name: str, err: CommunicatorError, endpoint: Endpoint, ms: float) -> Unanswered:
    """Tell why there is no answer. Some reasons are verdicts: a quota, a lack of rights, a guest that is gone."""
    failure = judged(err, Rung.RUN, endpoint)
    gone = isinstance(err, UnreachableError | CommandTimeoutError)
    decisive = failure if gone or failure.rung in _DECISIVE else None
    return Unanswered(name, _reason(err), err.message, decisive, ms)


def _reason(err: CommunicatorError) -> Reason:
    match err:
        case CommandTimeoutError():
            return Reason.TIMEOUT
        case FaultError() | HttpStatusError() | UnauthorisedError():
            return Reason.REFUSED
        case UnreachableError():
            return Reason.LOST
        case _:
            return Reason.FAILED


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
