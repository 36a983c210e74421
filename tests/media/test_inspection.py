from __future__ import annotations

import contextlib
import io
import json
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.media.trees import TYPICAL
from tests.media.wims import SERVER, STANDARD, STANDARD_CORE, wim_of
from toolkit.errors import ExitCode, ToolkitError, UnreadableError
from toolkit.files import NamedFile
from toolkit.media.content import MediaFile
from toolkit.media.inspection import (
    LARGEST_ANSWER_FILE,
    MOST_ANSWERS,
    MOST_LOOKED_INTO,
    FileSystem,
    inspect,
    windows_images,
)
from toolkit.media.inspection_page import FILES_SHOWN, sized
from toolkit.media.iso import write_iso
from toolkit.media.pack import Medium, pack

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ANSWER = NamedFile("Autounattend.xml", b'<unattend xmlns="urn:schemas-microsoft-com:unattend">hunter2</unattend>')
SETUP_DISC = (
    ANSWER,
    NamedFile("boot/etfsboot.com", b"\xfa" * 4096),
    NamedFile("sources/boot.wim", wim_of(STANDARD)),
    NamedFile("sources/install.wim", wim_of(*SERVER)),
)
EVERY_MEDIUM = pytest.mark.parametrize("medium", Medium)


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    return pack(SETUP_DISC, tmp_path / "setup.iso", Medium.ISO, label="CCCOMA").path


@EVERY_MEDIUM
def test_a_medium_tells_its_file_systems_and_its_files(medium: Medium, tmp_path: Path) -> None:
    found = inspect(pack(TYPICAL, tmp_path / "image", medium, label="UNATTEND").path)
    assert found.kind == medium
    assert {system.label for system in found.file_systems} == {"UNATTEND"}
    assert [(file.name, file.size) for file in found.files] == sorted((file.name, len(file.data)) for file in TYPICAL)
    assert found.size == (tmp_path / "image").stat().st_size


@pytest.mark.parametrize(
    ("medium", "names"), [(Medium.ISO, ["ISO9660", "Joliet"]), (Medium.FLOPPY, ["FAT12"]), (Medium.VHD, ["FAT16"])]
)
def test_file_systems_are_named_and_may_have_no_label(medium: Medium, names: list[str], tmp_path: Path) -> None:
    found = inspect(pack(TYPICAL, tmp_path / "image", medium).path)
    assert found.file_systems == tuple(FileSystem(name, "") for name in names)


@EVERY_MEDIUM
def test_answer_files_are_handed_out_with_their_bytes(medium: Medium, tmp_path: Path) -> None:
    files = [
        ANSWER,
        NamedFile("sources/unattend-core.XML", b"<two/>"),
        NamedFile("other.xml", b"<x/>"),
        NamedFile("autounattend.txt", b""),
    ]
    found = inspect(pack(files, tmp_path / "image", medium).path)
    assert [(file.name, file.data) for file in found.answer_files] == [
        (ANSWER.name, ANSWER.data),
        ("sources/unattend-core.XML", b"<two/>"),
    ]


@EVERY_MEDIUM
def test_images_of_windows_are_listed_without_unpacking(medium: Medium, tmp_path: Path) -> None:
    found = inspect(pack(SETUP_DISC, tmp_path / "image", medium).path)
    assert [(one.name, [image.name for image in one.wim.images]) for one in found.installable if one.wim] == [
        ("sources/boot.wim", [STANDARD.name]),
        ("sources/install.wim", [image.name for image in SERVER]),
    ]


@EVERY_MEDIUM
def test_the_windows_images_of_a_disc_are_those_that_setup_installs(medium: Medium, tmp_path: Path) -> None:
    path = pack(SETUP_DISC, tmp_path / "image", medium).path
    assert [image.name for image in windows_images(path)] == [image.name for image in SERVER]


def test_a_disc_for_two_architectures_gives_the_images_of_both(tmp_path: Path) -> None:
    files = [
        NamedFile("x64/sources/install.esd", wim_of(STANDARD)),
        NamedFile("x86/sources/INSTALL.ESD", wim_of(STANDARD_CORE)),
        NamedFile("other/install.wim", wim_of(*SERVER)),
    ]
    path = pack(files, tmp_path / "image", Medium.ISO).path
    assert [image.name for image in windows_images(path)] == [STANDARD.name, STANDARD_CORE.name]


def test_a_wim_file_by_itself_gives_its_images(tmp_path: Path) -> None:
    path = tmp_path / "install.esd"
    path.write_bytes(wim_of(*SERVER))
    assert len(windows_images(path)) == 3
    found = inspect(path)
    assert (found.kind, found.installable[0].name) == ("wim", "install.esd")


def test_a_medium_without_windows_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="holds no Windows images"):
        windows_images(pack([ANSWER], tmp_path / "x.iso", Medium.ISO).path)
    (tmp_path / "x.txt").write_bytes(b"hello")
    with pytest.raises(UnreadableError, match="is no Windows setup disc: it looks like a text file") as caught:
        windows_images(tmp_path / "x.txt")
    assert caught.value.code is ExitCode.UNREADABLE


def test_a_damaged_wim_on_a_medium_does_not_hide_the_rest(tmp_path: Path) -> None:
    files = [NamedFile("sources/install.wim", wim_of(STANDARD)[:-5]), ANSWER]
    found = inspect(pack(files, tmp_path / "image", Medium.ISO).path)
    assert found.installable[0].wim is None
    assert "ends before" in (found.installable[0].reason or "")
    assert len(found.answer_files) == 1
    assert "sources/install.wim: cannot be read" in found.to_text(80)
    assert json.loads(json.dumps(found.to_json()))["install"][0]["error"] == found.installable[0].reason


def test_no_more_than_so_many_files_of_a_kind_are_looked_into(tmp_path: Path) -> None:
    files = [NamedFile(f"{number}/unattend.xml", b"<x/>") for number in range(MOST_LOOKED_INTO + 9)]
    found = inspect(pack(files, tmp_path / "image", Medium.ISO).path)
    assert (len(found.answer_files), len(found.files)) == (MOST_LOOKED_INTO, MOST_LOOKED_INTO + 9)
    assert found.passed_over == found.to_json()["answer_files_passed_over"] == 9
    assert "9 answer files not looked into: too large, or too many" in found.to_text(100)


def test_answer_files_are_looked_into_until_they_are_too_much_in_all(tmp_path: Path) -> None:
    files = [NamedFile(f"{number}/unattend.xml", bytes(LARGEST_ANSWER_FILE)) for number in range(4)]
    found = inspect(pack(files, tmp_path / "x.iso", Medium.ISO).path)
    assert sum(len(file.data) for file in found.answer_files) == MOST_ANSWERS
    assert found.passed_over == 4 - MOST_ANSWERS // LARGEST_ANSWER_FILE


def test_an_answer_file_that_is_too_large_to_be_one_is_listed_only(tmp_path: Path) -> None:
    files = [NamedFile("unattend.xml", bytes(LARGEST_ANSWER_FILE + 1)), ANSWER]
    found = inspect(pack(files, tmp_path / "image", Medium.ISO).path)
    assert ([file.name for file in found.answer_files], len(found.files)) == ([ANSWER.name], 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_answer_file_is_told_by_what_is_in_it(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "whatever"
    path.write_bytes(ANSWER.data.decode().encode(encoding))
    found = inspect(path)
    assert (found.kind, found.answer_files[0].name) == ("answer-file", "whatever")


@pytest.mark.parametrize(
    ("data", "kind", "words"),
    [
        (b"<?xml version='1.0'?><other/>", "xml", "an XML document"),
        (b"hello", "other", "a text file"),
        (b"", "other", "an empty file"),
        (b"PK\3\4", "other", "a ZIP archive"),
        (b"conectix" + bytes(2000) + b"conectix".ljust(512), "other", "a VHD disk image of variable size"),
        (bytes(510) + b"\x55\xaa" + bytes(5000), "disk", "a disk image without a FAT partition"),
    ],
)
def test_anything_else_is_named(data: bytes, kind: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(data)
    assert (inspect(path).kind, inspect(path).words) == (kind, words)


def test_a_disk_image_without_a_footer_is_read_as_well(tmp_path: Path) -> None:
    path = pack(TYPICAL, tmp_path / "x.vhd", Medium.VHD).path
    path.write_bytes(path.read_bytes()[:-512])
    assert (inspect(path).kind, len(inspect(path).files)) == ("disk", len(TYPICAL))


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    for look in (inspect, windows_images):
        with pytest.raises(UnreadableError, match="is a folder"):
            look(tmp_path)
        with pytest.raises(UnreadableError, match="absent cannot be read"):
            look(tmp_path / "absent")


def bootable(image: bytearray, *entries: tuple[int, int, int]) -> bytes:
    """Give an image an El Torito catalogue at its end: platform, mark and block of each entry."""
    block = len(image) // 2048
    catalogue = bytearray(2048)
    first, *others = entries
    catalogue[:32] = struct.pack("<BBH24sHBB", 1, first[0], 0, b"", 0, 0x55, 0xAA)
    struct.pack_into("<H", catalogue, 28, -sum(struct.unpack("<16H", catalogue[:32])) & 0xFFFF)
    struct.pack_into("<BBHBxHI", catalogue, 32, first[1], 0, 0, 0, 8, first[2])
    for number, (platform, mark, where) in enumerate(others):
        at = 64 + number * 64
        last = 0x91 if number == len(others) - 1 else 0x90
        struct.pack_into("<BBH", catalogue, at, last, platform, 1)
        struct.pack_into("<BBHBxHI", catalogue, at + 32, mark, 0, 0, 0, 1, where)
    record = (b"\0CD001\1" + b"EL TORITO SPECIFICATION".ljust(64, b"\0") + struct.pack("<I", block)).ljust(2048, b"\0")
    terminator = bytes(image[18 * 2048 : 19 * 2048])
    image[18 * 2048 : 20 * 2048] = record + terminator
    return bytes(image + catalogue)


def test_boot_entries_are_named_after_the_file_that_they_start(tmp_path: Path) -> None:
    """The path tables begin where the terminator goes now; no reader that is tested here uses them."""
    image = bytearray(pack(SETUP_DISC, tmp_path / "x.iso", Medium.ISO).path.read_bytes())
    block = image.index(b"\xfa" * 4096) // 2048
    path = tmp_path / "boot.iso"
    path.write_bytes(bootable(image, (0, 0x88, block), (0xEF, 0x88, 20), (7, 0, 21)))
    found = inspect(path)
    assert [(boot.platform, boot.bootable, boot.size, boot.block, boot.file) for boot in found.boot] == [
        ("BIOS", True, 4096, block, "boot/etfsboot.com"),
        ("UEFI", True, 512, 20, None),
        ("platform 0x07", False, 512, 21, None),
    ]
    page = found.to_text(120)
    assert f"boots BIOS from block {block}, loading 4,096 bytes: boot/etfsboot.com" in page
    assert "boots platform 0x07 from block 21, loading 512 bytes: no file of its own, marked as not bootable" in page


@pytest.mark.parametrize("width", [40, 80])
def test_a_page_keeps_to_its_width(disc: Path, width: int) -> None:
    page = inspect(disc).to_text(width)
    assert max(map(len, page.splitlines())) <= width
    unbroken = " ".join(page.split())
    assert "sources/install.wim: 3 images, LZX compression" in unbroken
    assert "2. Windows Server 2022 SERVERSTANDARD ServerStandard, desktop, amd64, en-US (default), de-DE," in unbroken


def test_a_long_list_of_files_is_cut_on_the_page_only(tmp_path: Path) -> None:
    files = [NamedFile(f"{number:03}.txt", b"x") for number in range(FILES_SHOWN + 7)]
    found = inspect(pack(files, tmp_path / "x.iso", Medium.ISO).path)
    page = found.to_text(80)
    assert "47 files, 47 bytes:" in page
    assert page.endswith("  and 7 more; --json lists them all")
    assert len(found.to_json()["files"]["list"]) == FILES_SHOWN + 7


def test_machines_get_everything_but_passwords(disc: Path) -> None:
    found = inspect(disc)
    text = json.dumps(found.to_json())
    value = json.loads(text)
    assert value["files"]["count"] == 4
    assert value["answer_files"] == [{"name": ANSWER.name, "size": len(ANSWER.data)}]
    assert value["install"][1]["images"][1]["languages"] == ["en-US", "de-DE"]
    assert (value["kind"], value["install"][1]["compression"]) == ("iso", "LZX")
    assert "hunter2" not in text + found.to_text(80) + repr(found)


def test_a_name_cannot_garble_the_terminal(tmp_path: Path) -> None:
    path = pack([NamedFile("a\u202ecod.exe", b"")], tmp_path / "x.iso", Medium.ISO).path
    assert "a\\u202ecod.exe" in inspect(path).to_text(80)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (8021, "8,021 bytes"),
        (16 << 20, "16.0 MiB"),
        (5_368_773_273, "5.0 GiB"),
        (1 << 52, "4,096.0 TiB"),
    ],
)
def test_sizes_are_for_reading(count: int, words: str) -> None:
    assert sized(count) == words


def image_of(files: Iterable[NamedFile]) -> bytes:
    target = io.BytesIO()
    write_iso([MediaFile.of(file).measure() for file in files], target)
    return target.getvalue()


BASE = image_of(SETUP_DISC)
BRIDGE = image_of([*SETUP_DISC, NamedFile("n" * 80, b"only UDF holds this name")])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([BASE, BRIDGE]),
    st.lists(st.tuples(st.integers(16 * 2048, len(BASE) - 1), st.integers(0, 255)), min_size=1, max_size=10),
    st.one_of(st.just(len(BRIDGE)), st.integers(0, len(BRIDGE))),
)
def test_a_spoiled_disc_is_inspected_or_refused(
    tmp_path: Path, base: bytes, changes: list[tuple[int, int]], length: int
) -> None:
    data = bytearray(base)
    for offset, value in changes:
        data[offset] = value
    path = tmp_path / "x.iso"
    path.write_bytes(data[:length])
    with contextlib.suppress(ToolkitError):
        inspect(path).to_text(40)
    with contextlib.suppress(ToolkitError):
        windows_images(path)
