from __future__ import annotations

import hashlib
import io
import os
import threading
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import UnreadableError
from toolkit.media.content import CHUNK, MediaFile
from toolkit.media.extents import Extent, StoredFile
from toolkit.media.hashing import BlockHash, Checks
from toolkit.media.proof import Settling, read_back
from toolkit.media.recorder import Recorder

if TYPE_CHECKING:
    from pathlib import Path


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def checks_of(image: bytes) -> Checks:
    return Checks(len(image), tuple(zlib.crc32(image[at : at + CHUNK]) for at in range(0, len(image) + 1, CHUNK)))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3 * CHUNK // 2), max_size=6))
def test_pieces_of_any_size_come_out_as_one_image_with_its_digest(sizes: list[int]) -> None:
    pieces = [bytes([number + 1]) * size for number, size in enumerate(sizes)]
    target = io.BytesIO()
    with BlockHash() as hashed:
        recorder = Recorder(target, hashed)
        for number, piece in enumerate(pieces):
            if number % 2:
                recorder.put(piece)
            else:
                recorder.copy(MediaFile(str(number), piece).measure())
        made = recorder.finish((), ())
    whole = b"".join(pieces)
    assert target.getvalue() == whole
    assert (made.size, made.sha256) == (len(whole), sha256(whole))
    assert made.checks == checks_of(whole) == read_back(target, ())
    assert [file.sha256 for file in made.files] == [sha256(piece) for piece in pieces[::2]]


def test_zeros_fill_up_to_a_place_and_to_a_unit() -> None:
    target = io.BytesIO()
    with BlockHash() as hashed:
        recorder = Recorder(target, hashed)
        recorder.put(b"abc")
        recorder.pad(2048)
        assert recorder.position == 2048
        recorder.pad(2048)
        recorder.fill(2 * CHUNK + 7)
        recorder.fill(5)
        assert recorder.finish((), ()).size == 2 * CHUNK + 7
    assert target.getvalue() == b"abc".ljust(2 * CHUNK + 7, b"\0")


def test_no_digests_are_worked_out_where_none_are_wanted() -> None:
    with BlockHash() as hashed:
        recorder = Recorder(io.BytesIO(), hashed, digests=False)
        recorder.copy(MediaFile("x", b"abc").measure())
        made = recorder.finish((), ())
    assert (made.files[0].sha256, made.sha256) == (None, sha256(b"abc"))


def test_a_source_that_fails_ends_the_thread_too(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    measured = MediaFile("x", path).measure()
    path.write_bytes(b"012")
    before = threading.active_count()
    with pytest.raises(UnreadableError, match="changed"), BlockHash() as hashed:
        Recorder(io.BytesIO(), hashed).copy(measured)
    assert threading.active_count() == before


def test_what_is_read_back_is_all_of_the_image_and_files_are_counted_once() -> None:
    image = bytes(range(256)) * 5000
    files = [
        StoredFile("b", (Extent(500_000, 1000),)),
        StoredFile("a", (Extent(100, 50), Extent(150, 70))),
        StoredFile("empty", ()),
    ]
    told: list[int] = []
    assert read_back(io.BytesIO(image), files, told.append) == checks_of(image)
    assert told == [50, 70, 1000]
    assert read_back(io.BytesIO(image), files) == checks_of(image)


def test_an_image_that_ends_early_is_read_to_its_end() -> None:
    files = [StoredFile("a", (Extent(5, 50),)), StoredFile("b", (Extent(5000, 50),))]
    told: list[int] = []
    assert read_back(io.BytesIO(b"0123456789"), files, told.append) == checks_of(b"0123456789")
    assert told == [5]


def test_large_images_go_through_a_few_blocks() -> None:
    with BlockHash() as hashed:
        lent = [hashed.block() for _ in range(4)]
        assert len({id(block) for block in lent}) == 4
        hashed.add(lent[2], 10)
        assert hashed.block() is lent[2]


def test_a_disk_that_fails_to_settle_is_told() -> None:
    """A pipe cannot be brought to a disk."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb") as stream:
        with pytest.raises(OSError), Settling(stream):
            pass
        with pytest.raises(KeyError), Settling(stream):
            raise KeyError
