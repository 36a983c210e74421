from __future__ import annotations

import contextlib
import gc
import io
import itertools
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
from toolkit.media.content import MeasuredFile, MediaFile
from toolkit.media.iso import EPOCH, Disc, files_on, master, write_iso
from toolkit.media.joliet import files_of, stored_files, volumes
from toolkit.media.making import Making
from toolkit.media.placement import LEVELS
from toolkit.media.refusal import MediumError
from toolkit.media.stored import read_all

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from pathlib import Path

SECTOR = 2048
LARGEST_RECORD = 0xFFFF_F800


def image_of(files: Iterable[NamedFile], label: str = "UNATTEND", timestamp: int = EPOCH) -> bytes:
    target = io.BytesIO()
    write_iso([MediaFile.of(file).measure() for file in files], target, Making(label, timestamp))
    return target.getvalue()


def read(image: bytes) -> list[NamedFile]:
    stream = io.BytesIO(image)
    return list(read_all(stream, files_on(stream), limit=len(image)))


def by_name(files: Iterable[NamedFile]) -> list[NamedFile]:
    return sorted(files, key=lambda file: file.name)


def test_what_is_written_is_read_back() -> None:
    assert read(image_of(TYPICAL)) == by_name(TYPICAL)


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


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ISO_TREES, st.integers(0, 9))
def test_places_told_are_those_that_both_trees_point_to(files: tuple[NamedFile, ...], depth: int) -> None:
    """However deep: contents must be asked for in the order in which they lie."""
    deep = [NamedFile("/".join("aBcDeFgHi"[:depth]) + f"/{file.name}", file.data) for file in files] if depth else files
    target = io.BytesIO()
    made = write_iso([MediaFile.of(file).measure() for file in deep], target)
    joliet, iso = (files_of(target, volume) for volume in volumes(target))
    assert set(joliet) == set(made.places)
    known = {stored.extents for stored in joliet}
    assert all(stored.extents in known and stored.name.count("/") < LEVELS for stored in iso)
    assert depth or len(iso) == len(files)
    ends = sorted((part.offset, part.offset + part.size) for stored in joliet for part in stored.extents)
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ends))
    assert len(target.getvalue()) % SECTOR == 0


def test_files_deep_below_folders_that_the_trees_sort_differently_are_kept() -> None:
    tops = ("a", "B", "c", "Z", "_", "\u00e9", "\U0001f600", "[")
    files = [
        NamedFile(f"{top}/2/3/4/5/6/{rest}", f"{top}{rest}".encode()) for top in tops for rest in ("x", "7/x", "7/Y")
    ]
    assert read(image_of(files)) == by_name(files)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ISO_TREES)
def test_path_tables_lead_to_every_folder_in_the_standards_order(files: tuple[NamedFile, ...]) -> None:
    """By level, then by parent, then by name (ECMA-119 6.9.1); the big-endian table says what the other does."""
    image = image_of(files)
    for sector in (16, 17):
        descriptor = image[sector * SECTOR :][:SECTOR]
        little = path_table(image, descriptor, "<", 140)
        assert path_table(image, descriptor, ">", 148) == little
        keys = [(level(little, number), parent, name) for number, (name, _, parent) in enumerate(little, 1)]
        assert keys == sorted(keys)
        for _, where, parent in little[1:]:
            own = image[where * SECTOR :]
            assert struct.unpack_from("<I", own, 2)[0] == where
            assert struct.unpack_from("<I", own, 34 + 2)[0] == little[parent - 1][1]


def path_table(image: bytes, descriptor: bytes, order: str, field: int) -> list[tuple[bytes, int, int]]:
    (size,) = struct.unpack_from("<I", descriptor, 132)
    (sector,) = struct.unpack_from(f"{order}I", descriptor, field)
    raw = image[sector * SECTOR :][:size]
    found = []
    while raw:
        length, _, where, parent = struct.unpack_from(f"{order}BBIH", raw)
        found.append((raw[8 : 8 + length], where, parent))
        raw = raw[8 + length + length % 2 :]
    return found


def level(table: list[tuple[bytes, int, int]], number: int) -> int:
    return 0 if number == 1 else 1 + level(table, table[number - 1][2])


class Counting:
    """A sink that keeps what describes an image, and only counts what is in its files."""

    def __init__(self) -> None:
        self.head = b""
        self.position = 0

    def put(self, data: bytes) -> None:
        if self.head == b"":
            self.head = data
        self.position += len(data)

    def copy(self, file: MeasuredFile) -> None:
        self.position += file.size

    def fill(self, end: int) -> None:
        self.position = max(self.position, end)


class Longer(io.BytesIO):
    """A stream that claims to go on behind what it has."""

    def __init__(self, data: bytes, length: int) -> None:
        super().__init__(data)
        self.length = length

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.length if whence == 2 else super().seek(offset, whence)


@pytest.mark.parametrize("size", [LARGEST_RECORD, LARGEST_RECORD + 1, 2 * LARGEST_RECORD + 5])
def test_a_file_of_more_than_four_gibibytes_is_continued_in_whole_sectors(size: int) -> None:
    files = [MeasuredFile(MediaFile(name, b""), length, None) for name, length in (("big.wim", size), ("small", 1))]
    sink = Counting()
    places, _ = master(files, sink, Disc("LABEL", EPOCH))
    image = Longer(sink.head, sink.position)
    for volume in volumes(image):
        small, big = sorted(files_of(image, volume), key=lambda stored: stored.size)
        assert (small.size, big.size) == (1, size)
        assert [part.size for part in big.extents] == [
            *[LARGEST_RECORD] * ((size - 1) // LARGEST_RECORD),
            (size - 1) % LARGEST_RECORD + 1,
        ]
        assert all(one.offset + one.size == after.offset for one, after in itertools.pairwise(big.extents))
        assert {stored.extents for stored in places} == {small.extents, big.extents}


def test_pycdlib_overwrites_nothing_that_it_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYCDLIB_TRACK_WRITES", "1")
    assert read(image_of(TYPICAL)) == by_name(TYPICAL)


def test_a_file_that_ought_to_be_empty_and_is_not_is_named(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.touch()
    measured = MediaFile("x", path).measure()
    path.write_bytes(b"1")
    with pytest.raises(UnreadableError, match=r"empty\.txt changed"):
        write_iso([measured], io.BytesIO())


def test_garbage_is_collected_again_afterwards() -> None:
    with pytest.raises(UnreadableError):
        write_iso([MediaFile("x", b"1").measure()], Broken())
    assert gc.isenabled()
    gc.disable()
    try:
        image_of(TYPICAL)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_folder_of_thousands_is_kept() -> None:
    files = [NamedFile(f"drivers/a rather long driver name {number:04}.inf", b"%d" % number) for number in range(2000)]
    assert read(image_of(files)) == by_name(files)


def test_the_label_is_kept_in_both_trees() -> None:
    image = image_of(TYPICAL, label="cidata")
    assert image[16 * SECTOR + 40 :][:32] == b"cidata".ljust(32)
    assert image[17 * SECTOR + 40 :][:32].decode("utf-16-be") == "cidata".ljust(16)


def test_names_are_declared_as_joliet_level_3() -> None:
    assert image_of(TYPICAL)[17 * SECTOR + 88 :][:3] == b"%/E"


def test_a_bad_label_says_what_is_allowed() -> None:
    with pytest.raises(MediumError, match="17 characters") as caught:
        image_of(TYPICAL, label="A" * 17)
    assert caught.value.help is not None
    assert "16 characters" in caught.value.help


def test_nothing_is_written_when_a_name_is_refused() -> None:
    target = io.BytesIO()
    with pytest.raises(MediumError) as caught:
        write_iso([MediaFile(name, b"").measure() for name in ("a:1", "b" * 255, "ok")], target, Making("\u00fc"))
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


def test_reading_too_much_into_memory_is_refused() -> None:
    image = io.BytesIO(image_of([NamedFile("a", bytes(5000))]))
    with pytest.raises(UnreadableError, match="5000 bytes"):
        read_all(image, files_on(image), limit=4999)
    assert len(read_all(image, files_on(image), limit=5000)) == 1


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
