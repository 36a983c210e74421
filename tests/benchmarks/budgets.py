"""What was measured, held against what was promised."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from tests.benchmarks.measuring import Sample


@dataclass(frozen=True, slots=True)
class Compared:
    """Ours beside a peer. `budget` is the largest ratio of the medians; `memory` the most bytes that ours may hold."""

    what: str
    beside: str
    ours: Sample
    peer: Sample
    budget: float
    memory: int | None = None

    @property
    def ratio(self) -> float:
        return self.ours.median / self.peer.median


@dataclass(frozen=True, slots=True)
class Alone:
    """Ours where no peer does the same. `budget` is the longest median in seconds, where one is promised."""

    what: str
    ours: Sample
    budget: float | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Numbers that are the same on every host, by what they belong to. Nothing is promised of them."""

    what: str
    counts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A row that this host cannot give."""

    what: str
    reason: str


Row: TypeAlias = Compared | Alone | Counted | Unmeasured


def within(measured: float | None, budget: float) -> bool:
    """Say whether a promise is kept. What the host does not tell breaks none."""
    return measured is None or measured <= budget


def remembers(row: Compared | Alone) -> bool:
    """Say whether the promise about memory is kept."""
    return row.memory is None or within(row.ours.peak, row.memory)


def kept(row: Row) -> bool:
    """Say whether every promise of a row is kept."""
    match row:
        case Compared():
            return within(row.ratio, row.budget) and remembers(row)
        case Alone():
            return (row.budget is None or within(row.ours.median, row.budget)) and remembers(row)
        case Counted() | Unmeasured():
            return True
