"""All checks, in the order in which they are asked: what needs nothing of ours open first, the slowest last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import UsageError
from toolkit.verify.checks import (
    boot,
    concurrency,
    configuration,
    fidelity,
    files,
    firewall,
    listeners,
    output,
    posture,
    quotas,
    restart,
    setup,
    shells,
    survey,
    system,
    token,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.verify.checks.check import Check

CHECKS: tuple[Check, ...] = (
    shells.CHECK,
    configuration.CHECK,
    quotas.CHECK,
    listeners.CHECK,
    fidelity.CMD,
    fidelity.POWERSHELL,
    token.CHECK,
    survey.CHECK,
    system.CHECK,
    setup.CHECK,
    restart.CHECK,
    firewall.CHECK,
    posture.CHECK,
    output.CHECK,
    files.CHECK,
    concurrency.CHECK,
    boot.CHECK,
)


def chosen(names: Iterable[str]) -> tuple[Check, ...]:
    """Give the checks of these names and all that they need, in their order. Raises UsageError for an unknown name."""
    known = {check.name: check for check in CHECKS}
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in known:
            raise UsageError(f"{name} is no check", help=f"The checks are {', '.join(known)}.")
        if name not in wanted:
            wanted.add(name)
            waiting += known[name].needs
    return tuple(check for check in CHECKS if check.name in wanted)
