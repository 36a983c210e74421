"""A check: one question to a guest, what it needs, and what becomes of asking it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

from toolkit.communicators.communicator import Communicator
from toolkit.problems import Severity
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from toolkit.verify.clock import Clock
    from toolkit.verify.rung import Failure
    from toolkit.verify.wanted import Wanted

T = TypeVar("T")
F = TypeVar("F")


class Manageable(Communicator, Protocol):
    """A communicator that also reads the guest's management data, without a process in the guest."""

    @property
    def shell_id(self) -> str | None:
        """The shell that is open, None where none is."""
        ...

    def get(self, resource: str, selectors: Mapping[str, str] | None = None) -> bytes:
        """Read one instance by WS-Transfer; gives the envelope."""
        ...

    def enumerate(self, resource: str) -> bytes:
        """Read every instance by WS-Enumeration; gives the envelope."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """How far checks go. `settle`: seconds in which the guest must not restart. `shells`: so many are opened at once.

    `output`: characters that a program writes, more than one envelope of the client holds (150 kB).
    """

    settle: float = 0.0
    shells: int = 4
    output: int = 200_000


@dataclass(frozen=True, slots=True)
class Bench:
    """What a check works with. All checks share the communicator's one shell; `open_another` makes one besides.

    `known` holds the facts that earlier checks have established.
    """

    communicator: Manageable
    open_another: Callable[[], Manageable]
    clock: Clock
    settings: Settings
    username: str
    known: tuple[object, ...] = ()

    def fact(self, kind: type[T]) -> T:
        """Give what the check that was needed has found."""
        return next(fact for fact in self.known if isinstance(fact, kind))


class UnaskableError(Exception):
    """The guest's answer cannot be read; the question stays open."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Reason(StrEnum):
    """Why a question could not be asked. None of them is an answer."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    LOST = "lost"
    UNREADABLE = "unreadable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be. An ERROR decides the exit code, by its rung; a WARNING is only told."""

    severity: Severity
    failure: Failure


@dataclass(frozen=True, slots=True)
class Completed:
    """The guest answered. `told` is the answer in one sentence, `facts` a dataclass of plain values."""

    check: str
    told: str
    facts: object
    findings: tuple[Finding, ...]
    ms: float = 0.0

    @property
    def bad(self) -> bool:
        return any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The question could not be asked. `failure` is set where that alone is a verdict: a quota, a lack of rights."""

    check: str
    reason: Reason
    what: str
    failure: Failure | None = None
    ms: float = 0.0


@dataclass(frozen=True, slots=True)
class NotRun:
    """Another check, which this one needs, gave no good answer."""

    check: str
    need: str


@dataclass(frozen=True, slots=True)
class Bug:
    """The check itself failed: ours to repair. `trace` says where."""

    check: str
    trace: str


Outcome: TypeAlias = Completed | Unanswered | NotRun | Bug


class Check(Protocol):
    """One question, whatever the type of its facts."""

    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> tuple[str, ...]: ...

    def attempt(self, bench: Bench, wanted: Wanted) -> Completed:
        """Ask and judge. Raises CommunicatorError and UnaskableError where there is no answer."""
        ...


@dataclass(frozen=True, slots=True)
class Question(Generic[F]):
    """A check out of three functions: `ask` gives facts, `tell` says them, `judge` holds them against the wanted."""

    name: str
    needs: tuple[str, ...]
    ask: Callable[[Bench], F]
    tell: Callable[[F], str]
    judge: Callable[[F, Wanted], tuple[Finding, ...]]

    def attempt(self, bench: Bench, wanted: Wanted) -> Completed:
        facts = self.ask(bench)
        return Completed(self.name, self.tell(facts), facts, self.judge(facts, wanted))


def error(failure: Failure) -> Finding:
    return Finding(Severity.ERROR, failure)


def warning(failure: Failure) -> Finding:
    return Finding(Severity.WARNING, failure)
