"""A password on its way from the user to the one place that needs it, unprintable in between."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that no repr, log line or traceback shows. Only `reveal` gives it, so uses are easy to find."""

    _value: str

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__
