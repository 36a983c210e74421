"""What goes wrong with a guest, and when: the other half of a personality, whose settings are its state."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeAlias

from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.simulator.faults import Fault


@dataclass(frozen=True, slots=True)
class Hush:
    """Accepts and says nothing, as the port forward of a virtual machine that is off does."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hears the first bytes and closes the connection; `reset` as a port without a process behind it does."""

    reset: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Answers with this HTTP response in place of the guest's own."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BreakOff:
    """Announces an answer and closes in the middle of it."""


@dataclass(frozen=True, slots=True)
class Drip:
    """Begins an answer and goes on with it for ever: `drop` every so many seconds."""

    drop: bytes = b"x"
    seconds: float = 0.05


@dataclass(frozen=True, slots=True)
class Raise:
    """Answers with a fault."""

    fault: Fault


Upset: TypeAlias = Hush | HangUp | Say | BreakOff | Drip | Raise


@dataclass(frozen=True, slots=True)
class Trouble:
    """`upset` happens to requests whose action ends in `on`; to those before any logon where `on` is empty.

    `after` requests pass unharmed first, and it happens `times` times (None: for ever).
    """

    upset: Upset
    on: str = ""
    after: int = 0
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Misfit:
    """Commands that contain `word` do not run, but write this and end with `code`; None: they never end.

    `repeat` writes `stdout` so many times, for output beyond all measure.
    """

    word: str
    code: int | None = 1
    stdout: bytes = b""
    stderr: bytes = b""
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that goes wrong. `greeting` is said to whoever connects, before anything else, as SSH does."""

    connecting: Hush | HangUp | None = None
    greeting: bytes = b""
    troubles: tuple[Trouble, ...] = ()
    misfits: tuple[Misfit, ...] = ()

    def misfit(self, line: str) -> Misfit | None:
        return next((misfit for misfit in self.misfits if misfit.word.casefold() in line.casefold()), None)


class Course:
    """How far a plan has come: which of its troubles are used up."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._seen = [0] * len(plan.troubles)
        self._lock = threading.Lock()

    def upset(self, action: str) -> Upset | None:
        """Give what happens to this request; `action` is empty before any logon."""
        with self._lock:
            for number, trouble in enumerate(self._plan.troubles):
                if bool(action) != bool(trouble.on) or not action.endswith(trouble.on):
                    continue
                self._seen[number] += 1
                turn = self._seen[number] - trouble.after
                if turn >= 1 and (trouble.times is None or turn <= trouble.times):
                    return trouble.upset
        return None
