"""Showing the wait for a guest: a live ladder on a terminal, one line per change of state in a log."""

from __future__ import annotations

import contextlib
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from toolkit.cli import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console as RichConsole
    from rich.console import ConsoleOptions, RenderResult

    from toolkit.cli.target import Target
    from toolkit.verify.options import Options
    from toolkit.verify.report import Report
    from toolkit.verify.wait import Change


def watched(target: Target, options: Options | None = None, seen: list[Change] | None = None) -> Report:
    """Verify `target`, telling on stderr how it goes, and adding to `seen` every change."""
    from toolkit.verify.verification import verify

    with _observer() as observe:

        def note(change: Change) -> None:
            if seen is not None:
                seen.append(change)
            observe(change)

        return verify(
            target.endpoint, target.wanted, target.patience, limits=target.limits, options=options, on_change=note
        )


@contextlib.contextmanager
def _observer() -> Iterator[Callable[[Change], None]]:
    if not sys.stderr.isatty():
        yield lambda change: console.say(logged(change, datetime.now(UTC)))
        return
    from rich.console import Console
    from rich.live import Live

    ladder = LiveLadder(time.monotonic)
    with Live(ladder, console=Console(stderr=True), transient=True, refresh_per_second=4):
        yield ladder.stand


def logged(change: Change, moment: datetime) -> str:
    """Write a change as a line of a log: by the wall clock, to be laid beside other logs, and since the start."""
    return f"{moment:%Y-%m-%d %H:%M:%S}Z {clock(change.elapsed)} {change.rung}: {change.summary}"


@dataclass
class LiveLadder:
    """The rungs up to the one at which the guest stands now, with what is seen there."""

    now: Callable[[], float]
    change: Change | None = None
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.now()

    def stand(self, change: Change) -> None:
        self.change = change

    def lines(self) -> list[str]:
        """Give the ladder from the ground up, the time last."""
        waited = clock(self.now() - self.started)
        if self.change is None:
            return [f"{waited} connecting"]
        ready = self.change.kind == "ready"
        below = [rung for rung in _heights() if _heights()[rung] < _heights()[self.change.rung]]
        standing = f"  {'ok' if ready else '..'}  {self.change.rung:<14}  {self.change.summary}"
        return [*(f"  ok  {rung}" for rung in below), standing, f"{waited} {'ready' if ready else 'waiting'}"]

    def __rich_console__(self, _console: RichConsole, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text

        for line in self.lines():
            # Cut, never wrapped: a wrapped line would leave its tail behind on a terminal of 40 columns.
            text = Text(line, no_wrap=True, overflow="ellipsis")
            text.truncate(options.max_width, overflow="ellipsis")
            yield text


def _heights() -> dict[str, int]:
    from toolkit.verify.rung import Rung

    return {rung: height for height, rung in enumerate(Rung)}


def clock(seconds: float) -> str:
    """Write a time as hours, minutes and seconds."""
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
