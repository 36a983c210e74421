"""What every section of the spec has in common, and the list in which its errors are gathered."""

from __future__ import annotations

from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from toolkit.problems import Problem, Severity
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.spec.document import Document
    from toolkit.spec.places import KeyPath


def absent(model: type[Section]) -> Any:
    """Give the default of a section: what an empty table of that name would give.

    It is made of the model's defaults without judging them, which would take a validator of its own at every start.
    """
    return Field(default_factory=model.model_construct)


class Section(BaseModel):
    """A table of the spec: every key known, every type exact, nothing changed after reading."""

    # Deferred: only the whole spec's validator is ever used, so the sections' own are not built. It shows at start-up.
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", protected_namespaces=(), defer_build=True)


@dataclass
class Findings:
    """Problems found so far, each with its place in the document. Nothing is raised before all are known."""

    document: Document
    problems: list[Problem] = field(default_factory=list)
    reported: set[KeyPath] = field(default_factory=set)

    def error(self, path: KeyPath, message: str, *, help: str | None = None, rule: str = "spec") -> None:  # noqa: A002
        """Add an error, unless the key at `path` or a table around it is known to be wrong: its absence is no news."""
        if any(path[:end] in self.reported for end in range(1, len(path) + 1)):
            return
        self.problems.append(Problem(rule, Severity.ERROR, message, self.document.place(path), help))

    def warning(self, path: KeyPath, message: str, *, help: str | None = None, rule: str = "spec") -> None:  # noqa: A002
        self.problems.append(Problem(rule, Severity.WARNING, message, self.document.place(path), help))

    def counts_from(self, path: KeyPath) -> str:
        """Say which folder a relative path at `path` counts from; on the command line and stdin it is the current."""
        folder = self.document.layer(path).folder
        return f"The path counts from {'the current folder' if folder == Path() else folder}."

    @property
    def errors(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Problem]:
        return [problem for problem in self.problems if problem.severity is not Severity.ERROR]
