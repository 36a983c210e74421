"""Running `unattend` as a user does: a process of its own, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Outcome:
    """What one run of the command left: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    def ends_with_a_message(self, code: int, *fragments: str) -> None:
        """Assert the exit code, that every fragment is said on stderr, and that no traceback is shown."""
        assert self.code == code, self.out + self.err
        assert "Traceback" not in self.err + self.out
        for fragment in fragments:
            assert fragment in self.err, self.err


class Unattend(Protocol):
    def __call__(self, *arguments: str | Path, stdin: str | None = ..., **environment: str) -> Outcome: ...


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def unattend(folder: Path) -> Unattend:
    """Run a command line in `folder`, without a terminal."""

    def run(*arguments: str | Path, stdin: str | None = None, **environment: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", "toolkit", *map(str, arguments)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", **environment},
            input=stdin if stdin is not None else "",
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def spec(folder: Path) -> Path:
    """Write a small good spec as ./unattend.toml."""
    path = folder / "unattend.toml"
    path.write_text(
        '[windows]\nrelease = "server-2022"\n[computer]\nname = "sim"\n[communicator]\ncommunicator = "winrm"\n'
        'winrm_username = "packeruser"\nwinrm_password = "SecretPassword"\n',
        encoding="utf-8",
    )
    return path
