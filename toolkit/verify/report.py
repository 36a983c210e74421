"""What verification has to say: for machines as a dict of stable keys, for people as text."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from toolkit.errors import ExitCode
from toolkit.verify.page import page
from toolkit.verify.rung import Rung

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import Endpoint
    from toolkit.verify.facts import CertificateFacts, Facts, GuestFacts, ServiceFacts
    from toolkit.verify.rung import Failure, Proof
    from toolkit.verify.wait import Ending


@dataclass(frozen=True, slots=True)
class Report:
    """One guest's verification. `elapsed` in seconds; `attempts` counts the looks it took."""

    endpoint: Endpoint
    ending: Ending
    facts: Facts
    proven: tuple[Proof, ...]
    failure: Failure | None
    warnings: tuple[str, ...]
    attempts: int
    elapsed: float

    @property
    def ready(self) -> bool:
        return self.failure is None

    @property
    def rung(self) -> Rung:
        """Where the ladder ended: the rung that did not hold, or the top."""
        return self.failure.rung if self.failure else Rung.RUN

    @property
    def code(self) -> ExitCode:
        return self.failure.rung.code if self.failure else ExitCode.OK

    def to_json(self) -> dict[str, Any]:
        """Give the report as JSON takes it. Keys are never absent; what is not known is null or empty."""
        return {
            "endpoint": _endpoint(self.endpoint),
            "ready": self.ready,
            "ending": self.ending.value,
            "rung": self.rung.value,
            "exit_code": int(self.code),
            "facts": _facts(self.facts),
            "proven": [{"rung": p.rung.value, "sentence": p.sentence, "ms": p.ms} for p in self.proven],
            "failure": _plain(self.failure) if self.failure else None,
            "warnings": list(self.warnings),
            "attempts": self.attempts,
            "elapsed": round(self.elapsed, 3),
        }

    def to_text(self, width: int = 80) -> str:
        """Give the report as people read it, in lines of `width`; lines meant for copying are never broken."""
        return page(self, width)


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "url": endpoint.url,
        "username": endpoint.username,
        "auth": endpoint.auth.value,
        "insecure": endpoint.insecure,
        "pin": endpoint.thumbprint,
    }


def _facts(facts: Facts) -> dict[str, Any]:
    return {
        "address": facts.address,
        "tls": {"version": facts.tls.version, "cipher": facts.tls.cipher} if facts.tls else None,
        "certificate": _plain(facts.certificate) if facts.certificate else None,
        "service": _plain(facts.service) if facts.service else None,
        "guest": _plain(facts.guest) if facts.guest else None,
    }


def _plain(value: CertificateFacts | ServiceFacts | GuestFacts | Failure) -> dict[str, Any]:
    return {field.name: _json(getattr(value, field.name)) for field in fields(value)}


def _json(value: object) -> object:
    match value:
        case tuple():
            return list(value)
        case StrEnum():
            return value.value
        case datetime():
            return value.isoformat()
        case _:
            return value
