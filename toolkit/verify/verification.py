"""From an endpoint to a report: the one function that `unattend verify-winrm` calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.verify.clock import Clock, SystemClock
from toolkit.verify.ladder import Ascent, climb
from toolkit.verify.limits import Limits
from toolkit.verify.report import Report
from toolkit.verify.wait import Change, Patience, Waited, wait_until_ready
from toolkit.verify.wanted import Wanted, differences

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.communicators.endpoint import Endpoint


def verify(
    endpoint: Endpoint,
    wanted: Wanted | None = None,
    patience: Patience | None = None,
    *,
    limits: Limits | None = None,
    clock: Clock | None = None,
    on_change: Callable[[Change], None] = lambda _: None,
) -> Report:
    """Wait for the guest, prove it, and compare it with what was wanted. Never raises for what the guest does."""
    patience, limits = patience or Patience(), limits or Limits()

    def look(left: float) -> Ascent:
        return climb(endpoint, limits.within(left) if patience.timeout > 0 else limits)

    waited = wait_until_ready(look, patience, clock or SystemClock(), on_change)
    return _report(endpoint, wanted or Wanted(), waited)


def _report(endpoint: Endpoint, wanted: Wanted, waited: Waited) -> Report:
    ascent = waited.ascent
    guest = ascent.facts.guest
    return Report(
        endpoint=endpoint,
        ending=waited.ending,
        facts=ascent.facts,
        proven=ascent.proven,
        failure=ascent.failure,
        warnings=(*waited.findings, *(differences(wanted, guest) if guest else ())),
        attempts=waited.attempts,
        elapsed=waited.elapsed,
    )
