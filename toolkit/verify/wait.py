"""Looking again until the guest is ready, until waiting cannot help, or until the time is up."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from toolkit.values import dataclass
from toolkit.verify.run import same_boot
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from toolkit.verify.clock import Clock
    from toolkit.verify.ladder import Ascent

_GROWTH = 1.25


class Ending(StrEnum):
    """Why the wait ended. INTERRUPTED: by whoever waited."""

    READY = "ready"
    FATAL = "fatal"
    DEADLINE = "deadline"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds. A `timeout` of 0 looks once.

    The `interval` between looks grows to `longest`. What looks suspicious is looked at again after `suspicion`.
    `pause` is Packer's pause_before_connecting: once ready, wait that long and require the guest to be ready still,
    without a reboot in between; it comes on top of `timeout`.
    """

    timeout: float = 60.0
    interval: float = 1.0
    longest: float = 5.0
    suspicion: float = 1.5
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """What is known has changed. `elapsed` in seconds since the start; `rung` is where the ladder ends now.

    `kind` is the failure's, or `ready`, or `paused`; `failure` is None for these two. `proven` are the rungs that held.
    """

    elapsed: float
    rung: Rung
    summary: str
    kind: str = ""
    failure: Failure | None = None
    proven: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True)
class Waited:
    """The last look, and how the wait for it went."""

    ascent: Ascent
    ending: Ending
    attempts: int
    elapsed: float
    findings: tuple[str, ...]


REBOOTED = Failure(
    Rung.PHASE,
    "rebooted",
    Verdict.RETRY,
    "The guest rebooted during the pause.",
    causes=("Its set-up is not finished: updates, drivers or a rename restart it once more.",),
    in_client=("--timeout",),
    in_spec=("communicator.pause_before_connecting",),
)
_HEIGHTS = {rung: height for height, rung in enumerate(Rung)}

Look: TypeAlias = "Callable[[float], Ascent]"
Observer: TypeAlias = "Callable[[Change], None]"


def wait_until_ready(look: Look, patience: Patience, clock: Clock, observer: Observer) -> Waited:
    """Look until something is certain. `look` is given the seconds that are left."""
    return _Wait(look, patience, clock, observer).until_settled()


class _Wait:
    def __init__(self, look: Look, patience: Patience, clock: Clock, observer: Observer) -> None:
        self._look = look
        self._patience = patience
        self._clock = clock
        self._observer = observer
        self._start = clock.now()
        self._end = self._start + patience.timeout
        self._interval = patience.interval
        self._attempts = 0
        self._findings: list[str] = []
        self._state: tuple[Rung, str] | None = None
        self._suspected: set[tuple[Rung, str]] = set()
        self._last: Ascent | None = None

    def until_settled(self) -> Waited:
        """Give the last look also to whoever loses patience: it says what to mend."""
        try:
            ascent, ending = self._settled()
        except KeyboardInterrupt:
            if self._last is None:
                raise
            ascent, ending = self._last, Ending.INTERRUPTED
        return Waited(ascent, ending, self._attempts, self._elapsed(), tuple(self._findings))

    def _settled(self) -> tuple[Ascent, Ending]:
        ascent, ending = self._until_ready()
        if ending is Ending.READY and self._patience.pause > 0:
            return self._through_pause(ascent)
        return ascent, ending

    def _until_ready(self) -> tuple[Ascent, Ending]:
        while True:
            self._last = ascent = self._look(self._left())
            self._attempts += 1
            failure = ascent.failure
            if failure is None:
                self._tell(Rung.RUN, "ready", "ready")
                return ascent, Ending.READY
            self._tell(failure.rung, failure.kind, failure.what, failure)
            if self._is_certain(failure):
                return ascent, Ending.FATAL
            if (left := self._left()) <= 0:
                return ascent, Ending.DEADLINE
            self._clock.sleep(min(self._next_interval(failure), left))

    def _through_pause(self, ascent: Ascent) -> tuple[Ascent, Ending]:
        pause = self._patience.pause
        self._end += pause
        while True:
            before = _boot_time(ascent)
            self._tell(Rung.RUN, "paused", f"ready; pausing {pause:g} s before connecting again")
            self._clock.sleep(pause)
            ascent, ending = self._until_ready()
            after = _boot_time(ascent)
            if ending is not Ending.READY:
                return ascent, ending
            if before is None or after is None:
                self._findings.append(
                    "The guest does not say when it booted: a reboot during the pause would go unseen."
                )
                return ascent, ending
            if same_boot(before, after):
                return ascent, ending
            self._findings.append(REBOOTED.what)
            self._tell(REBOOTED.rung, REBOOTED.kind, REBOOTED.what, REBOOTED)
            if self._left() < pause:
                return replace(ascent, failure=REBOOTED), Ending.DEADLINE

    def _is_certain(self, failure: Failure) -> bool:
        """Decide whether waiting is in vain, keeping in mind what was suspected before.

        What a look got past is no longer suspected. What lies above the failing rung still is: a guest that refused
        the password and is then silent for a while must not be asked a third time, because that may lock the account.
        """
        state = (failure.rung, failure.kind)
        height = _HEIGHTS[failure.rung]
        self._suspected = {seen for seen in self._suspected if _HEIGHTS[seen[0]] > height or seen == state}
        match failure.verdict:
            case Verdict.FATAL:
                return True
            case Verdict.SUSPICIOUS:
                certain = state in self._suspected
                self._suspected.add(state)
                return certain
            case Verdict.RETRY:
                return False

    def _next_interval(self, failure: Failure) -> float:
        if failure.verdict is Verdict.SUSPICIOUS:
            return self._patience.suspicion
        interval = self._interval
        self._interval = min(max(self._patience.longest, self._patience.interval), interval * _GROWTH)
        return interval

    def _tell(self, rung: Rung, kind: str, summary: str, failure: Failure | None = None) -> None:
        if (rung, kind) != self._state:
            self._state = (rung, kind)
            self._interval = self._patience.interval
            held = tuple(proof.rung for proof in self._last.proven) if self._last else ()
            self._observer(Change(self._elapsed(), rung, summary, kind, failure, held))

    def _elapsed(self) -> float:
        return self._clock.now() - self._start

    def _left(self) -> float:
        return self._end - self._clock.now()


def _boot_time(ascent: Ascent) -> datetime | None:
    return ascent.facts.guest.booted if ascent.facts.guest else None
