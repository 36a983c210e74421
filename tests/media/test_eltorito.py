from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.discs import windows_disc
from toolkit.media.eltorito import BootEntry, Platform, boot_catalogue

if TYPE_CHECKING:
    from pathlib import Path

SECTOR = 2048
CATALOGUE = 20


def entry(block: int, *, bootable: bool = True, sectors: int = 1) -> bytes:
    return struct.pack("<BBHBxHI20x", 0x88 if bootable else 0, 0, 0x7C0, 0, sectors, block)


def header(platform: int, count: int, *, last: bool) -> bytes:
    return struct.pack("<BBH28x", 0x91 if last else 0x90, platform, count)


def validation(platform: int = 0) -> bytes:
    raw = bytearray(struct.pack("<BB28xBB", 1, platform, 0x55, 0xAA))
    struct.pack_into("<H", raw, 28, -sum(struct.unpack("<16H", raw)) & 0xFFFF)
    return bytes(raw)


def disc(*records: bytes, mark: bytes = b"EL TORITO SPECIFICATION") -> io.BytesIO:
    image = bytearray(CATALOGUE * SECTOR)
    image[16 * SECTOR : 16 * SECTOR + 7] = b"\x01CD001\x01"
    image[17 * SECTOR : 17 * SECTOR + 7] = b"\x00CD001\x01"
    image[17 * SECTOR + 7 : 17 * SECTOR + 7 + len(mark)] = mark
    struct.pack_into("<I", image, 17 * SECTOR + 71, CATALOGUE)
    image[18 * SECTOR : 18 * SECTOR + 7] = b"\xffCD001\x01"
    return io.BytesIO(bytes(image) + b"".join(records).ljust(SECTOR, b"\0"))


def entries(image: io.BytesIO) -> tuple[BootEntry, ...]:
    catalogue = boot_catalogue(image)
    assert catalogue is not None
    return catalogue.entries


def test_the_entries_of_a_windows_disc_are_for_bios_and_uefi(tmp_path: Path) -> None:
    with windows_disc(tmp_path / "x.iso").open("rb") as image:
        catalogue = boot_catalogue(image)
    assert catalogue is not None
    assert [(each.platform, each.bootable, each.sectors) for each in catalogue.entries] == [
        (Platform.BIOS, True, 8),
        (Platform.UEFI, True, 1),
    ]


def test_every_section_is_read_up_to_the_last() -> None:
    image = disc(
        validation(Platform.UEFI),
        entry(100, sectors=8),
        header(Platform.UEFI, 2, last=False),
        entry(101),
        b"\x44" * 32,  # an extension of the entry before
        entry(102, bootable=False),
        header(Platform.MAC, 1, last=True),
        entry(103),
        header(Platform.BIOS, 1, last=True),
        entry(104),
    )
    found = [(each.platform, each.block, each.bootable) for each in entries(image)]
    assert found == [
        (Platform.UEFI, 100, True),
        (Platform.UEFI, 101, True),
        (Platform.UEFI, 102, False),
        (Platform.MAC, 103, True),
    ]


def test_a_changed_entry_differs_in_its_block_and_length_only() -> None:
    image = disc(validation(), entry(100), header(Platform.UEFI, 1, last=True), entry(101))
    catalogue = boot_catalogue(image)
    assert catalogue is not None
    changed = catalogue.with_entry(catalogue.entries[1], 0x01020304, 0x0506)
    assert changed.entries[0] == catalogue.entries[0]
    assert (changed.entries[1].block, changed.entries[1].sectors) == (0x01020304, 0x0506)
    differing = [at for at in range(SECTOR) if changed.raw[at] != catalogue.raw[at]]
    assert differing == [102, 103, 104, 105, 106, 107]


@pytest.mark.parametrize(
    "image",
    [
        io.BytesIO(),
        io.BytesIO(bytes(40 * SECTOR)),
        disc(validation(), entry(1), mark=b"SOMETHING ELSE"),
        disc(b"\x01".ljust(32, b"\0"), entry(1)),
        disc(validation()[:30] + b"\0\0", entry(1)),
        io.BytesIO(disc(validation(), entry(1)).getvalue()[:-1]),
    ],
)
def test_what_has_no_sound_catalogue_has_none(image: io.BytesIO) -> None:
    assert boot_catalogue(image) is None


@given(st.binary(max_size=SECTOR - 64))
def test_any_catalogue_is_read_without_going_astray(rest: bytes) -> None:
    assert 1 <= len(entries(disc(validation(), entry(1), rest))) <= SECTOR // 32
