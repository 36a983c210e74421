"""Output that is larger than one envelope comes back whole: it takes several answers, put together in order."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, error
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted

_UNIT = "0123456789abcdef"


@dataclass(frozen=True, slots=True)
class LargeOutput:
    """Sizes in bytes."""

    sent: int
    received: int
    same: bool


def _ask(bench: Bench) -> LargeOutput:
    times = max(1, bench.settings.output // len(_UNIT))
    done = bench.communicator.run_powershell(f"[Console]::Out.Write('{_UNIT}' * {times})")
    expected, found = (_UNIT * times).encode("ascii"), done.stdout.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    return LargeOutput(len(expected), len(found), hashlib.sha256(expected).digest() == hashlib.sha256(found).digest())


def _tell(facts: LargeOutput) -> str:
    return f"{facts.received} bytes came back{' unchanged' if facts.same else ''}"


def _judge(facts: LargeOutput, _wanted: Wanted) -> tuple[Finding, ...]:
    if facts.same:
        return ()
    return (
        error(
            Failure(
                Rung.RUN,
                "output-lost",
                Verdict.FATAL,
                f"Of {facts.sent} bytes that a program wrote, {facts.received} came back, and not the same.",
                causes=("The guest's answers are cut on the way, by a proxy or by a quota.",),
                in_guest=('winrm set winrm/config @{MaxEnvelopeSizekb="500"}',),
                in_spec=("bootstrap.quotas.max_envelope_kb",),
            )
        ),
    )


CHECK = Question("output", ("powershell",), _ask, _tell, _judge)
