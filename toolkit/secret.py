"""A password on its way from the user to the one place that needs it, unprintable in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.errors import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST_LINE = 4096


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that no repr, log line or traceback shows. Only `reveal` gives it, so uses are easy to find."""

    _value: str

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


def first_line(file: Path) -> str:
    """Read the one line of a secret's file, however editors begin and end it. Raises UnreadableError."""
    try:
        with file.open(encoding="utf-8-sig") as stream:
            return stream.readline(_LONGEST_LINE).rstrip("\r\n")
    except OSError as err:
        raise UnreadableError(f"the file {file} cannot be read: {err.strerror}", help="Check the path.") from err
    except UnicodeDecodeError as err:
        raise UnreadableError(f"the file {file} is not UTF-8 text", help="Save it as UTF-8.") from err
