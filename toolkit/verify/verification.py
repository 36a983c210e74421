"""From an endpoint to a report: the one function that `unattend verify-winrm` calls."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from toolkit.values import dataclass
from toolkit.verify import proxy
from toolkit.verify.clock import Clock, SystemClock
from toolkit.verify.connecting import communicator as communicator_for
from toolkit.verify.connecting import timeouts
from toolkit.verify.facts import Facts
from toolkit.verify.ladder import Ascent, climb
from toolkit.verify.limits import Limits
from toolkit.verify.options import Expect, Options
from toolkit.verify.report import Report
from toolkit.verify.rung import RungError
from toolkit.verify.surroundings import Surroundings
from toolkit.verify.wait import Change, Ending, Patience, Waited, wait_until_ready
from toolkit.verify.wanted import Wanted, differences

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.communicators.endpoint import Endpoint
    from toolkit.communicators.winrm import WinrmCommunicator
    from toolkit.verify.checks.check import Check, Outcome
    from toolkit.verify.consumer import Meeting


def verify(  # noqa: PLR0913  (each of them has a default, and most callers give two)
    endpoint: Endpoint,
    wanted: Wanted | None = None,
    patience: Patience | None = None,
    *,
    limits: Limits | None = None,
    clock: Clock | None = None,
    options: Options | None = None,
    surroundings: Surroundings | None = None,
    on_change: Callable[[Change], None] = lambda _: None,
    on_outcome: Callable[[Outcome], None] = lambda _: None,
) -> Report:
    """Wait for the guest, prove it, and compare it with what was wanted. Never raises for what the guest does.

    `on_change` is told whenever the ladder ends elsewhere, `on_outcome` of every check as it is done. Raises UsageError
    for a check that does not exist.
    """
    options, limits, clock = options or Options(), limits or Limits(), clock or SystemClock()
    checks = _chosen(options)
    match options.expect:
        case Expect.CLOSED:
            return _closed(endpoint, limits, clock, surroundings or Surroundings())
        case Expect.READY:
            pass
        case _:
            assert_never(options.expect)
    started, wanted = clock.now(), wanted or Wanted()
    with contextlib.closing(
        _Looker(endpoint, limits, surroundings or Surroundings(), patience or Patience())
    ) as looker:
        waited = wait_until_ready(looker.look, looker.patience, clock, on_change)
        report = _report(endpoint, wanted, waited)
        if waited.ending is not Ending.READY or not (checks or options.client):
            return report
        visit = _Visit(waited.ascent.endpoint or endpoint, wanted, limits, clock, options, looker.surroundings)
        report = visit.pay(report, checks, looker, on_outcome)
    return replace(report, elapsed=clock.now() - started)


def _chosen(options: Options) -> tuple[Check, ...]:
    if not options.checks:
        return ()
    # The checks are many modules: waiting for a guest, or watching a thousand, does without.
    from toolkit.verify.checks.registry import chosen  # noqa: PLC0415

    return chosen(options.checks)


@dataclass(frozen=True, slots=True)
class _Visit:
    """What is done with a guest that is ready."""

    endpoint: Endpoint
    wanted: Wanted
    limits: Limits
    clock: Clock
    options: Options
    surroundings: Surroundings

    def pay(
        self, report: Report, checks: tuple[Check, ...], looker: _Looker, observer: Callable[[Outcome], None]
    ) -> Report:
        """Run the checks and meet the guest; whoever loses patience gets what is known by then."""
        outcomes: list[Outcome] = []
        meeting, ending = None, report.ending

        def note(outcome: Outcome) -> None:
            outcomes.append(outcome)
            observer(outcome)

        try:
            if checks and looker.kept:
                self._ask(checks, looker.kept, note)
            looker.close()
            meeting = self._meet()
        except KeyboardInterrupt:
            ending = Ending.INTERRUPTED
        warnings = (*report.warnings, *self._cautions())
        return replace(report, ending=ending, outcomes=tuple(outcomes), meeting=meeting, warnings=warnings)

    def _ask(
        self, checks: tuple[Check, ...], communicator: WinrmCommunicator, observer: Callable[[Outcome], None]
    ) -> None:
        """Run the checks in the shell that the ladder opened: a run costs the guest one."""
        from toolkit.verify.checks.check import Bench  # noqa: PLC0415  (see _chosen)
        from toolkit.verify.checks.runner import run_checks  # noqa: PLC0415

        communicator.allow(timeouts(self.limits))
        bench = Bench(communicator, self._connect, self.clock, self.options.settings, self.endpoint.username)
        run_checks(checks, bench, self.wanted, self.endpoint, observer)

    def _meet(self) -> Meeting | None:
        if self.options.client is None:
            return None
        from toolkit.verify.consumer import meet  # noqa: PLC0415  (see _chosen)

        return meet(self.options.client, self.endpoint, self._connect_alike)

    def _cautions(self) -> tuple[str, ...]:
        """Warn of a proxy that the client would take, and that was gone around here."""
        if self.options.client is None:
            return ()
        environment = proxy.read_environment(self.surroundings.variables, ssl=self.endpoint.ssl)
        shown = proxy.taken_by_others(environment, self.endpoint)
        if not shown or (self.options.client.spares_loopback and _is_loopback(self.endpoint.host)):
            return ()
        client = self.options.client.capitalize()
        return (f"{client} would go through {shown}, which was gone around here: {self.options.client.around}.",)

    def _connect(self) -> WinrmCommunicator:
        return communicator_for(self.endpoint, self.limits)

    def _connect_alike(self, seal: bool) -> WinrmCommunicator:  # noqa: FBT001  (as `meet` calls it)
        return communicator_for(self.endpoint, self.limits, seal=seal, profile=True)


@dataclass(slots=True)
class _Looker:
    """Looks at the guest, and keeps what the last look that came to the top has opened.

    What came to the top before the pause is closed at once: a shell must not stand open while the guest restarts.
    """

    endpoint: Endpoint
    limits: Limits
    surroundings: Surroundings
    patience: Patience
    kept: WinrmCommunicator | None = None
    _been_ready: bool = False

    def look(self, left: float) -> Ascent:
        self.close()
        limits = self.limits.within(left) if self.patience.timeout > 0 else self.limits
        return climb(self.endpoint, limits, self.surroundings, self._keep)

    def close(self) -> None:
        communicator, self.kept = self.kept, None
        if communicator is not None:
            communicator.close()

    def _keep(self, communicator: WinrmCommunicator) -> None:
        self.kept = communicator
        if self.patience.pause > 0 and not self._been_ready:
            self.close()
        self._been_ready = True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host == "::1"


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


def _closed(endpoint: Endpoint, limits: Limits, clock: Clock, surroundings: Surroundings) -> Report:
    """Look once: a finished image does not shut itself while one waits."""
    from toolkit.verify.shut import look_shut  # noqa: PLC0415  (see _chosen)

    started = clock.now()
    shut = failure = None
    try:
        shut = look_shut(endpoint, limits, surroundings.resolve)
    except RungError as err:
        failure = err.failure
    ending = Ending.READY if shut and not shut.failure else Ending.FATAL
    spent = clock.now() - started
    return Report(endpoint, ending, Facts(), (), failure, (), 1, spent, expect=Expect.CLOSED, shut=shut)
