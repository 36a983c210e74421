"""What people see: data on stdout, talk on stderr, and nothing secret on either."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from toolkit.errors import SpecError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.errors import ToolkitError
    from toolkit.problems import Problem

_STYLES = {"error": "31;1", "warning": "33;1", "help": "36", "good": "32;1"}
_NARROWEST = 40


def data(text: str) -> None:
    """Print a result. Raises UnreadableError where it cannot be written, such as on a full disk.

    A reader that leaves early has seen enough; the command goes on to its own end, for its files and its exit code.
    """
    if sys.stdout is None:
        raise UnreadableError("there is no stdout to write the result to", help="Send it to a file, or to a pipe.")
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as err:
        raise UnreadableError(
            f"the result cannot be written to stdout: {err.strerror}", help="Send it to a place with space left."
        ) from err


def write_any_character() -> None:
    """Escape on stdout what its encoding cannot hold, as Python does on stderr: a name must not end a command.

    A stderr that is closed loses what is said, and ends nothing either.
    """
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  (open to the end)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def data_json(value: Any) -> None:
    """Print a result for machines."""
    data(json.dumps(value, indent=2))


def say(text: str) -> None:
    """Tell the person in front of the terminal something. Where nobody can be told, nothing ends for it."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def _discard(stream: TextIO) -> None:
    """Send what else comes nowhere: Python would complain again when it flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def warn(message: str, *, help: str | None = None) -> None:  # noqa: A002  (the word users see)
    """Tell about something that does not stop us."""
    _finding("warning", message, help)


def show_problems(problems: Iterable[Problem]) -> None:
    """Show findings, each with its place first, so that editors and CI logs make a link of it."""
    for problem in problems:
        say(_wrapped(f"{problem.place}: {paint(problem.severity, problem.severity)}: {problem.message}"))
        if problem.help:
            say(_wrapped(f"{paint('help', 'help')}: {problem.help}", "    "))


def show_error(error: ToolkitError) -> None:
    """Show what ended the command: every problem first, then the one sentence, then what to do."""
    if isinstance(error, SpecError):
        show_problems(error.problems)
    _finding("error", error.message, error.help)


def _finding(severity: str, message: str, advice: str | None) -> None:
    say(_wrapped(f"{paint(severity, severity)}: {message}"))
    if advice:
        say(_wrapped(f"{paint('help', 'help')}: {advice}", "    "))


def paint(text: str, style: str, stream: TextIO | None = None) -> str:
    """Colour `text` where a terminal shows colours and nobody minds (https://no-color.org)."""
    if "NO_COLOR" in os.environ or not (stream or sys.stderr).isatty() or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{_STYLES.get(style, '0')}m{text}\x1b[0m"


def width() -> int:
    """Give the columns to write for: the terminal's; 100 where there is none."""
    return max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST)


def _wrapped(text: str, indent: str = "") -> str:
    """Break long lines on a terminal only: in a log, one finding is one line."""
    if not sys.stderr.isatty():
        return f"{indent}{text}"
    return textwrap.fill(
        text, width(), initial_indent=indent, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
