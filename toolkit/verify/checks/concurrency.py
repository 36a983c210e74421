"""Several shells work at once, as clients open them: Packer two at a time for uploads, Ansible one for every task."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from toolkit.communicators.errors import CommunicatorError, FaultError
from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, error
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.checks.check import Manageable
    from toolkit.verify.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How many were asked for and how many worked; `refusals` are what the guest said to the others."""

    wanted: int
    worked: int
    refusals: tuple[str, ...]
    faults: tuple[int, ...]


def _ask(bench: Bench) -> Concurrency:
    count = max(1, bench.settings.shells)
    with contextlib.ExitStack() as closing, ThreadPoolExecutor(count) as pool:
        # Closed only when all have been tried: they are to be open at once.
        others = [closing.enter_context(contextlib.closing(bench.open_another())) for _ in range(count - 1)]
        # The shell that all checks share is one of them.
        errors = [err for err in pool.map(_tried, (bench.communicator, *others)) if err is not None]
    return Concurrency(
        count,
        count - len(errors),
        tuple(dict.fromkeys(err.message for err in errors)),
        tuple(dict.fromkeys(err.fault for err in errors if isinstance(err, FaultError))),
    )


def _tried(communicator: Manageable) -> CommunicatorError | None:
    try:
        communicator.run("hostname")
    except CommunicatorError as err:
        return err
    return None


def _tell(facts: Concurrency) -> str:
    return f"{facts.worked} of {facts.wanted} shells worked at once"


def _judge(facts: Concurrency, _wanted: Wanted) -> tuple[Finding, ...]:
    if facts.worked == facts.wanted:
        return ()
    return (
        error(
            Failure(
                Rung.QUOTA,
                "too-few-shells",
                Verdict.SUSPICIOUS,
                f"The guest serves {facts.worked} shells of this user at once, not {facts.wanted}.",
                facts.refusals,
                causes=(
                    "MaxShellsPerUser is too small: it is 5 on Windows 7 and Server 2008 R2.",
                    "Earlier clients left shells open.",
                ),
                in_guest=(
                    "winrm enumerate shell",
                    'winrm set winrm/config/winrs @{MaxShellsPerUser="30"}',
                ),
                in_powershell=("Set-Item WSMan:\\localhost\\Shell\\MaxShellsPerUser 30",),
                in_spec=("bootstrap.quotas.max_shells_per_user",),
            )
        ),
    )


CHECK = Question("concurrency", ("cmd",), _ask, _tell, _judge)
