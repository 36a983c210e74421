"""Files travel both ways and arrive as they were, whatever they are called.

The digest (SHA-256) is taken on both sides. The names are those that clients stumble over: blanks, percent signs,
apostrophes, brackets, letters beyond ASCII.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.communicators.errors import TransferError
from toolkit.verify.checks.check import Bench, Finding, Question, error
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted

NAMES = ("plain.bin", "with blank.bin", "100% it's [odd].bin", "Grüße 世界.bin")
_FOLDER = r"C:\Windows\Temp\unattend-verify"
# Every byte, and line ends of every kind; more than one line of base64.
CONTENT = bytes(range(256)) * 16 + b"\r\n\n\r\x00\x1a"


@dataclass(frozen=True, slots=True)
class FilesBack:
    """The names that arrived unchanged, and those that did not, with what was said about them."""

    intact: tuple[str, ...]
    broken: tuple[str, ...]
    sha256: str


def _ask(bench: Bench) -> FilesBack:
    folder = f"{_FOLDER}-{uuid.uuid4().hex[:8]}"
    intact, broken = [], []
    try:
        for name in NAMES:
            trouble = _round_trip(bench, f"{folder}\\{name}")
            if trouble is None:
                intact.append(name)
            else:
                broken.append(f"{name}: {trouble}")
    finally:
        bench.communicator.run(f'rmdir /s /q "{folder}"')
    return FilesBack(tuple(intact), tuple(broken), hashlib.sha256(CONTENT).hexdigest())


def _round_trip(bench: Bench, path: str) -> str | None:
    back = io.BytesIO()
    try:
        bench.communicator.upload(io.BytesIO(CONTENT), path)
        bench.communicator.download(path, back)
    except TransferError as err:
        return err.message
    return None if back.getvalue() == CONTENT else f"{len(back.getvalue())} bytes came back, and not the same"


def _tell(facts: FilesBack) -> str:
    return f"{len(facts.intact)} of {len(facts.intact) + len(facts.broken)} files came back unchanged"


def _judge(facts: FilesBack, _wanted: Wanted) -> tuple[Finding, ...]:
    if not facts.broken:
        return ()
    return (
        error(
            Failure(
                Rung.RUN,
                "files-changed",
                Verdict.FATAL,
                "Files do not travel to the guest and back unchanged.",
                facts.broken,
                causes=("The disk is full or may not be written.", "A virus scanner holds the file."),
                in_guest=("dir C:\\Windows\\Temp", "fsutil volume diskfree C:"),
            )
        ),
    )


CHECK = Question("files", ("powershell",), _ask, _tell, _judge)
