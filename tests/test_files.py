from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.errors import ExitCode, UnreadableError
from toolkit.files import NamedFile, is_device, make_folder, whole_file, write_all, write_whole

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no mode bits, symbolic links or RLIMIT_FSIZE")

# Stops the kernel from letting this process write more than 4 KiB into any file: a full disk, as far as write() goes.
LIMITED = """
import resource, signal, sys
from pathlib import Path
from toolkit.errors import UnreadableError
from toolkit.files import NamedFile, write_all, write_whole
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    {act}
except UnreadableError as err:
    print(err.message)
    sys.exit(3)
"""


def listing(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def limited(act: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIMITED.format(act=act), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[1],
    )


def test_a_file_is_written_as_given(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"\x00\r\n\xff")
    assert listing(tmp_path) == {"a": b"\x00\r\n\xff"}


@posix
def test_a_file_is_for_its_owner_only_unless_said_otherwise(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"")
    write_whole(tmp_path / "b", b"", mode=0o644)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "ab"] == [0o600, 0o644]


def test_an_old_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"something longer")
    write_whole(tmp_path / "a", b"new")
    assert listing(tmp_path) == {"a": b"new"}


def test_the_old_file_is_there_until_the_new_one_is_complete(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with whole_file(tmp_path / "a") as stream:
        stream.write(b"new")
        stream.flush()
        assert (tmp_path / "a").read_bytes() == b"old"
    assert listing(tmp_path) == {"a": b"new"}


@pytest.mark.parametrize("reason", [KeyboardInterrupt, ValueError, MemoryError])
def test_what_stops_half_way_leaves_everything_as_it_was(tmp_path: Path, reason: type[BaseException]) -> None:
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(reason), whole_file(tmp_path / "a") as stream:  # noqa: PT012  (the block is what is stopped)
        stream.write(b"half")
        raise reason
    assert listing(tmp_path) == {"a": b"old"}


@posix
@pytest.mark.parametrize("size", [4097, 10_000_000])
def test_a_disk_that_fills_up_leaves_the_old_file_and_nothing_else(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(b"old")
    result = limited(f"write_whole(Path(sys.argv[1]) / 'a', bytes({size}))", tmp_path)
    assert (result.returncode, result.stdout) == (3, f"{tmp_path / 'a'} cannot be written: File too large\n")
    assert listing(tmp_path) == {"a": b"old"}


@posix
@pytest.mark.parametrize("size", [5000, 100_000])  # within a buffer, which is written late, and beyond one
@pytest.mark.parametrize("order", [["a", "b", "big"], ["big", "a", "b"], ["a", "big", "b"]])
def test_a_disk_that_fills_up_leaves_all_old_files(tmp_path: Path, order: list[str], size: int) -> None:
    old = {name: name.encode() for name in order}
    for name, data in old.items():
        (tmp_path / name).write_bytes(data)
    files = ", ".join(f"NamedFile({name!r}, bytes({size if name == 'big' else 10}))" for name in order)
    result = limited(f"write_all(Path(sys.argv[1]), [{files}])", tmp_path)
    assert (result.returncode, result.stdout) == (3, f"{tmp_path / 'big'} cannot be written: File too large\n")
    assert listing(tmp_path) == old


@posix
def test_a_disk_with_room_takes_them_all(tmp_path: Path) -> None:
    result = limited("write_all(Path(sys.argv[1]), [NamedFile('a', bytes(4096)), NamedFile('b', b'x')])", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert listing(tmp_path) == {"a": bytes(4096), "b": b"x"}


def test_folders_in_names_are_made(tmp_path: Path) -> None:
    write_all(tmp_path / "out", [NamedFile("a/b/c.txt", b"1"), NamedFile("d.txt", b"2")])
    assert listing(tmp_path) == {"out/a/b/c.txt": b"1", "out/d.txt": b"2"}


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"in the way")
    with pytest.raises(UnreadableError, match=r"out cannot be written: (File exists|Not a directory)") as refusal:
        write_all(tmp_path / "out", [NamedFile("a", b"1")])
    assert refusal.value.code is ExitCode.UNREADABLE
    assert "-o" in str(refusal.value.help)
    assert listing(tmp_path) == {"out": b"in the way"}


def test_a_folder_in_place_of_a_file_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "c").write_bytes(b"old")
    with pytest.raises(UnreadableError, match="b cannot be written: Is a directory"):
        write_all(tmp_path, [NamedFile("a", b"1"), NamedFile("b", b"2"), NamedFile("c", b"3")])
    assert listing(tmp_path) == {"c": b"old"}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="cannot be written: No such file or directory"):
        write_whole(tmp_path / "gone" / "a", b"")


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(UnreadableError, match="Permission denied"):
        write_all(tmp_path, [NamedFile("a", b"1")])


def test_making_a_folder_twice_is_no_mistake(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()


def test_a_file_knows_its_hash_and_does_not_show_its_bytes() -> None:
    file = NamedFile("a", b"password")
    assert file.sha256 == hashlib.sha256(b"password").hexdigest()
    assert "password" not in repr(file)


_NAMES = st.text(st.sampled_from("abcü😀 .-"), min_size=1, max_size=8).filter(lambda name: name.strip(". ") == name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.dictionaries(_NAMES, st.binary(max_size=100), max_size=5))
def test_whatever_is_written_together_is_there_together(tmp_path: Path, files: dict[str, bytes]) -> None:
    write_all(tmp_path, [NamedFile(name, data) for name, data in files.items()])
    assert {name: (tmp_path / name).read_bytes() for name in files} == files
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob(".*.part"))


@posix
def test_a_pipe_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableError, match="pipe cannot be written: it is a device or a pipe"):
        write_whole(pipe, b"data")
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert list(tmp_path.iterdir()) == [pipe]


@posix
@pytest.mark.parametrize("name", ["null", "stdout", "full"])
def test_names_of_devices_are_known_wherever_they_lead(name: str) -> None:
    assert is_device(Path("/dev", name)) or not Path("/dev", name).exists()  # asked, and never tried: root could
    assert not is_device(Path("/dev"))
    assert not is_device(Path("/dev/none"))
