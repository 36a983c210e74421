"""The guest stays in one boot over the settling time: a guest that is still being set up restarts once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, UnaskableError, error
from toolkit.verify.checks.survey import Survey
from toolkit.verify.run import parse_wmi_time, same_boot
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from toolkit.verify.wanted import Wanted

_QUESTION = "(Get-WmiObject Win32_OperatingSystem).LastBootUpTime"


@dataclass(frozen=True, slots=True)
class Boot:
    """`settled`: seconds that were waited between the two looks."""

    before: datetime
    after: datetime
    settled: float

    @property
    def same(self) -> bool:
        return same_boot(self.before, self.after)


def _ask(bench: Bench) -> Boot:
    before = parse_wmi_time(bench.fact(Survey).text("booted"))
    if before is None:
        raise UnaskableError("The guest does not say when it booted.")
    if bench.settings.settle <= 0:
        return Boot(before, before, 0.0)
    bench.clock.sleep(bench.settings.settle)
    told = bench.communicator.run_powershell(_QUESTION).stdout.decode("utf-8", "replace")
    after = parse_wmi_time(told.removeprefix("\ufeff").strip())
    if after is None:
        raise UnaskableError("The guest does not say any more when it booted.")
    return Boot(before, after, bench.settings.settle)


def _tell(facts: Boot) -> str:
    since = f"up since {facts.before:%Y-%m-%d %H:%M:%S}"
    return f"{since}, in the same boot after {facts.settled:g} s" if facts.settled and facts.same else since


def _judge(facts: Boot, _wanted: Wanted) -> tuple[Finding, ...]:
    if facts.same:
        return ()
    return (
        error(
            Failure(
                Rung.PHASE,
                "rebooted",
                Verdict.RETRY,
                f"The guest restarted within {facts.settled:g} s of being ready.",
                (f"booted {facts.before.isoformat()}", f"then {facts.after.isoformat()}"),
                causes=("Its set-up is not finished: updates, drivers or a rename restart it once more.",),
                in_client=("--settle",),
                in_spec=("communicator.pause_before_connecting",),
            )
        ),
    )


CHECK = Question("boot", ("survey",), _ask, _tell, _judge)
