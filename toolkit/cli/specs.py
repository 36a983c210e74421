"""From the command line's idea of a spec to a Guest: where it is, what is laid over it, where secrets come from."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.cli import console
from toolkit.errors import UnreadableError, UsageError
from toolkit.numbers import unsigned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolkit.spec.guest import Guest
    from toolkit.spec.load import Loaded

DEFAULT = Path("unattend.toml")
STDIN = Path("-")
_MOST_DIGITS = 20  # of a moment in seconds
_SHOWN = 40


def found(spec: Path | None) -> Path:
    """Give the spec to use: the one named, else ./unattend.toml. Without either, say how to get one."""
    if spec is None and not DEFAULT.exists():
        raise UnreadableError(
            "there is no unattend.toml in this folder",
            help="Write one with `unattend init`, or name one that is elsewhere: path/to/unattend.toml.",
        )
    return spec or DEFAULT


def output_folder(spec: Path, output: Path | None) -> Path:
    """Give the folder for everything generated: the one named, else `build` beside the spec."""
    if output is not None:
        return output
    return Path("build") if spec == STDIN else spec.parent / "build"


def guest_of(
    spec: Path, settings: Sequence[str], output: Path, *, may_make: bool = True, iso: Path | None = None
) -> Guest:
    """Load the guest that `spec` describes, showing warnings. Raises SpecError with every error found.

    With `iso`, the guest is fitted to the Windows that this medium holds.
    """
    from toolkit.spec.document import read_document
    from toolkit.spec.load import load_guest
    from toolkit.spec.secrets import Vault

    text = stdin_text() if spec == STDIN else None
    vault = Vault(os.environ, asking(), output, may_make=may_make)
    document = read_document(spec, settings, stdin=text)
    if iso is None:
        return _told(load_guest(document, vault))
    from toolkit.cli.fitting import completed, fitted, holding_of

    windows = holding_of(iso)
    return fitted(_told(load_guest(completed(document, windows), vault)), windows)


def _told(loaded: Loaded) -> Guest:
    console.show_problems(loaded.warnings)
    return loaded.guest


def stdin_text() -> str:
    """Read the spec that stands on stdin."""
    from toolkit.spec.document import read_stream

    if sys.stdin is None:
        raise UnreadableError("there is no stdin to read a spec from", help="Pipe a spec in, or name its file.")
    return read_stream(sys.stdin.buffer)


def source_date(environment: dict[str, str] | os._Environ[str]) -> int | None:
    """Read SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/): seconds, or None."""
    text = environment.get("SOURCE_DATE_EPOCH")
    if text is None or not text.strip():
        return None
    moment = unsigned(text.strip(), _MOST_DIGITS)
    if moment is None:
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
        raise UsageError(
            f'SOURCE_DATE_EPOCH is "{shown}", which is not a number of seconds', help="Unset it, or mend it."
        )
    return moment


def asking() -> Callable[[str], str] | None:
    """Give the way to ask for a secret, None where there is nobody to ask."""
    if sys.stdin is None or not sys.stdin.isatty():
        return None
    from toolkit.cli.passwords import typed

    return typed
