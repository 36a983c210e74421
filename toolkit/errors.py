"""The base of every error that a user can cause or meet, and the exit codes it ends in."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.problems import Problem


class ExitCode(IntEnum):
    """What the process says when it ends. 10 to 20 name the rung at which verification stood."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNREADABLE = 3
    NAME = 10
    TCP = 11
    TLS = 12
    CERTIFICATE = 13
    NOT_WINRM = 14
    AUTHENTICATION = 15
    AUTHORISATION = 16
    RUN = 17
    QUOTA = 18
    PHASE = 19
    POSTURE = 20
    INTERRUPTED = 130


class ToolkitError(Exception):
    """Something a user can act on: what happened, what to do about it, and the exit code.

    `message` is one sentence in the user's words; `help` is the fix, shown on its own line.
    """

    code: ExitCode = ExitCode.USAGE

    def __init__(self, message: str, *, help: str | None = None, code: ExitCode | None = None) -> None:  # noqa: A002  (the word users see)
        super().__init__(message)
        self.message = message
        self.help = help
        if code is not None:
            self.code = code


class UsageError(ToolkitError):
    """The command line asks for something that cannot be."""


class SpecError(ToolkitError):
    """The spec is not one we can build from. Holds every problem found, not only the first."""

    def __init__(self, message: str, problems: Sequence[Problem] = (), *, help: str | None = None) -> None:  # noqa: A002
        super().__init__(message, help=help)
        self.problems = tuple(problems)


class UnreadableError(ToolkitError):
    """A file or a medium cannot be read or written."""

    code = ExitCode.UNREADABLE
