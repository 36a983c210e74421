"""Showing the wait for a guest: a live ladder on a terminal, one line per change of state in a log."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from toolkit.cli import console
from toolkit.paragraphs import harmless, wrapped
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console as RichConsole
    from rich.console import ConsoleOptions, RenderResult

    from toolkit.cli.target import Target
    from toolkit.verify.options import Options
    from toolkit.verify.report import Report
    from toolkit.verify.rung import Failure
    from toolkit.verify.wait import Change

_ROOMY = 60  # columns, from which on the rungs stand in a column of their own


def watched(target: Target, options: Options | None = None, seen: list[Change] | None = None) -> Report:
    """Verify `target`, telling on stderr how it goes, and adding to `seen` every change."""
    from toolkit.verify.verification import verify

    with _observer(closer=bool(options and (options.checks or options.client))) as observe:

        def note(change: Change) -> None:
            if seen is not None:
                seen.append(change)
            observe(change)

        return verify(
            target.endpoint, target.wanted, target.patience, limits=target.limits, options=options, on_change=note
        )


@contextlib.contextmanager
def _observer(*, closer: bool) -> Iterator[Callable[[Change], None]]:
    if not sys.stderr.isatty():
        yield lambda change: console.say(logged(change, datetime.now(UTC)))
        return
    from rich.console import Console
    from rich.live import Live

    ladder = LiveLadder(time.monotonic, closer)
    with Live(ladder, console=Console(stderr=True), transient=True, refresh_per_second=4):
        yield ladder.stand


def logged(change: Change, moment: datetime) -> str:
    """Write a change as a line of a log: by the wall clock, to be laid beside other logs, and since the start."""
    return f"{moment:%Y-%m-%d %H:%M:%S}Z {clock(change.elapsed)} {change.rung}: {harmless(change.summary)}"


@dataclass
class LiveLadder:
    """The rungs up to the one at which the guest stands now, with what is seen there.

    `closer` is whether a guest that is ready is looked at more closely then.
    """

    now: Callable[[], float]
    closer: bool = False
    change: Change | None = None
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.now()

    def stand(self, change: Change) -> None:
        self.change = change

    def lines(self, width: int = 80) -> list[str]:
        """Give the ladder from the ground up, then what most likely mends it, and the time last."""
        waited = clock(self.now() - self.started)
        if self.change is None:
            return [f"{waited} connecting"]
        ready = self.change.kind == "ready"
        return [
            *(f"  ok  {rung}" for rung in self.change.proven if rung is not self.change.rung),
            *_rung("ok" if ready else "..", self.change, width),
            *_hints(self.change.failure, width),
            f"{waited} {self._doing(ready=ready)}",
        ]

    def _doing(self, *, ready: bool) -> str:
        if ready and not self.closer:
            return "ready"
        return f"{'ready; checking' if ready else 'waiting'}; Ctrl-C: report"

    def __rich_console__(self, _console: RichConsole, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        for line in self.lines(options.max_width):
            # Laid out for this width; a command that is longer still is cut, as a wrapped line would leave its tail.
            text = Text(line, no_wrap=True, overflow="ellipsis")
            text.truncate(options.max_width, overflow="ellipsis")
            yield text


def _rung(mark: str, change: Change, width: int) -> list[str]:
    if width >= _ROOMY:
        return wrapped(change.summary, f"  {mark}  {change.rung:<14}  ", width)
    return wrapped(f"{change.rung}: {change.summary}", f"  {mark}  ", width)


def _hints(failure: Failure | None, width: int) -> Iterator[str]:
    """Give the likeliest cause, and the first line that mends it on each side."""
    if failure is None:
        return
    sides = (("likely", failure.causes), ("in the guest", failure.in_guest), ("in this command", failure.in_client))
    for side, lines in sides:
        for line in lines[:1]:
            yield from wrapped(f"{side}: {line}", "      ", width)


def clock(seconds: float) -> str:
    """Write a time as hours, minutes and seconds."""
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
