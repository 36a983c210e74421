"""Findings about one document, gathered with their places."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from toolkit.problems import Place, Problem, Severity
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.catalog.elements import Element


@dataclass(slots=True)
class Report:
    """What was found in the document that `file` names, so far."""

    file: str
    problems: list[Problem] = field(default_factory=list)

    def error(self, at: Element, rule: str, message: str, help: str | None = None) -> None:  # noqa: A002  (the word users see)
        self._add(Severity.ERROR, at, rule, message, help)

    def warning(self, at: Element, rule: str, message: str, help: str | None = None) -> None:  # noqa: A002
        self._add(Severity.WARNING, at, rule, message, help)

    def info(self, at: Element, rule: str, message: str, help: str | None = None) -> None:  # noqa: A002
        self._add(Severity.INFO, at, rule, message, help)

    def _add(self, severity: Severity, at: Element, rule: str, message: str, help: str | None) -> None:  # noqa: A002
        self.problems.append(Problem(rule, severity, message, Place(self.file, at.line, at.column), help))
