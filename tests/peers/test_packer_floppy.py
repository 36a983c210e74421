"""The floppy that Packer's qemu builder makes of some files, beside ours of the same, read by the same programs.

A floppy exists while its build runs, and is given to QEMU by name: what the template names as `qemu_binary` copies it
and then starts the real QEMU, with the accelerator that every host has.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from toolkit.files import NamedFile
from toolkit.media.content import MediaFile
from toolkit.media.pack import Medium, contents, pack

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

pytestmark = pytest.mark.peer(
    name="Packer with QEMU, beside mtools, dosfstools and 7-Zip",
    program=("packer", "qemu-system-x86_64", "qemu-img", "mcopy", "minfo", "fsck.fat", "7z"),
)

FILES = (
    NamedFile("Autounattend.xml", b"<?xml version='1.0'?>" + b"<x/>" * 2000),
    NamedFile("winrmConfig.bat", b"@echo off\r\n" * 6000),
    NamedFile("a rather long name for a file.txt", b"long"),
    NamedFile("drivers/netkvm.inf", b"[Version]\r\n" * 99),
    NamedFile("drivers/amd64/netkvm.sys", bytes(range(256)) * 200),
    NamedFile("drivers/amd64/a second and longer name.cat", b"cat"),
)
EMPTY = NamedFile("empty.txt", b"")

_STAND_IN = """#!{python}
import os, shutil, sys
if "-fda" in sys.argv:
    shutil.copy(sys.argv[sys.argv.index("-fda") + 1], {copy!r})
os.execvp("qemu-system-x86_64", ["qemu-system-x86_64", *sys.argv[1:]])
"""

# minfo's lines that a guest goes by: how the disk is divided, and where everything begins.
_SHAPE = re.compile(
    r"(?m)^(?:sectors per track|heads|cylinders|media byte|sector size|cluster size|reserved \(boot\).*"
    r"|fats|max available root.*|small size|sectors per fat|hidden sectors|disk type).*$"
)


@dataclass(frozen=True)
class Floppies:
    theirs: Path
    ours: Path


@pytest.fixture(scope="module")
def floppies(tmp_path_factory: pytest.TempPathFactory) -> Floppies:
    return both(FILES, tmp_path_factory.mktemp("floppies"))


def both(files: Iterable[NamedFile], folder: Path) -> Floppies:
    source = folder / "files"
    for file in files:
        (source / file.name).parent.mkdir(parents=True, exist_ok=True)
        (source / file.name).write_bytes(file.data)
    given = [MediaFile(file.name, source / file.name) for file in files]
    ours = pack(given, folder / "ours.img", Medium.FLOPPY).path
    theirs = folder / "theirs.img"
    told = build(source, theirs)
    assert theirs.is_file(), told
    return Floppies(theirs, ours)


def build(source: Path, copy: Path) -> str:
    """Run a build that boots a blank disc and is over when that does not shut down; give what it says."""
    folder = source.parent
    (folder / "blank.iso").write_bytes(bytes(1 << 20))
    binary = folder / "qemu"
    binary.write_text(_STAND_IN.format(python=sys.executable, copy=str(copy)), encoding="utf-8")
    binary.chmod(0o755)
    template = folder / "floppy.json"
    template.write_text(json.dumps({"builders": [builder(source, binary)]}), encoding="utf-8")
    scratch = folder / "scratch"
    scratch.mkdir()
    ours = {"HOME": str(scratch), "PACKER_CONFIG_DIR": str(scratch), "TMPDIR": str(scratch), "CHECKPOINT_DISABLE": "1"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PACKER_")}
    command = ["packer", "build", "-color=false", str(template)]
    done = subprocess.run(
        command, cwd=folder, env={**environment, **ours}, capture_output=True, text=True, check=False, timeout=90
    )
    assert "Failed to shutdown" in done.stdout + done.stderr, done.stdout + done.stderr
    return done.stdout + done.stderr


def builder(source: Path, binary: Path) -> dict[str, object]:
    folder = source.parent
    return {
        "type": "qemu",
        "qemu_binary": str(binary),
        "accelerator": "tcg",
        "headless": True,
        "iso_url": str(folder / "blank.iso"),
        "iso_checksum": "none",
        "communicator": "none",
        "disk_size": "1M",
        "memory": 64,
        "output_directory": str(folder / "out"),
        "boot_wait": "1s",
        "shutdown_timeout": "1s",
        "floppy_files": [str(path) for path in sorted(source.iterdir()) if path.is_file()],
        "floppy_dirs": [str(path) for path in sorted(source.iterdir()) if path.is_dir()],
    }


def run(*command: str | Path, codes: Iterable[int] = (0,)) -> str:
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MTOOLS_SKIP_CHECK": "1", "MTOOLSRC": os.devnull}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in codes, (command, done.stdout, done.stderr)
    return done.stdout


def under(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def copied_off(image: Path, folder: Path) -> dict[str, bytes]:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    run("mcopy", "-s", "-n", "-i", image, "::*", folder)
    return under(folder)


def unpacked(image: Path, folder: Path) -> dict[str, bytes]:
    run("7z", "x", "-y", f"-o{folder}", image)
    return under(folder)


def in_lower_case(files: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out what Packer loses: names that fit 8.3 it writes in capitals, without a long one (packer issue 9961)."""
    return {name.lower(): data for name, data in files.items()}


def test_mtools_copies_the_same_files_off_either_floppy(floppies: Floppies, tmp_path: Path) -> None:
    theirs, ours = (copied_off(image, tmp_path / "out") for image in (floppies.theirs, floppies.ours))
    assert in_lower_case(theirs) == in_lower_case(ours)
    assert ours == {file.name: file.data for file in FILES}


def test_7zip_unpacks_the_same_files_from_either_floppy(floppies: Floppies, tmp_path: Path) -> None:
    theirs, ours = unpacked(floppies.theirs, tmp_path / "theirs"), unpacked(floppies.ours, tmp_path / "ours")
    assert in_lower_case(theirs) == in_lower_case(ours)
    assert ours == {file.name: file.data for file in FILES}
    assert theirs.keys() - ours.keys() == {"DRIVERS/NETKVM.INF", "DRIVERS/AMD64/NETKVM.SYS",
                                           "DRIVERS/AMD64/a second and longer name.cat"}  # fmt: skip


def test_we_read_packers_floppy_as_others_do(floppies: Floppies, tmp_path: Path) -> None:
    assert {file.name: file.data for file in contents(floppies.theirs)} == unpacked(floppies.theirs, tmp_path / "out")


def test_both_floppies_have_the_same_shape(floppies: Floppies) -> None:
    theirs, ours = (_SHAPE.findall(run("minfo", "-i", image, "::")) for image in (floppies.theirs, floppies.ours))
    assert theirs == ours
    assert len(ours) > 10


def test_fsck_has_nothing_to_say_of_ours_where_it_mends_packers(tmp_path: Path) -> None:
    """Packer gives an empty file a cluster, and writes its label in two ways. Windows bears with both."""
    floppies = both((*FILES, EMPTY), tmp_path)
    theirs = run("fsck.fat", "-n", floppies.theirs, codes=[1])
    assert "cluster chain length is > 0" in theirs
    assert "label" in theirs
    assert "EMPTY" not in run("fsck.fat", "-n", floppies.ours)
    assert copied_off(floppies.ours, tmp_path / "out")["empty.txt"] == b""


def test_packers_floppy_depends_on_the_time_of_day_and_ours_does_not(floppies: Floppies, tmp_path: Path) -> None:
    again = both(FILES, tmp_path)
    assert again.ours.read_bytes() == floppies.ours.read_bytes()
    assert again.theirs.read_bytes() != floppies.theirs.read_bytes()
