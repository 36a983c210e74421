from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from toolkit.errors import UnreadableError
from toolkit.files import NamedFile
from toolkit.media.content import MediaFile, SourceStream

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "driver.sys"
    path.write_bytes(b"0123456789")
    return path


def read_through(stream: SourceStream, size: int = 4) -> bytes:
    return b"".join(iter(lambda: stream.read(size), b""))


def test_memory_and_file_are_read_alike(source: Path) -> None:
    for file in (
        MediaFile("x", source),
        MediaFile("x", source.read_bytes()),
        MediaFile.of(NamedFile("x", b"0123456789")),
    ):
        stream = file.open()
        assert file.size == 10
        assert read_through(stream) == b"0123456789"
        assert stream.digest().sha256 == hashlib.sha256(b"0123456789").hexdigest()


def test_a_file_is_closed_after_its_last_byte(source: Path) -> None:
    stream = MediaFile("x", source).open()
    before = open_files()
    stream.read(5)
    assert open_files() == before + 1
    stream.read(5)
    assert open_files() == before


def open_files() -> int:
    try:
        return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  (a count is all that is wanted)
    except OSError:
        pytest.skip("this host does not list open files")


def test_content_is_not_shown(source: Path) -> None:
    assert "hunter2" not in repr(MediaFile("x", b"hunter2").measure())


@pytest.mark.parametrize("after", [b"0123", b"0123456789abc", b"", b"9876543210"])
def test_a_file_that_changed_before_it_is_read_is_named(source: Path, after: bytes) -> None:
    stream = MediaFile("x", source).open()
    source.write_bytes(after)
    os.utime(source, ns=(1, 1))
    with pytest.raises(UnreadableError, match=r"driver\.sys changed"):
        read_through(stream)


@pytest.mark.parametrize("after", [b"0123", b"0123456789abc", b"9876543210"])
def test_a_file_that_changes_while_it_is_read_is_named(source: Path, after: bytes) -> None:
    stream = MediaFile("x", source).open()
    stream.read(5)
    source.write_bytes(after)
    os.utime(source, ns=(1, 1))
    with pytest.raises(UnreadableError, match=r"driver\.sys changed"):
        read_through(stream)


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no time of change")
def test_a_change_whose_time_was_put_back_is_noticed(source: Path) -> None:
    before = source.stat()
    stream = MediaFile("x", source).open()
    stream.read(5)
    source.write_bytes(b"01234xxxxx")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    if source.stat().st_ctime_ns == before.st_ctime_ns:
        pytest.skip("the clock of this file system is too coarse")
    with pytest.raises(UnreadableError, match="changed"):
        read_through(stream)


def test_an_empty_file_that_grows_is_noticed(source: Path) -> None:
    source.write_bytes(b"")
    stream = MediaFile("x", source).open()
    source.write_bytes(b"late")
    with pytest.raises(UnreadableError, match="changed"):
        stream.digest()


def test_a_stream_that_was_not_read_to_its_end_has_no_digest() -> None:
    stream = MediaFile("x", b"abc").open()
    stream.read(2)
    with pytest.raises(UnreadableError, match="not read to its end"):
        stream.digest()


def test_what_is_no_file_cannot_be_packed(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="folder"):
        MediaFile("x", tmp_path).measure()
    with pytest.raises(UnreadableError, match=r"absent\.txt cannot be read"):
        MediaFile("x", tmp_path / "absent.txt").measure()
