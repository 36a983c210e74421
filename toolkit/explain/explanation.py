"""What is said about a code or a log: for machines as a dict of stable keys, for people as text."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NARROWEST = 20


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
        width = max(width, _NARROWEST)
        return "\n".join(
            (
                *self._heading(width),
                *_wrapped(self.meaning, "", width),
                *_list("Likely, in this order:", self.causes, width),
                *_verbatim("In the guest, as administrator:", self.in_guest),
                *_verbatim("In the client:", self.in_client),
                *_verbatim("In unattend.toml:", self.in_spec),
                *_verbatim("Also in it:", self.also),
                "",
            )
        )

    def _heading(self, width: int) -> Iterator[str]:
        if self.line:
            yield f"Line {self.line.number}: {self.line.text}"
            yield ""
        yield from _wrapped(self.subject, "", width)
        if self.forms:
            yield from _wrapped(", ".join(self.forms), "  ", width)


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _list(title: str, lines: Sequence[str], width: int) -> Iterator[str]:
    if lines:
        yield ""
        yield title
    for number, line in enumerate(lines, 1):
        yield from _wrapped(line, f"  {number}. ", width)


def _verbatim(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        yield from (f"  {line}" for line in lines)


def _wrapped(text: str, lead: str, width: int) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
