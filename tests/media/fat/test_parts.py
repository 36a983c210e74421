"""The structures of FAT, each read back by its own reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import UnreadableError
from toolkit.media.fat.boot_sector import MESSAGE, boot_sector, parse_boot_sector
from toolkit.media.fat.chains import link_after, pack_fat
from toolkit.media.fat.geometry import FLOPPIES, FloppySize
from toolkit.media.fat.long_names import long_name, long_name_records
from toolkit.media.fat.records import DosTime, dos_time

ALIAS = b"LONGFI~1TXT"
NAMES = st.text(st.characters(codec="utf-16-le", exclude_characters="\0\uffff"), min_size=1, max_size=120)


@pytest.mark.parametrize("size", FloppySize)
def test_a_boot_sector_tells_its_geometry(size: FloppySize) -> None:
    sector = boot_sector(FLOPPIES[size], b"UNATTEND   ", 1)
    assert len(sector) == 512
    assert parse_boot_sector(sector) == FLOPPIES[size]
    assert FLOPPIES[size].kib == size


def test_the_capacities_are_the_known_ones() -> None:
    assert [FLOPPIES[size].capacity for size in FloppySize] == [730_112, 1_457_664, 2_931_712]
    assert FLOPPIES[FloppySize.KIB_1440].clusters == 2847


def test_the_boot_code_points_at_the_message() -> None:
    sector = boot_sector(FLOPPIES[FloppySize.KIB_1440], b"UNATTEND   ", 1)
    code = sector.index(b"\x31\xc0\x8e\xd8\xbe")
    assert code == 2 + sector[1]  # where the jump at the front leads
    message = int.from_bytes(sector[code + 5 : code + 7], "little") - 0x7C00
    assert sector[message:].startswith(MESSAGE)


@pytest.mark.parametrize(("offset", "value"), [(11, 0), (13, 0), (13, 3), (16, 0), (17, 0), (21, 1), (22, 0)])
def test_a_senseless_boot_sector_is_refused(offset: int, value: int) -> None:
    sector = bytearray(boot_sector(FLOPPIES[FloppySize.KIB_1440], b"UNATTEND   ", 1))
    sector[offset] = value
    sector[12] = 0 if offset == 11 else sector[12]
    with pytest.raises(UnreadableError, match="FAT12"):
        parse_boot_sector(bytes(sector))


@given(st.lists(st.integers(0, 0xFFF), max_size=200))
def test_links_come_back(links: list[int]) -> None:
    table = pack_fat(links, 512)
    assert [link_after(table, number) for number in range(len(links))] == links
    assert link_after(table, 1000) is None


@given(NAMES)
def test_a_long_name_comes_back(name: str) -> None:
    records = long_name_records(name, ALIAS)
    assert len(records) == -(-len(name.encode("utf-16-le")) // 26)
    assert long_name(records, ALIAS) == name


@pytest.mark.parametrize("length", [12, 13, 14, 26, 255])
def test_names_that_fill_their_records_come_back(length: int) -> None:
    assert long_name(long_name_records("n" * length, ALIAS), ALIAS) == "n" * length


def test_a_name_that_ends_within_a_record_is_closed_and_filled() -> None:
    (record,) = long_name_records("abc", ALIAS)
    assert record[1:11] == b"a\0b\0c\0\0\0\xff\xff"
    assert record[14:26] + record[28:32] == b"\xff" * 16
    assert record[0] == 0x41
    assert record[11:13] + record[26:28] == b"\x0f\0\0\0"


def test_records_of_another_alias_are_ignored() -> None:
    records = long_name_records("a long name indeed", ALIAS)
    assert long_name(records, b"LONGFI~2TXT") is None
    assert long_name(records[1:], ALIAS) is None
    assert long_name(records[::-1], ALIAS) is None
    assert long_name((), ALIAS) is None


def test_times_are_packed_in_utc_and_held_within_what_fat_knows() -> None:
    assert dos_time(315_532_800) == DosTime(1 << 5 | 1, 0)
    assert dos_time(0) == dos_time(-(10**12)) == dos_time(315_532_800)
    assert dos_time(1_700_000_000) == DosTime(43 << 9 | 11 << 5 | 14, 22 << 11 | 13 << 5 | 10)  # 2023-11-14 22:13:20
    assert dos_time(10**12) == DosTime(127 << 9 | 12 << 5 | 31, 23 << 11 | 59 << 5 | 29)
