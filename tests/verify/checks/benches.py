"""Running checks on simulated guests, and on communicators that say what a test wants."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from tests.verify.guests import endpoint, state
from toolkit.communicators.communicator import Completed as Done
from toolkit.communicators.errors import TransferError
from toolkit.simulator.server import SimulatedGuest
from toolkit.verify.checks.check import Bench, Completed, Settings
from toolkit.verify.clock import SystemClock
from toolkit.verify.options import Options
from toolkit.verify.verification import verify
from toolkit.verify.wait import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from toolkit.communicators.transfer import Transferred
    from toolkit.simulator.plan import Plan
    from toolkit.simulator.state import GuestState
    from toolkit.verify.checks.check import Finding
    from toolkit.verify.report import Report
    from toolkit.verify.wanted import Wanted

ONCE = Patience(timeout=0)


def guest_state(*, interior: Mapping[str, Any] | None = None, **changes: Any) -> GuestState:
    base = state()
    return replace(base, interior=replace(base.interior, **(interior or {})), **changes)


def checked(
    *names: str,
    guest: GuestState | None = None,
    wanted: Wanted | None = None,
    settings: Settings | None = None,
    plan: Plan | None = None,
) -> Report:
    """Verify a simulated guest with these checks."""
    options = Options(checks=names, settings=settings or Settings())
    with SimulatedGuest(guest or state(), plan=plan) as simulated:
        report = verify(endpoint(simulated.port), wanted, ONCE, options=options)
        assert simulated.open_shells == 0
        assert simulated.files == ()
    return report


def completed(report: Report, name: str) -> Completed:
    outcome = next(outcome for outcome in report.outcomes if outcome.check == name)
    assert isinstance(outcome, Completed), outcome
    return outcome


def findings(report: Report) -> tuple[Finding, ...]:
    return tuple(
        finding for outcome in report.outcomes if isinstance(outcome, Completed) for finding in outcome.findings
    )


@dataclass
class Scripted:
    """A communicator that answers commands by the first word or script fragment that fits; else with nothing."""

    answers: Mapping[str, Done | Callable[[], Done]] = field(default_factory=dict)
    documents: Mapping[str, bytes | Exception] = field(default_factory=dict)
    upload_error: str = ""
    shell_id: str | None = None

    def connect(self) -> None: ...

    def close(self) -> None: ...

    def run(self, command: str, *, timeout: float | None = None) -> Done:  # noqa: ARG002  (the Protocol's)
        return self._answer(command)

    def run_powershell(self, script: str, *, timeout: float | None = None) -> Done:  # noqa: ARG002
        return self._answer(script)

    def get(self, resource: str, selectors: Mapping[str, str] | None = None) -> bytes:  # noqa: ARG002
        return self._document(resource)

    def enumerate(self, resource: str) -> bytes:
        return self._document(resource)

    def upload(self, source: BinaryIO, path: str) -> Transferred:  # noqa: ARG002
        if self.upload_error:
            raise TransferError(self.upload_error)
        raise NotImplementedError

    def download(self, path: str, sink: BinaryIO) -> Transferred:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def _answer(self, asked: str) -> Done:
        found = next((answer for word, answer in self.answers.items() if word in asked), Done(0, b"", b""))
        return found if isinstance(found, Done) else found()

    def _document(self, resource: str) -> bytes:
        document = self.documents[resource]
        if isinstance(document, Exception):
            raise document
        return document


def bench(communicator: Scripted, *known: object, settings: Settings | None = None) -> Bench:
    return Bench(communicator, lambda: communicator, SystemClock(), settings or Settings(), "vagrant", known)
