"""What is said about a code or a log: for machines as a dict of stable keys, for people as text."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from toolkit.paragraphs import NARROWEST, listed, verbatim, wrapped
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log, counted from 1, with what looked like a password taken out."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One answer. `known` is False where the catalog has nothing on it.

    `subject` names what is explained; `forms` are other spellings of a code; `line` is the line of a log that matters,
    and `also` what else was found in it, each as `line 12: ...`. The rest reads as in a verification's report.
    """

    subject: str
    known: bool
    meaning: str
    forms: tuple[str, ...] = ()
    line: Line | None = None
    causes: tuple[str, ...] = ()
    in_guest: tuple[str, ...] = ()
    in_client: tuple[str, ...] = ()
    in_spec: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Give the answer as JSON takes it. Keys are never absent; what is not known is null or empty."""
        plain = {field.name: _listed(getattr(self, field.name)) for field in fields(self)}
        line = {"number": self.line.number, "text": self.line.text} if self.line else None
        return {**plain, "line": line}

    def to_text(self, width: int = 80) -> str:
        """Give the answer in lines of `width`; lines meant for copying are never broken."""
        width = max(width, NARROWEST)
        blocks = (
            [*self._heading(width), *wrapped(self.meaning, "", width)],
            listed("Likely, in this order:", self.causes, width, numbered=True),
            verbatim("In the guest, as administrator:", self.in_guest),
            verbatim("In the client:", self.in_client),
            verbatim("In unattend.toml:", self.in_spec),
            verbatim("Also in it:", self.also),
        )
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

    def _heading(self, width: int) -> Iterator[str]:
        if self.line:
            yield f"Line {self.line.number}: {self.line.text}"
            yield ""
        yield from wrapped(self.subject, "", width)
        if self.forms:
            yield from wrapped(", ".join(self.forms), "  ", width)


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
