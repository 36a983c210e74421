"""What the programs are set to work on: a spec, files to pack, a guest that answers."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.benchmarks.measuring import BenchmarkError, Cost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.benchmarks.measuring import Program

ROOT = Path(__file__).parents[2]
USER = "packeruser"
PASSWORD = "Benchmark-1"  # of a guest that only lives on loopback

_SPEC = f"""
[windows]
release = "10"
edition = "pro"

[communicator]
communicator = "winrm"
winrm_username = "{USER}"
winrm_password = "{PASSWORD}"
"""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def unattend(*arguments: str) -> tuple[str, ...]:
    return python("-m", "toolkit", *arguments)


def environment() -> dict[str, str]:
    """Let the checkout be found from any folder, and nothing of the developer's own be in the way.

    Python keeps its bytecode, as it does for whoever installs: it is not compiled anew at every start.
    """
    return {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": ""}


def write_spec(folder: Path) -> Path:
    path = folder / "unattend.toml"
    path.write_text(_SPEC, encoding="utf-8")
    return path


def write_files(folder: Path, *, folders: int, files_each: int, size: int) -> Path:
    """Fill a tree as drivers do, with bytes that no file system can leave out; the same at every call."""
    source = random.Random(1).randbytes(size + files_each)
    for number in range(folders):
        below = folder / f"vendor{number // 25:02}" / f"driver{number:03}"
        below.mkdir(parents=True)
        for index in range(files_each):
            (below / f"driver{index}.sys").write_bytes(source[index : index + size])
    return folder


def windows_iso(folder: Path) -> Path:
    """Make a Windows-like disc of 5 GB without a hole, from a process of its own, so that this one stays small."""
    made = (
        "import pathlib, sys; from tests.peers.test_windows_isos import five_gigabytes;"
        "five_gigabytes(pathlib.Path(sys.argv[1]))"
    )
    sparse = folder / "disc"
    sparse.mkdir()
    subprocess.run(python("-c", made, str(sparse)), cwd=ROOT, check=True, capture_output=True)
    dense = folder / "windows.iso"
    subprocess.run(("cp", "--sparse=never", str(sparse / "windows.iso"), str(dense)), check=True)
    return dense


@contextlib.contextmanager
def simulated_guest() -> Iterator[Address]:
    """Serve a guest from a process of its own while the block lasts."""
    process = subprocess.Popen(
        unattend("simulate", "-u", USER, "--password-stdin"),
        cwd=ROOT,
        env={**os.environ, **environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(f"{PASSWORD}\n")
            process.stdin.close()
            yield _address(process.stdout.readline())
        finally:
            process.terminate()


def _address(url: str) -> Address:
    parts = urlsplit(url.strip())
    if parts.hostname is None or parts.port is None:
        raise BenchmarkError("the simulated guest did not start: unattend simulate gave no address")
    return Address(parts.hostname, parts.port)


def quiet(folder: Path) -> dict[str, str]:
    """Keep Packer from calling home, and from any proxy and configuration of the developer's."""
    return {
        "CHECKPOINT_DISABLE": "1",
        "PACKER_CONFIG_DIR": str(folder),
        "HOME": str(folder),
        "NO_PROXY": "127.0.0.1",
    }


def packer_template(folder: Path, address: Address, upload: Path | None = None) -> Path:
    """Write a build that does nothing but connect, and upload a file where one is given."""
    builder = {
        "type": "null",
        "communicator": "winrm",
        "winrm_host": address.host,
        "winrm_port": address.port,
        "winrm_username": USER,
        "winrm_password": PASSWORD,
        "winrm_timeout": "30s",
    }
    uploading = {"type": "file", "source": str(upload), "destination": "C:/Windows/Temp/benchmark.bin"}
    path = folder / ("upload.json" if upload else "connect.json")
    path.write_text(
        json.dumps({"builders": [builder], "provisioners": [uploading] if upload else []}), encoding="utf-8"
    )
    return path


def told_by(program: Program) -> Cost:
    """Run a program that measures one piece of work, and give that."""
    (seconds,) = json.loads(output_of(program))
    return Cost(seconds)


def output_of(program: Program) -> str:
    """Run a program that measures itself, and give what it prints."""
    return subprocess.run(
        program.arguments,
        cwd=program.folder,
        env={**os.environ, **program.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
