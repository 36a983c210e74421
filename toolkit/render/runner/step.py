"""A step of a phase on the guest: one batch line, and the files that it needs beside the runner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.files import NamedFile

FOLDER = r"%SystemRoot%\Setup\Scripts\unattend"
_LONGEST_NAME = 40
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class RunnerStep:
    """`name` goes into the log. `line` is a line of a batch file, in which `%HERE%` is the folder of `files`.

    After a `reboot` step Windows restarts; an `optional` one may fail.
    """

    name: str
    line: str
    files: tuple[NamedFile, ...] = ()
    reboot: bool = False
    optional: bool = False


def plain_name(text: str) -> str:
    """Reduce `text` to what no file system, command processor or log can take for something else."""
    stem, dot, suffix = text.rpartition(".")
    kept = _UNSAFE.sub("-", stem if dot else suffix).strip("-.")[:_LONGEST_NAME].rstrip("-.") or "x"
    return kept + (f".{_UNSAFE.sub('-', suffix)}" if dot else "")


def in_batch(line: str) -> str:
    """Write a line of an answer file, where a percent sign is single, as a line of a batch file."""
    return line.replace("%", "%%")
