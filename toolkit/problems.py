"""The one vocabulary for things found in a user's document: spec errors, lint and inspect all speak it."""

from __future__ import annotations

from enum import StrEnum

from toolkit.values import dataclass


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a document. Lines and columns count from 1; 0 means the document as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `rule` is kebab-case; `message` says what is wrong; `help` says what to do."""

    rule: str
    severity: Severity
    message: str
    place: Place
    help: str | None = None

    def concise(self) -> str:
        """Say it on one line, in the form that editors and CI logs turn into a link."""
        hint = f" ({self.help})" if self.help else ""
        return f"{self.place}: {self.severity}: {self.message}{hint}"
