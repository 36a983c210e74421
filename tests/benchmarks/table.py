"""The rows as text, 80 columns wide."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, assert_never

from tests.benchmarks.budgets import Alone, Compared, Counted, Row, Unmeasured, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.benchmarks.measuring import Sample

WIDTH = 80
_HEAD = f"{'':<36} {'median':>9} {'least':>9} {'ratio':>7} {'budget':>8}"
_MIB = 1 << 20


def heading() -> str:
    return f"{_HEAD}\n{'-' * WIDTH}"


def lines(row: Row) -> Iterator[str]:
    """Give the lines of one row: ours, the peer's, and memory where something is promised of it."""
    match row:
        case Compared():
            yield _line(row.what, row.ours)
            ratios = f"{_times(row.ratio)} x {row.budget:>6.2f} x {_verdict(row.ratio, row.budget)}"
            yield f"{_line(f'  {row.beside}', row.peer)} {ratios}"
            yield from _memory(row)
        case Alone():
            yield f"{_line(row.what, row.ours)} {_promise(row)}"
            yield from _memory(row)
        case Counted():
            yield row.what
            for name, count in row.counts:
                yield f"  {name:<34} {count:>6}"
        case Unmeasured():
            yield row.what
            yield from _wrapped(f"not measured: {row.reason}")
        case _:
            assert_never(row)


def footnotes(notes: Iterable[str]) -> Iterator[str]:
    for note in notes:
        yield from textwrap.wrap(note, WIDTH, initial_indent="* ", subsequent_indent="  ")


def _promise(row: Alone) -> str:
    if row.budget is None:
        return f"{'-':>7} {'-':>8}"
    limit = f"{row.budget * 1000:.0f} ms" if row.budget < 0.1 else f"{row.budget:.1f} s"
    return f"{'-':>7} {limit:>8} {_verdict(row.ours.median, row.budget)}"


def _memory(row: Compared | Alone) -> Iterator[str]:
    if row.memory is None:
        return
    peak = row.ours.peak
    shown = "unknown" if peak is None else f"{peak / _MIB:.1f} MiB"
    yield f"{'  memory at its highest':<36} {shown:>19} {row.memory / _MIB:>12.0f} MiB {_verdict(peak, row.memory)}"


def _line(what: str, sample: Sample) -> str:
    return f"{what:<36} {_milliseconds(sample.median)} {_milliseconds(sample.least)}"


def _milliseconds(seconds: float) -> str:
    """Write milliseconds with the digits that mean something."""
    value = seconds * 1000
    return f"{value:>6.0f} ms" if value >= 100 else f"{value:>6.1f} ms"


def _times(ratio: float) -> str:
    """Write a ratio in five columns with the digits that mean something."""
    return f"{ratio:>5.3f}" if ratio < 0.1 else f"{ratio:>5.2f}" if ratio < 100 else f"{ratio:>5.0f}"


def _verdict(measured: float | None, budget: float) -> str:
    return "ok" if within(measured, budget) else "OVER"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
