"""Files travel both ways and arrive as they were, whatever they are called.

The digest (SHA-256) is taken on both sides. The names are those that clients stumble over: blanks, percent signs,
apostrophes, brackets, letters beyond ASCII.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import uuid
from typing import TYPE_CHECKING

from toolkit.communicators.errors import CommunicatorError, TransferError
from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, error, warning
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.verify.wanted import Wanted

NAMES = ("plain.bin", "with blank.bin", "100% it's [odd].bin", "Grüße 世界.bin")
_FOLDER = r"C:\Windows\Temp\unattend-verify"
# Every byte, and line ends of every kind; more than one line of base64.
CONTENT = bytes(range(256)) * 16 + b"\r\n\n\r\x00\x1a"


@dataclass(frozen=True, slots=True)
class FilesBack:
    """The names that arrived unchanged, and those that did not, with what was said about them.

    `left` is the folder that could not be removed again, empty where nothing of ours is left in the guest.
    """

    intact: tuple[str, ...]
    broken: tuple[str, ...]
    sha256: str
    left: str = ""


def _ask(bench: Bench) -> FilesBack:
    folder = f"{_FOLDER}-{uuid.uuid4().hex[:8]}"
    try:
        troubles = {name: _round_trip(bench, f"{folder}\\{name}") for name in NAMES}
    except CommunicatorError:
        # What went wrong is told by this error; that the folder cannot be removed either would only hide it.
        with contextlib.suppress(CommunicatorError):
            _removed(bench, folder)
        raise
    intact = tuple(name for name, trouble in troubles.items() if trouble is None)
    broken = tuple(f"{name}: {trouble}" for name, trouble in troubles.items() if trouble is not None)
    gone = _removed(bench, folder) or not intact  # a folder that no file reached was never made
    return FilesBack(intact, broken, hashlib.sha256(CONTENT).hexdigest(), "" if gone else folder)


def _removed(bench: Bench, folder: str) -> bool:
    # rmdir never sets ERRORLEVEL, so that the shell ends with 0 whatever happened; `||` sees what it returned (Wine's
    # tests of cmd's own commands; stackoverflow.com, "batch: Exit code for "rd" is 0 on error as well").
    return bench.communicator.run(f'rmdir /s /q "{folder}" || exit /b 1').exit_code == 0


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
    broken = (error(_changed(facts.broken)),) if facts.broken else ()
    left = (warning(_left(facts.left)),) if facts.left else ()
    return (*broken, *left)


def _changed(broken: tuple[str, ...]) -> Failure:
    return Failure(
        Rung.RUN,
        "files-changed",
        Verdict.FATAL,
        "Files do not travel to the guest and back unchanged.",
        broken,
        causes=("The disk is full or may not be written.", "A virus scanner holds the file."),
        in_guest=("dir C:\\Windows\\Temp", "fsutil volume diskfree C:"),
    )


def _left(folder: str) -> Failure:
    return Failure(
        Rung.RUN,
        "files-left",
        Verdict.SUSPICIOUS,
        f"This check's own folder could not be removed from the guest: {folder}",
        causes=("A virus scanner holds a file in it.",),
        in_guest=(f'rmdir /s /q "{folder}"',),
        in_powershell=(f"Remove-Item -Recurse -Force '{folder}'",),
    )


CHECK = Question("files", ("powershell",), _ask, _tell, _judge)
