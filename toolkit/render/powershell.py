"""Text in PowerShell scripts: how a value is written so that PowerShell reads it unchanged.

Windows PowerShell 2 and later. A single-quoted string knows one special character, its quote, of which there are five:
PowerShell takes the typographic ones for the straight one (PowerShell/PowerShell
src/System.Management.Automation/engine/parser/CharTraits.cs, `IsSingleQuote`).
"""

from __future__ import annotations

import base64
import re
from itertools import groupby
from typing import TYPE_CHECKING

from toolkit.errors import ToolkitError
from toolkit.files import NamedFile

if TYPE_CHECKING:
    from collections.abc import Mapping

# What comes before the name of a script that is to be run.
RUN = "powershell.exe -NoProfile -ExecutionPolicy Bypass -File"

_BOM = b"\xef\xbb\xbf"
_QUOTES = re.compile("['\u2018\u2019\u201a\u201b]")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class PowerShellTextError(ToolkitError):
    """The text cannot be written in a script. The message says where and why, and never shows the text."""


def literal(text: str, *, what: str = "the value") -> str:
    """Quote `text` as a single-quoted string. Raises PowerShellTextError for control characters and half characters."""
    _require_representable(text, what)
    return "'" + _QUOTES.sub(r"\g<0>\g<0>", text) + "'"


def ascii_expression(text: str, *, what: str = "the value") -> str:
    """Write `text` as an expression in ASCII and without angle brackets, for scripts that travel inside other formats.

    Clouds store user data in their own encodings, and find its end by a tag. Raises PowerShellTextError as `literal`.
    """
    _require_representable(text, what)
    if _plain(text):
        return literal(text)
    parts = (_part("".join(run), plain=plain) for plain, run in groupby(text, key=_plain))
    # The empty string in front makes the sum a string even where it begins with a character.
    return f"('' + {' + '.join(parts)})"


def hashtable(values: Mapping[str, object]) -> str:
    """Write `@{Name='value';...}`. Values go through `str`, and truth values in lower case, as WSMan writes them."""
    for name in values:
        if not _NAME.fullmatch(name):
            raise ValueError(name)
    return "@{" + "; ".join(f"{name} = {literal(wire(value))}" for name, value in values.items()) + "}"


def wire(value: object) -> str:
    """Give the text by which WSMan knows a setting's value: `true` and not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def encoded_command(script: str) -> str:
    """Give what follows `powershell.exe -EncodedCommand`: base64, which no shell has to quote."""
    return base64.b64encode(script.encode("utf-16-le")).decode("ascii")


def script_file(name: str, text: str) -> NamedFile:
    r"""Give `text`, with lines ending in `\n`, as UTF-8 with a BOM, without which Windows PowerShell reads ANSI."""
    return NamedFile(name, _BOM + text.replace("\n", "\r\n").encode("utf-8"))


def _plain(text: str) -> bool:
    return text.isascii() and "<" not in text and ">" not in text


def _part(run: str, *, plain: bool) -> str:
    if plain:
        return literal(run)
    units = run.encode("utf-16-le")
    return " + ".join(f"[char]0x{units[at] | units[at + 1] << 8:04X}" for at in range(0, len(units), 2))


def _require_representable(text: str, what: str) -> None:
    for position, character in enumerate(text, start=1):
        if reason := _trouble(character):
            raise PowerShellTextError(
                f"{what} cannot be written in a PowerShell script: its character {position} is {reason}",
                help="Use printable characters there.",
            )


def _trouble(character: str) -> str | None:
    if character in "\r\n\u0085\u2028\u2029":
        return "a line break, and the line ends of a script are its own"
    if "\ud800" <= character <= "\udfff":
        return "half of a character"
    return "a control character" if character < " " or "\x7f" <= character <= "\x9f" else None
