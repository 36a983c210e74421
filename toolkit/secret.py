"""A password on its way from the user to the one place that needs it, unprintable in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import UnreadableError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

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
        with file.open("rb") as stream:
            return line_from(stream, f"the file {file}")
    except OSError as err:
        raise UnreadableError(f"the file {file} cannot be read: {err.strerror}", help="Check the path.") from err


def line_from(stream: BinaryIO, name: str) -> str:
    """Read a secret's line as UTF-8, whatever the locale says. Raises UnreadableError, and OSError from the stream."""
    try:
        return stream.readline(_LONGEST_LINE).decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as err:
        raise UnreadableError(f"{name} is not UTF-8 text", help="Save or send it as UTF-8.") from err
