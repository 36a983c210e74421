from __future__ import annotations

import contextlib
import io
import itertools
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.media.trees import FLOPPY_TREES, TYPICAL
from toolkit.errors import UnreadableError
from toolkit.files import NamedFile
from toolkit.media.content import MeasuredFile, MediaFile
from toolkit.media.extents import Extent
from toolkit.media.fat.boot_sector import boot_sector, parse_boot_sector
from toolkit.media.fat.chains import LAST, link_after, pack_fat
from toolkit.media.fat.geometry import FAT12_CLUSTERS, FAT16_CLUSTERS, fat16
from toolkit.media.fat.reader import LARGEST_FOLDER
from toolkit.media.making import Making
from toolkit.media.partition import MESSAGE, partitions
from toolkit.media.refusal import MediumError
from toolkit.media.stored import read_all
from toolkit.media.vhd import cylinders, footer, is_footer, stored_files, write_vhd

if TYPE_CHECKING:
    from collections.abc import Iterable

MIB = 1 << 20


def image_of(files: Iterable[NamedFile], label: str = "UNATTEND") -> bytes:
    target = io.BytesIO()
    write_vhd([MediaFile.of(file).measure() for file in files], target, Making(label))
    return target.getvalue()


def read(image: bytes) -> list[NamedFile]:
    stream = io.BytesIO(image)
    return list(read_all(stream, stored_files(stream), limit=len(image)))


def by_name(files: Iterable[NamedFile]) -> list[NamedFile]:
    return sorted(files, key=lambda file: file.name)


BASE = image_of(TYPICAL)


def test_what_is_written_is_read_back() -> None:
    assert read(BASE) == by_name(TYPICAL)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FLOPPY_TREES)
def test_any_tree_comes_back(files: tuple[NamedFile, ...]) -> None:
    assert read(image_of(files)) == by_name(files)


def test_the_disk_is_whole_mebibytes_and_a_footer() -> None:
    assert len(BASE) == 16 * MIB + 512
    assert is_footer(BASE[-512:])
    size, current, cylinder_count, heads, per_track = struct.unpack_from(">QQHBB", BASE, len(BASE) - 512 + 40)
    assert size == current == 16 * MIB
    assert (cylinder_count, heads, per_track) == cylinders(16 * MIB // 512)


def test_a_disk_grows_with_what_is_on_it_and_stays_fat16() -> None:
    image = image_of([NamedFile("a.bin", bytes(20 * MIB))])
    assert len(image) == 32 * MIB + 512
    assert read(image)[0].data == bytes(20 * MIB)


def test_the_partition_ends_where_counting_in_cylinders_ends() -> None:
    ((kind, extent),) = partitions(io.BytesIO(BASE))
    count, heads, per_track = cylinders(16 * MIB // 512)
    assert kind == 0x0E
    assert extent.offset == MIB
    assert extent.offset + extent.size == count * heads * per_track * 512 <= 16 * MIB


@pytest.mark.parametrize(
    ("sectors", "expected"),
    [
        (16 * MIB // 512, (481, 4, 17)),
        (504 * MIB // 512, (1024, 16, 63)),
        (512 * MIB // 512, (1040, 16, 63)),
        (65535 * 16 * 255 + 9, (65535, 16, 255)),
    ],
)
def test_cylinders_are_those_of_the_specification(sectors: int, expected: tuple[int, int, int]) -> None:
    assert cylinders(sectors) == expected


@pytest.mark.parametrize("size", [1 << power for power in range(24, 32)])
def test_every_size_of_disk_is_fat16(size: int) -> None:
    geometry = fat16(size // 512 - 2048, 2048)
    assert FAT12_CLUSTERS <= geometry.clusters < FAT16_CLUSTERS
    assert geometry.bits == 16
    assert geometry.fat_size >= 2 * (geometry.clusters + 2)
    assert parse_boot_sector(boot_sector(geometry, b"UNATTEND   ", 1)) == geometry


@given(st.lists(st.integers(0, 0xFFFF), max_size=200))
def test_wide_links_come_back(links: list[int]) -> None:
    table = pack_fat(links, 512, 16)
    assert [link_after(table, number, 16) for number in range(len(links))] == links
    assert link_after(table, 256, 16) is None


def test_a_narrow_table_keeps_the_lower_bits_of_the_end_mark() -> None:
    assert link_after(pack_fat([LAST, LAST], 512), 1) == 0xFFF


def test_the_same_files_give_the_same_disk_and_others_another_one() -> None:
    assert image_of(TYPICAL[::-1]) == BASE
    other = image_of(TYPICAL[:-1])
    assert other[440:444] != BASE[440:444]
    assert other[-512 + 68 :][:16] != BASE[-512 + 68 :][:16]


def test_a_guest_that_boots_from_the_disk_is_told() -> None:
    place = int.from_bytes(BASE[5:7], "little") - 0x7C00
    assert BASE[place:].startswith(MESSAGE)
    assert BASE[446] == 0


def test_more_than_two_gibibytes_are_refused_with_the_largest_files() -> None:
    files = [MeasuredFile(MediaFile(f"{number}.bin", b""), 900 * MIB, None) for number in range(3)]
    with pytest.raises(MediumError, match=r"bytes too many; the largest are 0.bin \(943718400\)"):
        write_vhd(files, io.BytesIO())


def test_a_full_root_folder_is_refused() -> None:
    with pytest.raises(MediumError, match="the root folder needs 601 entries, a FAT16 disk has 512"):
        image_of([NamedFile(f"{number}.TXT", b"") for number in range(600)])


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(MediumError) as caught:
        image_of([NamedFile("con", b""), NamedFile("a", b""), NamedFile("A", b"")], label="*")
    assert [problem.rule for problem in caught.value.problems] == ["label", "name-reserved", "name-clash"]


def test_the_checksum_is_the_complement_of_the_sum_of_all_other_bytes() -> None:
    raw = footer(16 * MIB, 0, b"\xab" * 16)
    others = raw[:64] + raw[68:]
    assert int.from_bytes(raw[64:68], "big") == 0xFFFF_FFFF - sum(others)


@pytest.mark.parametrize("changed", [0, 10, 40, 64, 300])
def test_a_spoiled_footer_is_none(changed: int) -> None:
    raw = bytearray(footer(16 * MIB, 0, bytes(16)))
    assert is_footer(bytes(raw))
    raw[changed] ^= 1
    assert not is_footer(bytes(raw))


def test_a_disk_without_a_fat_partition_says_so() -> None:
    with pytest.raises(UnreadableError, match="no FAT partition"):
        stored_files(io.BytesIO(bytes(MIB)))
    other = bytearray(BASE)
    other[450] = 7
    with pytest.raises(UnreadableError, match="no FAT partition"):
        stored_files(io.BytesIO(other))


def test_a_partition_beyond_the_image_is_not_looked_at() -> None:
    assert list(partitions(io.BytesIO(BASE[: 2 * MIB]))) == []


def test_a_folder_without_end_is_refused() -> None:
    """Chain enough clusters of nothing behind a folder: each is a valid directory, and there is no last one."""
    image = bytearray(image_of([NamedFile("d/x", b"1"), NamedFile("e.bin", bytes(4 * MIB))]))
    geometry = parse_boot_sector(bytes(image[MIB : MIB + 512]))
    first = next(number for number in range(2, 5000) if image[MIB + geometry.offset_of(number)] == ord("."))
    fat = MIB + geometry.fat_offset
    chain = [first, *(number for number in range(2, 5000) if number != first)]
    assert len(chain) * geometry.cluster_size > LARGEST_FOLDER
    for here, after in itertools.pairwise(chain):
        struct.pack_into("<H", image, fat + 2 * here, after)
    with pytest.raises(UnreadableError, match=r"the folder .d. is too large"):
        stored_files(io.BytesIO(image))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 90_000), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_spoiled_disk_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    """Spoil the volume's head and what is first in it."""
    image = bytearray(BASE[: 2 * MIB])
    image[454:462] = struct.pack("<II", 2048, 2048)
    for offset, value in changes:
        image[MIB + offset] = value
    with contextlib.suppress(UnreadableError):
        stream = io.BytesIO(image)
        read_all(stream, stored_files(stream), limit=len(image))


def test_extents_count_from_the_front_of_the_disk() -> None:
    stored = next(file for file in stored_files(io.BytesIO(BASE)) if file.name == "winrmConfig.bat")
    (extent,) = stored.extents
    assert isinstance(extent, Extent)
    assert BASE[extent.offset : extent.offset + extent.size] == TYPICAL[1].data
