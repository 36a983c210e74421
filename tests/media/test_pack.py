from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.media.trees import BRIDGED, TYPICAL
from toolkit.errors import ToolkitError, UnreadableError, UsageError
from toolkit.files import NamedFile
from toolkit.media.pack import FloppySize, MediaFile, Medium, contents, pack
from toolkit.media.refusal import MediumError

if TYPE_CHECKING:
    from pathlib import Path

EVERY_MEDIUM = pytest.mark.parametrize("medium", Medium)
NOT_ON_WINDOWS = pytest.mark.skipif(os.name == "nt", reason="POSIX signals and limits")


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def only(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder / "image"


@EVERY_MEDIUM
def test_a_packed_medium_holds_what_was_given(medium: Medium, target: Path) -> None:
    packed = pack(TYPICAL, target, medium, label="UNATTEND")
    files = sorted(TYPICAL, key=lambda file: file.name)
    assert list(contents(target)) == files
    assert [(file.name, file.size, file.sha256) for file in packed.files] == [
        (file.name, len(file.data), file.sha256) for file in files
    ]
    assert (packed.path, packed.medium) == (target, medium)
    assert (packed.size, packed.sha256) == (target.stat().st_size, digest(target.read_bytes()))
    assert only(target.parent) == ["image"]


def test_a_packed_medium_tells_its_file_systems(target: Path) -> None:
    told = [pack(TYPICAL, target, medium).file_systems for medium in (Medium.FLOPPY, Medium.VHD, Medium.ISO)]
    assert told == [("FAT12",), ("FAT16",), ("ISO9660", "Joliet")]


def test_an_iso_with_names_too_long_for_joliet_is_read_back_by_udf(target: Path) -> None:
    long = NamedFile("n" * 90 + ".inf", b"long")
    packed = pack([*TYPICAL, long], target, Medium.ISO)
    assert packed.file_systems == ("ISO9660", "Joliet", "UDF")
    assert packed.stand_ins == {long.name: "n" * 60 + ".inf"}
    assert long in contents(target)


@EVERY_MEDIUM
def test_files_on_the_disk_give_the_same_image_as_files_in_memory(medium: Medium, tmp_path: Path, target: Path) -> None:
    on_disk = []
    for number, file in enumerate(TYPICAL):
        path = tmp_path / f"source-{number}"
        path.write_bytes(file.data)
        os.utime(path, (number, number))
        on_disk.append(MediaFile(file.name, path))
    assert pack(on_disk, target, medium).sha256 == pack(TYPICAL, target, medium).sha256


def test_the_size_of_a_floppy_can_be_chosen(target: Path) -> None:
    assert pack(TYPICAL, target, Medium.FLOPPY, floppy_size=FloppySize.KIB_2880).size == 2880 * 1024


@EVERY_MEDIUM
def test_progress_counts_every_byte_twice_once_written_and_once_read_back(medium: Medium, target: Path) -> None:
    told: list[tuple[int, int]] = []
    pack(
        [NamedFile("a", bytes(1000)), NamedFile("b", bytes(200))], target, medium, progress=lambda *at: told.append(at)
    )
    assert [done for done, _ in told] == [1000, 1200, 2200, 2400]
    assert {total for _, total in told} == {2400}


@EVERY_MEDIUM
def test_an_image_never_replaces_one_of_its_inputs(medium: Medium, target: Path, tmp_path: Path) -> None:
    target.write_bytes(b"a driver")
    (tmp_path / "other").write_bytes(b"x")
    link = tmp_path / "link"
    link.symlink_to(target)
    for source in (target, link, target.parent / ".." / "out" / "image"):
        with pytest.raises(UsageError, match=r"one of the files to be packed \(me\)"):
            pack([MediaFile("you", tmp_path / "other"), MediaFile("me", source)], target, medium)
    assert target.read_bytes() == b"a driver"


@EVERY_MEDIUM
def test_a_source_that_changes_keeps_the_old_image(medium: Medium, target: Path, tmp_path: Path) -> None:
    target.write_bytes(b"old")
    source = tmp_path / "driver.sys"
    source.write_bytes(bytes(1_300_000))

    def change(done: int, total: int) -> None:
        with source.open("ab") as stream:
            stream.write(b"!")

    with pytest.raises(UnreadableError, match=r"driver\.sys changed"):
        pack([MediaFile("x", source)], target, medium, progress=change)
    assert target.read_bytes() == b"old"
    assert only(target.parent) == ["image"]


@EVERY_MEDIUM
def test_an_image_that_does_not_read_back_is_thrown_away(medium: Medium, target: Path) -> None:
    """As a failing disk would, spoil the second file between the reading back of the first and its own."""
    marker = b"the very bytes that go bad"
    files = [NamedFile("A", bytes(3_000)), NamedFile("B", bytes(70_000) + marker)]

    def spoil(done: int, total: int) -> None:
        if done == total // 2 + 3_000:
            (part,) = (path for path in target.parent.iterdir() if path.suffix == ".part")
            with part.open("r+b") as stream:
                stream.seek(part.read_bytes().index(marker))
                stream.write(b"X")

    with pytest.raises(UnreadableError, match="'B' does not read back"):
        pack(files, target, medium, progress=spoil)
    assert only(target.parent) == []


@EVERY_MEDIUM
def test_bad_names_are_refused_and_nothing_is_written(medium: Medium, target: Path) -> None:
    with pytest.raises(MediumError) as caught:
        pack([NamedFile("con", b""), NamedFile("a", b""), NamedFile("A", b"")], target, medium, label="*")
    assert [problem.rule for problem in caught.value.problems] == ["label", "name-reserved", "name-clash"]
    assert only(target.parent) == []


def test_a_floppy_that_overflows_leaves_nothing(target: Path) -> None:
    with pytest.raises(MediumError, match="bytes too many"):
        pack([NamedFile("a", bytes(2_000_000))], target, Medium.FLOPPY)
    assert only(target.parent) == []


def test_nothing_to_pack_is_an_error(target: Path) -> None:
    with pytest.raises(UsageError, match="nothing to pack"):
        pack([], target, Medium.ISO)


def test_a_folder_is_no_target(target: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        pack(TYPICAL, target.parent, Medium.ISO)


def test_a_target_in_no_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="cannot be written"):
        pack(TYPICAL, tmp_path / "none" / "x.iso", Medium.ISO)


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from toolkit.errors import ToolkitError
from toolkit.files import NamedFile
from toolkit.media.pack import Medium, pack
import pycdlib
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
try:
    pack([NamedFile("a", bytes(900_000))], Path(sys.argv[1]), Medium(sys.argv[2]))
except ToolkitError as err:
    sys.exit(err.message)
"""


@NOT_ON_WINDOWS
@EVERY_MEDIUM
def test_a_full_disk_leaves_the_old_image_and_no_temporary(medium: Medium, target: Path) -> None:
    target.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, target, medium], capture_output=True, text=True, check=False
    )
    assert "image cannot be written: File too large" in done.stderr
    assert "Traceback" not in done.stderr
    assert target.read_bytes() == b"old"
    assert only(target.parent) == ["image"]


INTERRUPTED = """
import sys, time
from pathlib import Path
from toolkit.files import NamedFile
from toolkit.media.pack import Medium, pack
def wait(done, total):
    print("writing", flush=True)
    time.sleep(60)
pack([NamedFile("a", bytes(900_000))], Path(sys.argv[1]), Medium(sys.argv[2]), progress=wait)
"""


@NOT_ON_WINDOWS
@EVERY_MEDIUM
def test_ctrl_c_leaves_the_old_image_and_no_temporary(medium: Medium, target: Path) -> None:
    target.write_bytes(b"old")
    command = [sys.executable, "-c", INTERRUPTED, str(target), medium]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "writing\n"
        assert len(only(target.parent)) == 2
        child.send_signal(signal.SIGINT)
        child.wait(timeout=20)
    assert target.read_bytes() == b"old"
    assert only(target.parent) == ["image"]


@EVERY_MEDIUM
def test_a_medium_is_told_by_its_bytes_not_by_its_name(medium: Medium, target: Path) -> None:
    misnamed = target.with_suffix(".img" if medium is Medium.ISO else ".iso")
    pack(TYPICAL, misnamed, medium)
    assert len(contents(misnamed)) == len(TYPICAL)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty file"),
        (b"\x1f\x8b\x08\0rest", "a gzip file"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"MSWIM\0\0\0" + bytes(200), "a WIM image"),
        (b"<?xml version='1.0'?>", "an XML document"),
        (b"@echo off\r\n", "a text file"),
        ("gr\u00fc\u00df".encode() * 300, "a text file"),
        ("@echo off".encode("utf-16"), "a text file"),
        (bytes(4096), "a blank image"),
        (bytes(510) + b"\x55\xaa" + bytes(100), "a disk image"),
        (bytes(0x8001) + b"BEA01", "a UDF disc without ISO9660"),
        (b"\x80\x81\x82", "no image that is known here"),
    ],
)
def test_what_is_no_medium_is_called_what_it_looks_like(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "x.iso"
    path.write_bytes(data)
    with pytest.raises(UnreadableError, match=rf"x\.iso is neither a floppy nor an ISO: it looks like {words}$"):
        contents(path)


def test_a_folder_is_no_medium(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="looks like a folder"):
        contents(tmp_path)
    with pytest.raises(UnreadableError, match="cannot be read"):
        contents(tmp_path / "absent")


@NOT_ON_WINDOWS
def test_a_pipe_is_no_medium(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableError, match="looks like a device or a pipe"):
        contents(tmp_path / "pipe")


PACK_AND_TELL = """
import sys, time
from pathlib import Path
if len(sys.argv) > 2:
    later = time.time() + float(sys.argv[2])
    time.time = lambda: later
from tests.media.trees import BRIDGED, TYPICAL
from toolkit.media.pack import Medium, pack
for medium in Medium:
    for order in (TYPICAL, TYPICAL[::-1], BRIDGED, BRIDGED[::-1]):
        print(pack(order, Path(sys.argv[1]), medium, label="UNATTEND").sha256)
"""


@pytest.mark.parametrize(
    ("zone", "seed", "later"),
    [
        ("UTC", "0", "0"),
        ("America/St_Johns", "1", "86400"),
        ("Pacific/Kiritimati", "2", "1e9"),
        ("XYZ+11:30", "3", "-3e7"),
    ],
)
def test_an_image_does_not_depend_on_process_zone_hash_order_or_day(
    target: Path, zone: str, seed: str, later: str
) -> None:
    sets = (TYPICAL, TYPICAL, BRIDGED, BRIDGED)
    here = [pack(files, target, medium, label="UNATTEND").sha256 for medium in Medium for files in sets]
    environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", PACK_AND_TELL, str(target), later]
    there = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert there.stdout.split() == here


@EVERY_MEDIUM
def test_a_timestamp_changes_the_image_and_no_timestamp_is_a_fixed_one(medium: Medium, target: Path) -> None:
    plain = pack(TYPICAL, target, medium).sha256
    dated = pack(TYPICAL, target, medium, timestamp=1_700_000_000).sha256
    assert plain != dated
    time.sleep(0.01)
    assert pack(TYPICAL, target, medium, timestamp=None).sha256 == plain


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak from Linux's /proc")
def test_a_driver_tree_streams_through_little_memory(tmp_path: Path, target: Path) -> None:
    source = tmp_path / "large.sys"
    with source.open("wb") as stream:
        stream.truncate(150 << 20)
    code = (
        "import sys; from pathlib import Path; from toolkit.media.pack import *\n"
        "pack([MediaFile(f'd/{n}.sys', Path(sys.argv[1])) for n in range(2)], Path(sys.argv[2]), Medium.ISO)\n"
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    done = subprocess.run([sys.executable, "-c", code, source, target], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 64 << 10


def test_packing_a_floppy_does_not_load_pycdlib() -> None:
    code = "import sys, toolkit.media.pack; sys.exit('pycdlib' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@EVERY_MEDIUM
def test_contents_are_not_shown_in_errors(medium: Medium, target: Path) -> None:
    with pytest.raises(ToolkitError) as caught:
        pack([NamedFile("con", b"hunter2")], target, medium)
    assert "hunter2" not in f"{caught.value!r} {caught.value.problems if isinstance(caught.value, MediumError) else ''}"
