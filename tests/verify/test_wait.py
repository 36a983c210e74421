from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from toolkit.verify.facts import Facts, GuestFacts
from toolkit.verify.ladder import Ascent
from toolkit.verify.rung import Failure, Proof, Rung, Verdict
from toolkit.verify.wait import Change, Ending, Patience, Waited, wait_until_ready

if TYPE_CHECKING:
    from collections.abc import Callable

BOOT = datetime(2026, 1, 1, 8, tzinfo=UTC)


def ready(booted: datetime | None = BOOT) -> Ascent:
    return Ascent((), Facts(guest=GuestFacts("WIN-A", booted=booted)), None)


def failing(rung: Rung, kind: str, verdict: Verdict) -> Ascent:
    return Ascent((), Facts(), Failure(rung, kind, verdict, f"{kind}."))


REFUSED = failing(Rung.TCP, "refused", Verdict.RETRY)
DROPPED = failing(Rung.TCP, "no-answer", Verdict.RETRY)
SILENT = failing(Rung.HTTP, "silent", Verdict.RETRY)
NOT_WINRM = failing(Rung.HTTP, "not-winrm", Verdict.FATAL)
UNKNOWN = failing(Rung.NAME, "name-unknown", Verdict.SUSPICIOUS)
NOT_REGISTERED = failing(Rung.HTTP, "not-registered", Verdict.SUSPICIOUS)
WRONG_PASSWORD = failing(Rung.AUTHENTICATION, "credentials-refused", Verdict.SUSPICIOUS)


@dataclass
class FakeClock:
    time: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.time += seconds


class ImpatientClock(FakeClock):
    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if len(self.slept) == 2:
            raise KeyboardInterrupt


@dataclass
class Wait:
    """A wait through a script of looks, the last of which goes on for ever."""

    looks: list[Ascent]
    patience: Patience = field(default_factory=Patience)
    clock: FakeClock = field(default_factory=FakeClock)
    changes: list[Change] = field(default_factory=list)
    left: list[float] = field(default_factory=list)

    def run(self) -> Waited:
        return wait_until_ready(self._look, self.patience, self.clock, self.changes.append)

    def _look(self, left: float) -> Ascent:
        self.left.append(left)
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


@pytest.mark.parametrize(
    ("looks", "ending", "kind", "attempts"),
    [
        ([ready()], Ending.READY, None, 1),
        ([REFUSED, REFUSED, SILENT, ready()], Ending.READY, None, 4),
        ([REFUSED, NOT_WINRM, ready()], Ending.FATAL, "not-winrm", 2),
        ([UNKNOWN, UNKNOWN, ready()], Ending.FATAL, "name-unknown", 2),
        ([UNKNOWN, REFUSED, ready()], Ending.READY, None, 3),
        # A guest that comes and goes while it starts is not condemned for two looks that do not follow each other.
        ([NOT_REGISTERED, SILENT, NOT_REGISTERED, ready()], Ending.READY, None, 4),
        ([UNKNOWN, REFUSED, UNKNOWN, ready()], Ending.READY, None, 4),
        # A password is tried twice and never again, whatever happens in between: an account could be locked.
        ([WRONG_PASSWORD, SILENT, REFUSED, WRONG_PASSWORD, ready()], Ending.FATAL, "credentials-refused", 4),
        ([WRONG_PASSWORD, ready()], Ending.READY, None, 2),
    ],
)
def test_a_wait_ends_when_something_is_certain(
    looks: list[Ascent], ending: Ending, kind: str | None, attempts: int
) -> None:
    waited = Wait(looks).run()

    assert (waited.ending, waited.attempts) == (ending, attempts)
    assert (waited.ascent.failure.kind if waited.ascent.failure else None) == kind


@pytest.mark.parametrize("last", [REFUSED, SILENT])
def test_at_the_deadline_the_wait_ends_where_it_stands(last: Ascent) -> None:
    waited = Wait([DROPPED, last], Patience(timeout=30)).run()

    assert waited.ending is Ending.DEADLINE
    assert waited.ascent is last
    assert waited.elapsed == pytest.approx(30)


def test_an_observer_is_told_the_rungs_that_held() -> None:
    held = (Proof(Rung.NAME, "It is an address.", 0.1), Proof(Rung.TCP, "It accepts.", 0.2))
    wait = Wait([replace(SILENT, proven=held), ready()])
    wait.run()

    assert [change.proven for change in wait.changes] == [(Rung.NAME, Rung.TCP), ()]


def test_a_timeout_of_nothing_looks_exactly_once() -> None:
    wait = Wait([REFUSED, ready()], Patience(timeout=0))

    assert (wait.run().ending, wait.clock.slept) == (Ending.DEADLINE, [])


def test_a_suspicion_is_settled_a_moment_later() -> None:
    wait = Wait([UNKNOWN], Patience(timeout=1800, suspicion=1.5))

    assert wait.run().elapsed == pytest.approx(1.5)


def test_the_interval_grows_to_five_seconds_and_starts_anew_when_the_guest_gets_on() -> None:
    wait = Wait([*[REFUSED] * 20, *[SILENT] * 2, ready()], Patience(timeout=600, interval=1))
    wait.run()

    assert wait.clock.slept[0] == 1
    assert max(wait.clock.slept) == 5
    assert wait.clock.slept[20] == 1


def test_an_interval_that_was_asked_for_does_not_grow() -> None:
    wait = Wait([REFUSED], Patience(timeout=10, interval=2, longest=2))
    wait.run()
    assert set(wait.clock.slept) == {2}


def test_whoever_loses_patience_is_given_the_last_look() -> None:
    waited = Wait([DROPPED, REFUSED], clock=ImpatientClock()).run()

    assert (waited.ending, waited.attempts) == (Ending.INTERRUPTED, 2)
    assert waited.ascent is REFUSED


def test_who_interrupts_the_first_look_gets_nothing() -> None:
    def interrupted(_left: float) -> Ascent:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait_until_ready(interrupted, Patience(), FakeClock(), lambda _: None)


def test_the_last_look_comes_exactly_at_the_deadline() -> None:
    wait = Wait([*[REFUSED] * 4, ready()], Patience(timeout=5, interval=2))
    waited = wait.run()

    assert waited.elapsed <= 5
    assert all(left <= 5 for left in wait.left)


def test_changes_are_told_once_and_in_order() -> None:
    wait = Wait([REFUSED, REFUSED, REFUSED, SILENT, SILENT, REFUSED, ready()])
    wait.run()

    assert [(change.rung, change.summary) for change in wait.changes] == [
        (Rung.TCP, "refused."),
        (Rung.HTTP, "silent."),
        (Rung.TCP, "refused."),
        (Rung.RUN, "ready"),
    ]
    assert [change.elapsed for change in wait.changes] == sorted(change.elapsed for change in wait.changes)


class TestPause:
    def test_the_guest_is_looked_at_again_after_the_pause(self) -> None:
        wait = Wait([ready()], Patience(timeout=10, pause=60))
        waited = wait.run()

        assert (waited.ending, waited.attempts, waited.findings) == (Ending.READY, 2, ())
        assert wait.clock.slept == [60]

    def test_the_pause_does_not_eat_the_time_to_wait(self) -> None:
        wait = Wait([*[REFUSED] * 5, ready(), REFUSED, ready()], Patience(timeout=20, pause=600))

        assert wait.run().ending is Ending.READY

    def test_a_guest_that_is_never_ready_is_not_waited_for_any_longer(self) -> None:
        waited = Wait([REFUSED], Patience(timeout=20, pause=600)).run()

        assert (waited.ending, waited.elapsed) == (Ending.DEADLINE, 20)

    def test_a_reboot_during_the_pause_is_found_and_starts_it_anew(self) -> None:
        later = BOOT + timedelta(seconds=45)
        wait = Wait([ready(), REFUSED, ready(later), ready(later)], Patience(timeout=300, pause=30))
        waited = wait.run()

        assert (waited.ending, waited.attempts) == (Ending.READY, 4)
        assert waited.findings == ("The guest rebooted during the pause.",)
        assert wait.clock.slept.count(30) == 2
        assert [change.summary for change in wait.changes if change.rung is Rung.PHASE] == [
            "The guest rebooted during the pause."
        ]

    def test_a_guest_that_reboots_again_and_again_is_not_ready(self) -> None:
        boots = [ready(BOOT + timedelta(minutes=number)) for number in range(50)]
        waited = Wait(boots, Patience(timeout=100, pause=30)).run()

        assert waited.ending is Ending.DEADLINE
        assert waited.ascent.failure is not None
        assert waited.ascent.failure.rung.code == 19
        assert waited.elapsed <= 130

    def test_a_guest_that_sets_its_clock_has_not_rebooted(self) -> None:
        waited = Wait([ready(), ready(BOOT + timedelta(seconds=2))], Patience(pause=30)).run()

        assert (waited.ending, waited.findings) == (Ending.READY, ())

    def test_a_guest_that_fails_for_good_after_the_pause_is_not_ready(self) -> None:
        waited = Wait([ready(), NOT_WINRM], Patience(pause=30)).run()

        assert (waited.ending, waited.ascent) == (Ending.FATAL, NOT_WINRM)

    @pytest.mark.parametrize("look", [lambda: ready(None)])
    def test_a_guest_that_hides_its_boot_time_is_ready_with_a_finding(self, look: Callable[[], Ascent]) -> None:
        waited = Wait([look()], Patience(pause=30)).run()

        assert waited.ending is Ending.READY
        assert "does not say when it booted" in waited.findings[0]
