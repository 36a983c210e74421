"""Commands that do not run as they should, by plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.simulator.programs import Output, Pause, Stream

if TYPE_CHECKING:
    from toolkit.simulator.plan import Misfit
    from toolkit.simulator.programs import Program

_FOR_EVER = 86_400.0  # seconds


def run_misfit(misfit: Misfit) -> Program:
    """Write what the plan says, and end as it says, or never."""
    if misfit.stderr:
        yield Output(Stream.STDERR, misfit.stderr)
    for number in range(misfit.repeat):
        if misfit.stdout:
            yield Output(Stream.STDOUT, misfit.stdout)
        if number % 16 == 15:
            yield Pause(0)  # lets whoever receives take what there is
    while misfit.code is None:
        yield Pause(_FOR_EVER)
    return misfit.code
