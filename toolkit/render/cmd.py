"""Text in batch files: how a value is written so that cmd.exe hands it on unchanged.

The functions are for batch files (at the prompt `%%` stays as it is) that run under `DisableDelayedExpansion`, where
`!` is an ordinary character. The files are ASCII, because cmd.exe reads them in the OEM code page of whatever language
the guest has.
"""

from __future__ import annotations

import re

from toolkit.errors import ToolkitError

# cmd.exe refuses longer lines: Microsoft support article 830473, "Command prompt line string limitation".
LONGEST_LINE = 8191

_SPECIAL = re.compile(r'[\^&|<>()"]')
_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9_.:\\/@+=,-]+")
_BACKSLASHES_BEFORE_QUOTE = re.compile(r'(\\*)(?="|\Z)')
_ECHO_OBEYS = re.compile(r"\s*(on|off|/\?.*)?\s*", re.IGNORECASE)


class CmdTextError(ToolkitError):
    """The text cannot be written in a batch file. The message says where and why, and never shows the text."""


def set_value(text: str, *, what: str = "the value") -> str:
    """Quote `text` for the place after `=` in `set "NAME=..."`. An empty text unsets the variable.

    Raises CmdTextError, naming `what`, for line breaks, other control characters, characters outside ASCII, and quotes:
    command processors (Windows' and Wine's) disagree about where a quoted part with quotes inside ends.
    """
    _require_representable(text, what)
    if position := text.find('"') + 1:
        raise CmdTextError(
            f"{what} cannot be written in a batch file: its character {position} is a quote",
            help="Use another character there.",
        )
    return _double_percent(text)


def echo_text(text: str, *, what: str = "the text") -> str:
    """Quote `text` for the place after `echo` and a space. Raises CmdTextError as `set_value` does.

    Nothing, `on`, `off` and `/?` are orders to echo and not texts, and are refused too.
    """
    _require_representable(text, what)
    if _ECHO_OBEYS.fullmatch(text):
        raise CmdTextError(f"{what} is empty or a word that echo obeys", help="Write a sentence instead.")
    return _double_percent(_caret(text))


def argument(text: str, *, what: str = "the argument") -> str:
    """Quote `text` as one argument of a program that splits its command line as the C runtime does.

    For programs (`.exe`) only: a batch file called from a batch file would expand the percent signs a second time.
    Raises CmdTextError as `set_value` does.
    """
    _require_representable(text, what)
    if _NEEDS_NO_QUOTES.fullmatch(text):
        return text
    quoted = '"' + _BACKSLASHES_BEFORE_QUOTE.sub(r"\1\1", text).replace('"', '\\"') + '"'
    # Without quotes inside, cmd.exe and the C runtime agree on where the argument ends, and it stays readable.
    return _double_percent(_caret(quoted) if '"' in text else quoted)


def _caret(text: str) -> str:
    return _SPECIAL.sub(r"^\g<0>", text)


def _double_percent(text: str) -> str:
    return text.replace("%", "%%")


def _require_representable(text: str, what: str) -> None:
    if text.isascii() and text.isprintable():
        return
    for position, character in enumerate(text, start=1):
        if reason := _trouble(character):
            raise CmdTextError(
                f"{what} cannot be written in a batch file: its character {position} is {reason}",
                help="Use printable ASCII characters there.",
            )


def _trouble(character: str) -> str | None:
    if character in "\r\n":
        return "a line break, which ends the command"
    if character == "\0":
        return "a NUL, which ends the text"
    if not character.isascii():
        return "outside ASCII, and would change with the code page of the guest"
    return None if character.isprintable() else "a control character"
