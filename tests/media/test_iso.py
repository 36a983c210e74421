from __future__ import annotations

import contextlib
import io
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.media.trees import ISO_TREES, TYPICAL
from toolkit.errors import UnreadableError
from toolkit.files import NamedFile
from toolkit.media.content import MediaFile
from toolkit.media.extents import read_all
from toolkit.media.iso import EPOCH, read_iso, write_iso
from toolkit.media.joliet import stored_files
from toolkit.media.refusal import MediumError

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from pathlib import Path

SECTOR = 2048


def image_of(files: Iterable[NamedFile], label: str = "UNATTEND", timestamp: int = EPOCH) -> bytes:
    target = io.BytesIO()
    write_iso([MediaFile.of(file).measure() for file in files], target, label=label, timestamp=timestamp)
    return target.getvalue()


def read(image: bytes) -> list[NamedFile]:
    stream = io.BytesIO(image)
    return list(read_all(stream, stored_files(stream), limit=len(image)))


def by_name(files: Iterable[NamedFile]) -> list[NamedFile]:
    return sorted(files, key=lambda file: file.name)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "x.iso"
    path.write_bytes(image_of(TYPICAL))
    assert list(read_iso(path)) == by_name(TYPICAL)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ISO_TREES, st.randoms(use_true_random=False))
def test_any_tree_comes_back_whatever_the_order(files: tuple[NamedFile, ...], chance: random.Random) -> None:
    image = image_of(files)
    assert read(image) == by_name(files)
    shuffled = list(files)
    chance.shuffle(shuffled)
    assert image_of(shuffled) == image


@pytest.mark.parametrize(
    "name", ["a" * 60 + ".txt", "\u044f" * 60 + ".txt", "\u2603" * 64, "\U0001f600" * 32, "a b+c,d=[1].x", "readme"]
)
def test_names_are_kept_exactly(name: str) -> None:
    files = [NamedFile(name, b"1"), NamedFile(f"folder/{name}", b"2")]
    assert read(image_of(files)) == by_name(files)


def test_folders_deeper_than_iso9660_allows_are_kept() -> None:
    files = [NamedFile("/".join("abcdefghijklmnop"[:depth]) + "/x.txt", bytes([depth])) for depth in range(1, 15)]
    assert read(image_of(files)) == by_name(files)


def test_a_folder_of_thousands_is_kept() -> None:
    files = [NamedFile(f"drivers/a rather long driver name {number:04}.inf", b"%d" % number) for number in range(2000)]
    assert read(image_of(files)) == by_name(files)


def test_the_label_is_kept_in_both_trees() -> None:
    image = image_of(TYPICAL, label="cidata")
    assert image[16 * SECTOR + 40 :][:32] == b"cidata".ljust(32)
    assert image[17 * SECTOR + 40 :][:32].decode("utf-16-be") == "cidata".ljust(16)


def test_a_bad_label_says_what_is_allowed() -> None:
    with pytest.raises(MediumError, match="17 characters") as caught:
        image_of(TYPICAL, label="A" * 17)
    assert caught.value.help is not None
    assert "16 characters" in caught.value.help


def test_nothing_is_written_when_a_name_is_refused() -> None:
    target = io.BytesIO()
    with pytest.raises(MediumError) as caught:
        write_iso([MediaFile(name, b"").measure() for name in ("a;1", "b" * 65, "ok")], target, label="\u00fc")
    assert [problem.rule for problem in caught.value.problems] == ["label", "name-character", "name-too-long"]
    assert target.getvalue() == b""


def test_the_timestamp_is_the_only_time_in_the_image() -> None:
    image = image_of(TYPICAL, timestamp=1_700_000_000)  # 2023-11-14 22:13:20 UTC
    assert image[16 * SECTOR + 813 :][:17] == b"2023111422132000\0"
    assert bytes([100, 1, 1]) not in image[20 * SECTOR :]
    assert bytes([123, 11, 14, 22, 13, 20, 0]) in image[20 * SECTOR :]


@pytest.mark.parametrize("timestamp", [-5, 0, 10**12])
def test_a_time_that_an_iso_cannot_express_becomes_the_nearest(timestamp: int) -> None:
    assert read(image_of(TYPICAL, timestamp=timestamp)) == by_name(TYPICAL)


def test_images_made_side_by_side_keep_their_own_times() -> None:
    moments = [EPOCH + day * 86_400 for day in range(6)]
    expected = [image_of(TYPICAL, timestamp=moment) for moment in moments]
    made: dict[int, bytes] = {}
    threads = [
        threading.Thread(target=lambda at=at: made.update({at: image_of(TYPICAL, timestamp=at)})) for at in moments
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [made[moment] for moment in moments] == expected


def test_the_clock_runs_on_afterwards() -> None:
    import pycdlib.headervd  # noqa: PLC0415  (the library under the module tested)

    with pytest.raises(UnreadableError):
        write_iso([MediaFile("x", b"").measure()], Broken())
    assert pycdlib.headervd.time is time  # type: ignore[attr-defined]  # what the clock replaces


class Broken(io.BytesIO):
    """A target that fails as a source would."""

    def write(self, data: object) -> int:  # noqa: ARG002  (the signature is io's)
        raise UnreadableError("gone")


def test_reading_too_much_into_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.iso"
    path.write_bytes(image_of([NamedFile("a", bytes(5000))]))
    with pytest.raises(UnreadableError, match="5000 bytes"):
        read_iso(path, limit=4999)
    assert len(read_iso(path, limit=5000)) == 1


def test_an_absent_iso_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"none\.iso cannot be read"):
        read_iso(tmp_path / "none.iso")


BASE = image_of([*TYPICAL, NamedFile("d/e/f/a long name for a file.txt", bytes(5000))])


def record_of(image: bytes, name: str) -> int:
    """Find where the Joliet record of a file or folder begins."""
    return image.index(bytes([len(name) * 2]) + name.encode("utf-16-be")) - 32


def patched(image: bytes, offset: int, data: bytes) -> bytes:
    return image[:offset] + data + image[offset + len(data) :]


def test_a_truncated_image_is_refused_wherever_it_ends() -> None:
    end = max(file.extents[-1].offset + file.size for file in stored_files(io.BytesIO(BASE)) if file.extents)
    for length in range(0, end, 1023):
        with pytest.raises(UnreadableError):
            read(BASE[:length])


def test_a_folder_that_lies_within_itself_is_refused() -> None:
    outer, inner = record_of(BASE, "d"), record_of(BASE, "e")
    with pytest.raises(UnreadableError, match="within itself"):
        read(patched(BASE, inner + 2, BASE[outer + 2 : outer + 18]))


def test_folders_larger_than_the_image_are_refused() -> None:
    with pytest.raises(UnreadableError, match="ends before"):
        read(patched(BASE, record_of(BASE, "d") + 10, struct.pack("<I", len(BASE))))


def test_a_name_that_leads_elsewhere_is_refused() -> None:
    with pytest.raises(UnreadableError, match="called"):
        read(patched(BASE, record_of(BASE, "empty.txt") + 33, "../..".encode("utf-16-be")))


def test_an_interleaved_file_is_refused() -> None:
    with pytest.raises(UnreadableError, match="interleaved"):
        read(patched(BASE, record_of(BASE, "empty.txt") + 26, b"\1\1"))


def test_a_file_in_parts_is_joined_and_one_without_an_end_refused() -> None:
    files = [NamedFile("aa", b"1" * SECTOR), NamedFile("bb", b"2")]
    image = image_of(files)
    first, second = record_of(image, "aa"), record_of(image, "bb")
    joined = patched(patched(image, first + 25, b"\x80"), second + 33, "aa".encode("utf-16-be"))
    assert read(joined) == [NamedFile("aa", b"1" * SECTOR + b"2")]
    with pytest.raises(UnreadableError, match="no end"):
        read(patched(image, first + 25, b"\x80"))
    with pytest.raises(UnreadableError, match="no end"):
        read(patched(image, second + 25, b"\x80"))


def test_versions_that_other_writers_append_are_dropped() -> None:
    image = image_of([NamedFile("readme.1x", b"1")])
    assert [file.name for file in read(patched(image, record_of(image, "readme.1x") + 33 + 14, b"\0;\0001"))] == [
        "readme."
    ]


def test_an_iso_without_joliet_says_so() -> None:
    with pytest.raises(UnreadableError, match="no Joliet names"):
        read(patched(BASE, 17 * SECTOR + 88, b"   "))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(16 * SECTOR, len(BASE)), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6)
)
def test_a_damaged_image_is_read_or_refused_but_never_breaks_the_reader(damage: list[tuple[int, bytes]]) -> None:
    image = BASE
    for offset, data in damage:
        image = patched(image, offset, data)
    stream = io.BytesIO(image)
    with contextlib.suppress(UnreadableError):
        read_all(stream, stored_files(stream), limit=10 * len(image))
