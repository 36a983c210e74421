from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.trees import FLOPPY_TREES, TYPICAL
from toolkit.errors import UnreadableError
from toolkit.files import NamedFile
from toolkit.media.content import MediaFile
from toolkit.media.fat.boot_sector import boot_sector
from toolkit.media.fat.geometry import FLOPPIES, FloppySize
from toolkit.media.floppy import read_floppy, write_floppy
from toolkit.media.making import Making
from toolkit.media.refusal import MediumError

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

KIB_1440 = FLOPPIES[FloppySize.KIB_1440]


def image_of(files: Iterable[NamedFile], label: str = "UNATTEND", size: FloppySize = FloppySize.KIB_1440) -> bytes:
    return write_floppy([MediaFile.of(file).measure() for file in files], Making(label), size=size)[0]


def by_name(files: Iterable[NamedFile]) -> list[NamedFile]:
    return sorted(files, key=lambda file: file.name)


@pytest.mark.parametrize("size", FloppySize)
def test_what_is_written_is_read_back(size: FloppySize) -> None:
    image = image_of(TYPICAL, size=size)
    assert len(image) == size * 1024
    assert list(read_floppy(image)) == by_name(TYPICAL)


@settings(max_examples=60, deadline=None)
@given(FLOPPY_TREES, st.randoms(use_true_random=False))
def test_any_tree_comes_back_whatever_the_order(files: tuple[NamedFile, ...], chance: random.Random) -> None:
    image = image_of(files)
    assert list(read_floppy(image)) == by_name(files)
    shuffled = list(files)
    chance.shuffle(shuffled)
    assert image_of(shuffled) == image


def test_a_floppy_can_be_filled_to_the_last_byte() -> None:
    full = NamedFile("full.bin", b"\x5a" * KIB_1440.capacity)
    assert read_floppy(image_of([NamedFile("FULL.BIN", full.data)]))[0].data == full.data
    with pytest.raises(MediumError, match=r": 512 bytes too many"):
        image_of([NamedFile("FULL.BIN", full.data + b"!")])


def test_a_floppy_that_overflows_names_the_largest_files() -> None:
    files = [NamedFile(f"f{size}", bytes(size)) for size in (900_000, 800_000, 10, 20, 30, 40)]
    with pytest.raises(MediumError) as caught:
        image_of(files)
    (problem,) = caught.value.problems
    assert problem.rule == "floppy-full"
    assert "1440 KiB floppy that holds 1457664" in problem.message
    assert problem.message.endswith("f900000 (900000), f800000 (800000), f40 (40), f30 (30), f20 (20)")


def test_what_lies_in_folders_counts_towards_the_overflow() -> None:
    data = bytes(KIB_1440.capacity - 3 * KIB_1440.cluster_size)
    assert len(read_floppy(image_of([NamedFile("D/E/F", data)]))) == 1
    with pytest.raises(MediumError, match=": 512 bytes too many"):
        image_of([NamedFile("D/E/F", data + bytes(513))])


def test_a_floppy_that_overflows_is_refused_before_its_sources_are_read() -> None:
    class Untouched(bytes):
        """Bytes of a size that nobody may look into."""

        __slots__ = ()

        def __getitem__(self, key: object) -> bytes:  # type: ignore[override]  # always fails
            raise AssertionError(key)

    with pytest.raises(MediumError):
        write_floppy([MediaFile("x", Untouched(2_000_000)).measure()])


def test_a_full_root_folder_tells_how_many_entries_are_needed() -> None:
    fits = [NamedFile(f"F{number}", b"") for number in range(223)]
    assert len(read_floppy(image_of(fits))) == 223
    with pytest.raises(MediumError, match="root folder needs 225 entries, a 1440 KiB floppy has 224"):
        image_of([*fits, NamedFile("F223", b"")])
    assert len(read_floppy(image_of([*fits, NamedFile("F223", b"")], label=""))) == 224


def test_a_folder_holds_more_than_the_root_does() -> None:
    files = [NamedFile(f"many/a rather long name {number}.txt", b"") for number in range(500)]
    assert list(read_floppy(image_of(files))) == by_name(files)


def test_both_overflows_are_told_together() -> None:
    files = [NamedFile(f"F{number}", bytes(9000)) for number in range(300)]
    with pytest.raises(MediumError) as caught:
        image_of(files)
    assert [problem.rule for problem in caught.value.problems] == ["root-directory-full", "floppy-full"]


def test_label_and_names_are_refused_together() -> None:
    with pytest.raises(MediumError) as caught:
        image_of([NamedFile("a?", b""), NamedFile("nul", b"")], label="far too long a label")
    assert [problem.rule for problem in caught.value.problems] == ["label", "name-character", "name-reserved"]


def test_the_serial_number_follows_from_the_content() -> None:
    first, second = (image_of([NamedFile("a", data)]) for data in (b"1", b"2"))
    assert first[39:43] != second[39:43]
    assert first[39:43] == image_of([NamedFile("a", b"1")])[39:43]


def test_the_label_is_in_the_boot_sector_and_in_the_root_folder() -> None:
    image = image_of(TYPICAL, label="cidata")
    assert image[43:54] == b"CIDATA     "
    assert image[KIB_1440.root_offset :][:12] == b"CIDATA     \x08"
    assert image_of(TYPICAL, label="")[43:54] == b"NO NAME    "


def test_folders_know_themselves_and_their_parent() -> None:
    image = image_of([NamedFile("D/E/F", b"x")])
    outer, inner = (entry_at(image, alias) + 26 for alias in (b"D          ", b"E          "))
    first, second = (int.from_bytes(image[at : at + 2], "little") for at in (outer, inner))
    for folder, parent in ((first, 0), (second, first)):
        records = image[KIB_1440.offset_of(folder) :][:64]
        assert (records[:12], records[32:44]) == (b".          \x10", b"..         \x10")
        assert [int.from_bytes(records[at : at + 2], "little") for at in (26, 58)] == [folder, parent]


def test_both_copies_of_the_table_agree() -> None:
    image = image_of(TYPICAL)
    first, second = (image[KIB_1440.fat_offset + copy * KIB_1440.fat_size :][: KIB_1440.fat_size] for copy in (0, 1))
    assert first == second
    assert first[:3] == b"\xf0\xff\xff"


def test_a_truncated_image_is_refused_wherever_it_ends() -> None:
    image = image_of([NamedFile("a.bin", bytes(range(256)) * 40), NamedFile("d/b.bin", b"x" * 700)])
    needed = max(image.rindex(b"x"), 0) + 1
    for length in itertools.chain(range(0, 600, 97), range(600, needed, 2003)):
        with pytest.raises(UnreadableError):
            read_floppy(image[:length])
    assert len(read_floppy(image[: KIB_1440.offset_of(60)])) == 2


def entry_at(image: bytes, alias: bytes) -> int:
    return image.index(alias, KIB_1440.root_offset)


def patched(image: bytes, offset: int, data: bytes) -> bytes:
    return image[:offset] + data + image[offset + len(data) :]


def test_a_folder_that_lies_within_itself_is_refused() -> None:
    image = image_of([NamedFile("D/E/F", b"x")])
    inner = entry_at(image, b"E          ")
    outer = entry_at(image, b"D          ")
    with pytest.raises(UnreadableError, match="circle"):
        read_floppy(patched(image, inner + 26, image[outer + 26 : outer + 28]))


def test_a_chain_that_runs_in_a_circle_is_refused() -> None:
    image = bytearray(image_of([NamedFile("A", bytes(2000))]))
    image[KIB_1440.fat_offset + 4] = 0x20  # cluster 3 is followed by cluster 2
    image[KIB_1440.fat_offset + 5] = 0x00
    with pytest.raises(UnreadableError, match="circle"):
        read_floppy(bytes(image))


def test_files_that_share_clusters_are_refused() -> None:
    image = image_of([NamedFile("A", b"1"), NamedFile("B", b"2")])
    a, b = entry_at(image, b"A          "), entry_at(image, b"B          ")
    with pytest.raises(UnreadableError, match="shares"):
        read_floppy(patched(image, b + 26, image[a + 26 : a + 28]))


@pytest.mark.parametrize("cluster", [0, 1, 2849, 0xFFFF])
def test_a_file_that_points_outside_is_refused(cluster: int) -> None:
    image = image_of([NamedFile("A", b"1")])
    with pytest.raises(UnreadableError, match="outside"):
        read_floppy(patched(image, entry_at(image, b"A          ") + 26, cluster.to_bytes(2, "little")))


@pytest.mark.parametrize("size", [513, 2**32 - 1])
def test_a_file_longer_than_its_clusters_is_refused(size: int) -> None:
    image = image_of([NamedFile("A", b"1")])
    with pytest.raises(UnreadableError, match="end sooner"):
        read_floppy(patched(image, entry_at(image, b"A          ") + 28, size.to_bytes(4, "little")))


def test_a_name_that_leads_elsewhere_is_refused() -> None:
    image = image_of([NamedFile("a long name.txt", b"1")])
    units = "a long".encode("utf-16-le")[:10]
    with pytest.raises(UnreadableError, match="called"):
        read_floppy(patched(image, image.index(units), "../..".encode("utf-16-le")))


def test_a_deleted_file_is_not_there() -> None:
    image = image_of([NamedFile("A", b"1"), NamedFile("B", b"2")])
    assert [file.name for file in read_floppy(patched(image, entry_at(image, b"A          "), b"\xe5"))] == ["B"]


def test_lower_case_flags_of_windows_nt_are_honoured() -> None:
    image = image_of([NamedFile("README.TXT", b"1")])
    where = entry_at(image, b"README  TXT") + 12
    names = [read_floppy(patched(image, where, bytes([flags])))[0].name for flags in (0x08, 0x10, 0x18)]
    assert names == ["readme.TXT", "README.txt", "readme.txt"]


BASE = image_of([*TYPICAL, NamedFile("d/e/f/a long name for a file.txt", bytes(3000))])
HEAD = KIB_1440.offset_of(2) + 40 * 512


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, HEAD), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6))
def test_a_damaged_image_is_read_or_refused_but_never_breaks_the_reader(damage: list[tuple[int, bytes]]) -> None:
    image = BASE
    for offset, data in damage:
        image = patched(image, offset, data)
    try:
        files = read_floppy(image)
    except UnreadableError:
        return
    assert sum(len(file.data) for file in files) <= len(image)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes_behind_a_boot_sector_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(UnreadableError):
        read_floppy(boot_sector(KIB_1440, b"           ", 0) + data + bytes(len(BASE)))
