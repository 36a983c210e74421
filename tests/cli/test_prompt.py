"""A password that is asked for, typed on a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Unattend

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals to open")
# getpass asks on the session's own terminal.
_BEGIN = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from toolkit.cli import main; main()"
ASKED = ("generate", "--set", "communicator.winrm_password={ prompt = true }")


def _typing(folder: Path, keys: bytes) -> tuple[int, str]:
    """Run the command on a terminal of its own, and type `keys` once it asks."""
    import pty  # noqa: PLC0415  (no such module on Windows)

    ours, theirs = pty.openpty()
    with os.fdopen(ours, "r+b", buffering=0) as terminal:
        process = subprocess.Popen(
            [sys.executable, "-c", _BEGIN, *ASKED],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONUTF8": "1"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        shown = b""
        try:
            while chunk := terminal.read(4096):
                shown += chunk
                if keys and shown.endswith(b"winrm_password: "):
                    terminal.write(keys)
                    keys = b""
        except OSError:  # how Linux says that nobody has the terminal any more
            pass
        return process.wait(timeout=60), shown.decode()


def test_what_is_typed_is_the_password_and_is_not_shown(unattend: Unattend, folder: Path) -> None:
    unattend("init")
    code, shown = _typing(folder, "pässwörd-hunter2\n".encode())
    assert code == 0
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("keys", "message"),
    [(b"\x04", "nothing was typed"), (b"hunter2\xfc\n", "what was typed is not UTF-8"), (b"\n", "is empty")],
)
def test_what_is_no_password_ends_with_a_message(unattend: Unattend, folder: Path, keys: bytes, message: str) -> None:
    unattend("init")
    code, shown = _typing(folder, keys)
    assert code == 2
    assert message in shown
    assert "Traceback" not in shown
    assert "hunter2" not in shown
