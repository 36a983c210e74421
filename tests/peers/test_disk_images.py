"""Disk images that we write, read by the programs that others trust."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.media.trees import TYPICAL
from tests.peers.test_media_readers import COLLIDING, LONG, NESTED, UNICODE, by_name, under
from toolkit.files import NamedFile
from toolkit.media.inspection import inspect
from toolkit.media.pack import Medium, pack
from toolkit.media.partition import partitions

if TYPE_CHECKING:
    from pathlib import Path

ALL = (*TYPICAL, *NESTED[2:], *LONG[:5], *UNICODE, *COLLIDING, NamedFile("large.bin", bytes(range(251)) * 90_000))
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "MTOOLSRC": os.devnull}
START = "1M"


def run(*command: str | Path) -> str:
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout.decode()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return pack(ALL, tmp_path / "x.vhd", Medium.VHD, label="UNATTEND").path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.mark.peer(name="dosfstools", program="fsck.fat")
def test_fsck_finds_nothing_wrong_with_the_volume(disk: Path, tmp_path: Path) -> None:
    with disk.open("rb") as stream:
        ((_, extent),) = partitions(stream)
        stream.seek(extent.offset)
        (tmp_path / "volume").write_bytes(stream.read(extent.size))
    told = run("fsck.fat", "-n", "-v", tmp_path / "volume").replace(str(tmp_path), "")
    complaints = ("differ", "orphan", "Bad", "bad", "wrong", "dirty", "Dirty", "free", "lost", "Truncat")
    assert not any(word in told for word in complaints), told
    assert "16 bit entries" in told
    assert "2048 hidden sectors" in told


@pytest.mark.peer(name="mtools", program=("mcopy", "mdir"))
def test_mtools_copies_every_byte_off_the_disk(disk: Path, out: Path) -> None:
    run("mcopy", "-s", "-n", "-i", f"{disk}@@{START}", "::*", out)
    assert under(out) == by_name(ALL)
    assert "is UNATTEND" in run("mdir", "-i", f"{disk}@@{START}", "::")


@pytest.mark.peer(name="7-Zip", program="7z")
def test_7zip_finds_the_volume_in_the_disk_and_extracts_every_byte(disk: Path, tmp_path: Path, out: Path) -> None:
    told = run("7z", "l", "-slt", disk)
    assert "Type = VHD" in told
    assert "Type = FAT" in told
    run("7z", "x", "-y", f"-o{out}", disk)
    assert under(out) == by_name(ALL)


@pytest.mark.peer(name="qemu-img", program="qemu-img")
def test_qemu_opens_the_disk_and_sees_the_whole_partition(disk: Path, tmp_path: Path) -> None:
    assert "file format: vpc" in run("qemu-img", "info", "-f", "vpc", disk)
    run("qemu-img", "convert", "-f", "vpc", "-O", "raw", disk, tmp_path / "raw")
    with disk.open("rb") as ours, (tmp_path / "raw").open("rb") as theirs:
        assert list(partitions(theirs)) == list(partitions(ours)) != []
        end = theirs.seek(0, 2)
        ours.seek(0)
        theirs.seek(0)
        assert ours.read(end) == theirs.read()


@pytest.mark.peer(name="qemu-img", program="qemu-img")
def test_a_disk_of_qemu_is_inspected(tmp_path: Path, disk: Path) -> None:
    """Convert ours there and back, such that the footer is theirs."""
    run("qemu-img", "convert", "-f", "vpc", "-O", "raw", disk, tmp_path / "raw")
    run("qemu-img", "convert", "-f", "raw", "-O", "vpc", "-o", "subformat=fixed", tmp_path / "raw", tmp_path / "b.vhd")
    found = inspect(tmp_path / "b.vhd")
    assert (found.kind, len(found.files)) == ("vhd", len(ALL))
    run("qemu-img", "convert", "-f", "raw", "-O", "vpc", tmp_path / "raw", tmp_path / "c.vhd")
    assert inspect(tmp_path / "c.vhd").words == "a VHD disk image of variable size"
