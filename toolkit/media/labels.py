"""Volume labels: what Windows shows beside the drive letter, and what cidata and config drives are found by."""

from __future__ import annotations

import re

from toolkit.problems import Place, Problem, Severity

FLOPPY_LABEL = 11
ISO_LABEL = 16  # in Joliet, which stores two bytes for each of them in a field of 32

_FLOPPY = re.compile(r"[A-Za-z0-9_-]+(?: +[A-Za-z0-9_-]+)*")
_ISO = re.compile(r"[A-Za-z0-9_.-]+(?: +[A-Za-z0-9_.-]+)*")


def floppy_label_problems(label: str) -> tuple[Problem, ...]:
    """An empty label is none. Lower case is stored as upper case, as Windows does."""
    return _problems(
        label, _FLOPPY, FLOPPY_LABEL, "A FAT label has at most 11 characters: A-Z, 0-9, _, - and inner spaces."
    )


def iso_label_problems(label: str) -> tuple[Problem, ...]:
    """An empty label is none. Lower case is kept: cidata and config-2 are spelled so."""
    return _problems(
        label, _ISO, ISO_LABEL, "An ISO's label has at most 16 characters: A-Z, a-z, 0-9, _, -, . and inner spaces."
    )


def _problems(label: str, allowed: re.Pattern[str], length: int, hint: str) -> tuple[Problem, ...]:
    if not label or (len(label) <= length and allowed.fullmatch(label)):
        return ()
    found = f"has {len(label)} characters" if len(label) > length else "holds characters that cannot be in it"
    return (Problem("label", Severity.ERROR, f"the label {label!a} {found}", Place("label"), hint),)
