"""A bar for work on many bytes: on a terminal only, and only when there is enough to wait for."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_WORTH_A_BAR = 64 << 20  # bytes: less is done before anybody has read it


@contextlib.contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give something to tell bytes done and bytes in all; None where nobody is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    with contextlib.ExitStack() as shown:
        update: Callable[[int, int], None] | None = None

        def progress(done: int, total: int) -> None:
            nonlocal update
            if update is None:
                if total < _WORTH_A_BAR:
                    return
                update = shown.enter_context(_shown(what, total))
            update(done, total)

        yield progress


@contextlib.contextmanager
def _shown(what: str, total: int) -> Iterator[Callable[[int, int], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    # The bar alone gives way, so that the numbers stay whole on one line of 40 columns.
    columns = (
        TextColumn("{task.percentage:>3.0f}%"),
        BarColumn(None),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, expand=True) as live:
        task = live.add_task(what, total=total)
        yield lambda done, _total: live.update(task, completed=done)
