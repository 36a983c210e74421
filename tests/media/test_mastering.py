from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import UnreadableError
from toolkit.media.content import MediaFile
from toolkit.media.hashing import BlockHash
from toolkit.media.mastering import Source, Target
from toolkit.media.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def mastered(write: Callable[[Target], None]) -> bytes:
    image = io.BytesIO()
    with BlockHash() as hashed:
        recorder = Recorder(image, hashed)
        target = Target(recorder)
        write(target)
        target.finish()
        recorder.finish((), ())
    return image.getvalue()


def source(target: Target, data: bytes, name: str = "x") -> Source:
    return Source(MediaFile(name, data).measure(), target)


@settings(deadline=None)  # a thread has to be woken
@given(st.lists(st.tuples(st.integers(0, 9000), st.binary(max_size=30)), max_size=12))
def test_what_describes_an_image_is_written_in_any_order_as_into_a_file(writes: list[tuple[int, bytes]]) -> None:
    file = io.BytesIO()

    def write(target: Target) -> None:
        for at, data in writes:
            assert target.seek(at) == file.seek(at)
            assert target.write(data) == file.write(data)
            assert target.tell() == file.tell()
        assert target.seek(0, os.SEEK_END) == file.seek(0, os.SEEK_END)

    assert mastered(write) == file.getvalue()


@settings(deadline=None)  # a thread has to be woken
@given(st.binary(max_size=50), st.lists(st.tuples(st.integers(0, 90), st.binary(min_size=1, max_size=99)), min_size=1))
def test_contents_follow_one_behind_the_other_with_zeros_between(head: bytes, parts: list[tuple[int, bytes]]) -> None:
    def write(target: Target) -> None:
        target.write(head)
        for number, (gap, data) in enumerate(parts):
            reader = source(target, data, str(number))
            start = target.seek(gap, os.SEEK_CUR)
            assert reader.seek(0) == 0
            assert target.write(reader.read(len(data))) == len(data)
            assert target.starts[str(number)] == start
            assert target.tell() == target.seek(0, os.SEEK_END) == start + len(data)
            target.write(b".")

    assert mastered(write) == head + b"".join(bytes(gap) + data + b"." for gap, data in parts)


def test_going_back_once_there_is_content_is_refused() -> None:
    def write(target: Target) -> None:
        target.write(b"0123456789")
        target.write(source(target, b"abc").read(3))
        target.seek(12)
        with pytest.raises(io.UnsupportedOperation, match="byte 12 was asked for after byte 13"):
            target.write(b"x")
        with pytest.raises(io.UnsupportedOperation, match="byte 12"):
            source(target, b"abc").read(3)

    assert mastered(write) == b"0123456789abc"


def test_a_source_is_read_whole_and_from_the_front() -> None:
    def write(target: Target) -> None:
        reader = source(target, b"abc")
        with pytest.raises(io.UnsupportedOperation, match="whole"):
            reader.read(2)
        with pytest.raises(io.UnsupportedOperation, match="front"):
            reader.seek(1)

    assert mastered(write) == b""


def test_a_source_that_changed_is_named(tmp_path: Path) -> None:
    path = tmp_path / "driver.sys"
    path.write_bytes(b"0123")
    measured = MediaFile("x", path).measure()
    path.write_bytes(b"01234")
    with BlockHash() as hashed, pytest.raises(UnreadableError, match=r"driver\.sys changed"):
        Source(measured, Target(Recorder(io.BytesIO(), hashed))).read(4)
