"""The rungs of the ladder, and what comes of trying one."""

from __future__ import annotations

from enum import StrEnum

from toolkit.errors import ExitCode
from toolkit.values import dataclass


class Rung(StrEnum):
    """From the ground up. Each has the exit code under which verification ends there."""

    NAME = "name"
    PROXY = "proxy"
    TCP = "tcp"
    TLS = "tls"
    CERTIFICATE = "certificate"
    HTTP = "http"
    IDENTIFY = "identify"
    AUTHENTICATION = "authentication"
    AUTHORISATION = "authorisation"
    RUN = "run"
    QUOTA = "quota"
    PHASE = "phase"
    POSTURE = "posture"

    @property
    def code(self) -> ExitCode:
        return _CODES[self]


_CODES = {
    Rung.NAME: ExitCode.NAME,
    Rung.PROXY: ExitCode.NOT_WINRM,  # it answers in WinRM's place
    Rung.TCP: ExitCode.TCP,
    Rung.TLS: ExitCode.TLS,
    Rung.CERTIFICATE: ExitCode.CERTIFICATE,
    Rung.HTTP: ExitCode.NOT_WINRM,
    Rung.IDENTIFY: ExitCode.NOT_WINRM,
    Rung.AUTHENTICATION: ExitCode.AUTHENTICATION,
    Rung.AUTHORISATION: ExitCode.AUTHORISATION,
    Rung.RUN: ExitCode.RUN,
    Rung.QUOTA: ExitCode.QUOTA,
    Rung.PHASE: ExitCode.PHASE,
    Rung.POSTURE: ExitCode.POSTURE,
}


class Verdict(StrEnum):
    """What waiting can do about a failure.

    RETRY: a booting guest looks like this. FATAL: no waiting heals it. SUSPICIOUS: fatal when a second look, a moment
    later, sees the same.
    """

    RETRY = "retry"
    FATAL = "fatal"
    SUSPICIOUS = "suspicious"


@dataclass(frozen=True, slots=True)
class Proof:
    """A rung that held: one sentence, and the milliseconds it took."""

    rung: Rung
    sentence: str
    ms: float


@dataclass(frozen=True, slots=True)
class Failure:
    """A rung that did not hold. `kind` is kebab-case and stable; `what` is one sentence for people.

    `evidence` holds raw facts, `causes` the likely reasons, likeliest first. Fixes are lines to use as they stand: a
    command in the guest's console (in cmd, and the same in PowerShell), an option of this client, the same in Packer's
    and in Ansible's words, a key of the spec.
    """

    rung: Rung
    kind: str
    verdict: Verdict
    what: str
    evidence: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    in_guest: tuple[str, ...] = ()
    in_client: tuple[str, ...] = ()
    in_spec: tuple[str, ...] = ()
    in_powershell: tuple[str, ...] = ()
    in_packer: tuple[str, ...] = ()
    in_ansible: tuple[str, ...] = ()


class RungError(Exception):
    """Carries a Failure from where it is seen to the ladder, which is the only one to catch it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.what)
        self.failure = failure
