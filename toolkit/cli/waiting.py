"""Showing the wait for a guest: a live line on a terminal, one line per change of state in a log."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from toolkit.cli import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
        yield lambda change: console.say(f"{_clock(change.elapsed)} {change.rung}: {change.summary}")
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    # One row that is cut, never wrapped: a wrapped live line would leave its tail behind at 40 columns.
    text = TextColumn(
        "{task.description}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"), markup=False
    )
    bar = Progress(
        SpinnerColumn(), TimeElapsedColumn(), text, console=Console(stderr=True), expand=True, transient=True
    )
    with bar:
        task = bar.add_task("connecting", total=None)
        yield lambda change: bar.update(task, description=f"{change.rung}: {change.summary}")


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
