from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.wims import SERVER, STANDARD, STANDARD_CORE, header, wim, wim_of
from toolkit.errors import UnreadableError
from toolkit.media.wim.description import LONGEST_TEXT, MOST_IMAGES
from toolkit.media.wim.image import Compression, WimFile, WimImage
from toolkit.media.wim.reading import LARGEST_XML, read_images


def read(data: bytes) -> WimFile:
    return read_images(io.BytesIO(data))


def test_every_field_of_an_image_is_read() -> None:
    assert read(wim_of(STANDARD_CORE, STANDARD)).images[1] == WimImage(
        index=2,
        name="Windows Server 2022 SERVERSTANDARD",
        display_name="Windows Server 2022 SERVERSTANDARD (shown)",
        description=None,
        edition_id="ServerStandard",
        installation="Server",
        architecture="amd64",
        languages=("en-US", "de-DE"),
        default_language="en-US",
        version="10.0.20348.587",
        size=10_000,
    )


def test_what_an_image_does_not_say_is_none() -> None:
    assert read(wim('<WIM><IMAGE INDEX="1"/></WIM>')).images == (WimImage(1),)


def test_images_come_in_the_order_of_their_indices() -> None:
    xml = '<WIM><IMAGE INDEX="2"><NAME>b</NAME></IMAGE><IMAGE INDEX="1"><NAME>a</NAME></IMAGE></WIM>'
    assert [image.name for image in read(wim(xml)).images] == ["a", "b"]


def test_texts_elsewhere_in_the_xml_are_not_taken_for_an_images() -> None:
    xml = '<WIM><NAME>file</NAME><IMAGE INDEX="1"><X><NAME>deep</NAME></X></IMAGE><TOTALBYTES>9</TOTALBYTES></WIM>'
    assert read(wim(xml)).images == (WimImage(1),)


@pytest.mark.parametrize(
    ("flags", "version", "compression", "solid"),
    [
        (0, 0x10D00, Compression.NONE, False),
        (0x20002, 0x10D00, Compression.XPRESS, False),
        (0x40002, 0x10D00, Compression.LZX, False),
        (0x80002, 0xE00, Compression.LZMS, True),
    ],
)
def test_the_compression_is_told(flags: int, version: int, compression: Compression, solid: bool) -> None:  # noqa: FBT001
    found = read(wim('<WIM><IMAGE INDEX="1"/></WIM>', flags=flags, version=version))
    assert (found.compression, found.solid) == (compression, solid)


def test_a_part_of_a_split_file_lists_all_images() -> None:
    found = read(wim('<WIM><IMAGE INDEX="1"/><IMAGE INDEX="2"/></WIM>', part=2, parts=3))
    assert (len(found.images), found.part, found.parts) == (2, 2, 3)


def test_a_file_is_read_from_within_another() -> None:
    data = wim_of(*SERVER)
    stream = io.BytesIO(bytes(4096) + data + b"what follows")
    assert read_images(stream, 4096, len(data)) == read(data)
    with pytest.raises(UnreadableError, match="ends before"):
        read_images(stream, 4096, len(data) - 1)


def test_a_pipable_file_is_read_by_the_header_at_its_end() -> None:
    xml = '\ufeff<WIM><IMAGE INDEX="1"><NAME>p</NAME></IMAGE></WIM>'.encode("utf-16-le")
    mark = b"WLPWM\0\0\0"
    data = header(0, 0, mark=mark) + xml + header(208, len(xml), mark=mark)
    assert read(data).images[0].name == "p"


def test_only_the_header_and_the_xml_are_read() -> None:
    class Counting(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            self.taken += len(data)
            return data

    data = wim_of(*SERVER)
    stream = Counting(data + bytes(10 << 20))
    read_images(stream)
    assert stream.taken <= len(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a WIM file"),
        (b"MSWIM\0\0\0", "not a WIM file"),
        (b"PK\3\4" + bytes(300), "not a WIM file"),
        (header(208, 10, kind=4) + bytes(10), "compressed"),
        (header(208, LARGEST_XML + 2), "list of images has 67108866 bytes"),
        (header(208, 10), "ends before its list"),
        (header(1 << 63, 10), "ends before its list"),
        (header(208, 0), "ends before its list"),
        (wim("<WIM/>", part=3, parts=2), "part 3 of 2"),
        (wim("<WIM/>", part=0), "part 0 of 1"),
        (wim("<WIM><IMAGE"), "cannot be read"),
        (wim(b"\x12\x34" * 40), "cannot be read"),
        (wim('<WIM><IMAGE INDEX="x"/></WIM>'), "index 'x'"),
        (wim("<WIM><IMAGE/></WIM>"), "index ''"),
        (wim('<WIM><IMAGE INDEX="1"/><IMAGE INDEX="1"/></WIM>'), "same index"),
        (wim("<!DOCTYPE WIM><WIM/>"), "document type"),
        (wim("<WIM>" + '<IMAGE INDEX="1"/>' * (MOST_IMAGES + 1) + "</WIM>"), "more than 1000"),
        (wim(f'<WIM><IMAGE INDEX="1"><NAME>{"x" * (LONGEST_TEXT + 1)}</NAME></IMAGE></WIM>'), "too long"),
        (wim("<WIM>" + "<A>" * 40 + "</A>" * 40 + "</WIM>"), "too deeply"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError, match=reason):
        read(data)


def test_entities_that_blow_up_are_refused_before_they_do() -> None:
    bomb = "".join(f'<!ENTITY e{level + 1} "{f"&e{level};" * 10}">' for level in range(9))
    with pytest.raises(UnreadableError, match="document type"):
        read(wim(f'<!DOCTYPE WIM [<!ENTITY e0 "x">{bomb}]><WIM>&e9;</WIM>'))


BASE = wim_of(*SERVER)


def test_a_file_cut_off_anywhere_is_refused() -> None:
    for length in range(len(BASE)):
        with pytest.raises(UnreadableError):
            read(BASE[:length])


@given(st.lists(st.tuples(st.integers(0, len(BASE) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_spoiled_file_is_read_or_refused(changes: list[tuple[int, int]]) -> None:
    data = bytearray(BASE)
    for offset, value in changes:
        data[offset] = value
    with contextlib.suppress(UnreadableError):
        read(bytes(data))


@given(st.text(st.characters(codec="utf-16-le", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")))
def test_any_name_comes_back_without_the_space_around_it(name: str) -> None:
    from dataclasses import replace  # noqa: PLC0415

    assert read(wim_of(replace(STANDARD, name=name))).images[0].name == (name.strip() or None)
