"""Where a password may come from on the command line: never a flag's value, which every user of a machine can read."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from toolkit.cli import console
from toolkit.cli.options import path_option
from toolkit.errors import UsageError
from toolkit.secret import Secret, first_line, line_from

VARIABLE = "UNATTEND_WINRM_PASSWORD"

PasswordFile: TypeAlias = Annotated[
    Path | None,
    path_option("--password-file", metavar="FILE", help="Read the password from the file's first line."),
]
PasswordStdin: TypeAlias = Annotated[bool, typer.Option("--password-stdin", help="Read the password from stdin.")]


def given(file: Path | None, from_stdin: bool) -> Secret | None:
    """Give the password from --password-file, --password-stdin or the environment, in this order; None without any."""
    if file is not None and from_stdin:
        raise UsageError("--password-file and --password-stdin exclude each other")
    if file is not None:
        return _checked(first_line(file), str(file))
    if from_stdin:
        return _checked(_from_stdin(), "stdin")
    value = os.environ.get(VARIABLE)
    return _checked(value, VARIABLE) if value is not None else None


def _from_stdin() -> str:
    if sys.stdin is None:
        raise UsageError("there is no stdin to read a password from", help=f"Set {VARIABLE}, or use --password-file.")
    return line_from(sys.stdin.buffer, "what stdin gives")


def asked(username: str) -> Secret:
    """Ask for the password where there is a terminal; say what to do where there is none."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError(
            f'there is no password for "{username}", and no terminal to ask on',
            help=f"Set {VARIABLE}, or use --password-file or --password-stdin.",
        )
    return _checked(typed(f"Password for {username}: "), "the prompt")


def typed(prompt: str) -> str:
    """Ask on the terminal. Raises UsageError where what comes from there is no text."""
    try:
        return getpass.getpass(prompt)
    except EOFError as err:
        console.say("")  # getpass ended no line
        raise UsageError("nothing was typed", help="Run it again, and type the password.") from err
    except UnicodeDecodeError as err:
        console.say("")
        message = f"what was typed is not {err.encoding.upper()}, which this terminal is said to use"
        raise UsageError(message, help="Correct the locale, or put the password into a file.") from err


def _checked(value: str, source: str) -> Secret:
    if not value:
        raise UsageError(f"the password from {source} is empty", help="Windows lets nobody in with an empty password.")
    return Secret(value)
