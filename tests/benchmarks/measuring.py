"""Running programs and saying what each run cost: seconds on the wall, and memory at its highest."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LONGEST = 60.0  # seconds, for any one run


class BenchmarkError(Exception):
    """A program did not do what was to be measured."""


@dataclass(frozen=True, slots=True)
class Program:
    """What is run. Where it makes a file, that is removed before each run and must be there after it."""

    name: str
    arguments: tuple[str, ...]
    folder: Path
    makes: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cost:
    """One run. `peak` is the most memory it held, in bytes; None where the host does not tell.

    The kernel counts what the parent held when it started the child, so peaks are measured from a small process.
    """

    seconds: float
    peak: int | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """The runs of one program, in their order."""

    costs: tuple[Cost, ...]

    @property
    def median(self) -> float:
        return statistics.median(cost.seconds for cost in self.costs)

    @property
    def least(self) -> float:
        return min(cost.seconds for cost in self.costs)

    @property
    def peak(self) -> int | None:
        return max((cost.peak for cost in self.costs if cost.peak is not None), default=None)


def per_megabyte(sample: Sample, size: int, *, less: float = 0.0) -> Sample:
    """Give the seconds that each megabyte of `size` bytes took, without `less` seconds that had to do with none."""
    return Sample(tuple(Cost((cost.seconds - less) / size * 1_000_000, cost.peak) for cost in sample.costs))


def interleaved(programs: Sequence[Program], rounds: int) -> tuple[Sample, ...]:
    """Run the programs in turn, round by round, so that what else the host does meets them alike.

    A first round, which fills caches, is not counted. Raises BenchmarkError where a run fails.
    """
    for program in programs:
        measured(program)
    table = [[measured(program) for program in programs] for _ in range(rounds)]
    return tuple(Sample(costs) for costs in zip(*table, strict=True))


def measured(program: Program) -> Cost:
    """Run `program` once, from its start to its end, with nothing on its stdin."""
    if program.makes is not None:
        program.makes.unlink(missing_ok=True)
    started = time.perf_counter()
    process = subprocess.Popen(
        program.arguments,
        cwd=program.folder,
        env={**os.environ, **program.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    timer = threading.Timer(LONGEST, process.kill)
    timer.start()
    try:
        peak, errors = _waited_for(process)
        seconds = time.perf_counter() - started
    finally:
        timer.cancel()
    _require_success(program, process.returncode, errors)
    return Cost(seconds, peak)


def _waited_for(process: subprocess.Popen[bytes]) -> tuple[int | None, bytes]:
    """Wait for the end, and ask the kernel what this one process needed, where it can be asked."""
    assert process.stderr is not None
    errors = process.stderr.read()
    process.stderr.close()
    if sys.platform == "win32":
        process.wait()
        return None, errors
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes there, KiB on Linux
    return usage.ru_maxrss * unit, errors


def _require_success(program: Program, code: int, errors: bytes) -> None:
    if code != 0:
        said = errors.decode("utf-8", "replace").strip().splitlines()
        raise BenchmarkError(f"{program.name} ended with {code}: {said[-1] if said else 'no word'}")
    if program.makes is not None and not program.makes.is_file():
        raise BenchmarkError(f"{program.name} ended well, but there is no {program.makes}")
