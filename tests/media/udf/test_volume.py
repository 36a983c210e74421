from __future__ import annotations

import contextlib
import io
import random
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.discs import LABEL, WINDOWS, held_by, windows_disc
from tests.media.udf.crafted import Disc, File, Piece, file, folder
from toolkit.errors import UnreadableError
from toolkit.media.extents import Extent
from toolkit.media.udf.allocation import Form, Kind
from toolkit.media.udf.blocks import BLOCK
from toolkit.media.udf.failure import DamagedUdfError, NotUdfError, UnsupportedUdfError
from toolkit.media.udf.file_identifier import Trait
from toolkit.media.udf.tag import TAG_SIZE, TagId, read_tag, resealed
from toolkit.media.udf.volume import UdfVolume, open_volume

if TYPE_CHECKING:
    from pathlib import Path

TREE = {
    "Setup.exe": file(b"MZ" * 3000),
    "empty": file(),
    "sources": folder({"install.wim": file(b"wim" * 5000), "\u2603": folder({})}),
}
HELD = {
    "Setup.exe": b"MZ" * 3000,
    "empty": b"",
    "sources/": b"",
    "sources/install.wim": b"wim" * 5000,
    "sources/\u2603/": b"",
}


def volume_of(disc: Disc) -> UdfVolume:
    return open_volume(io.BytesIO(disc.image()))


def held(disc: Disc) -> dict[str, bytes]:
    return held_by(io.BytesIO(disc.image()))


def test_a_disc_of_pycdlib_is_read(tmp_path: Path) -> None:
    with windows_disc(tmp_path / "x.iso").open("rb") as image:
        volume = open_volume(image)
        assert volume.label == LABEL
        assert volume.missing == 0
        found = held_by(image)
    assert found.items() >= {named.name: named.data for named in WINDOWS}.items()


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("form", [Form.SHORT, Form.LONG, Form.EMBEDDED])
@pytest.mark.parametrize("kind", [TagId.FILE_ENTRY, TagId.EXTENDED_FILE_ENTRY])
@pytest.mark.parametrize("attributes", [0, 64])
def test_folders_and_files_are_read_in_every_shape(kind: TagId, form: Form, version: int, attributes: int) -> None:
    shape = {"form": form, "kind": kind, "attributes": attributes}
    inner = folder({"a.txt": file(b"a" * 99, **shape), "b": file(b"", **shape)}, **shape)
    disc = Disc(folder({"in": inner, "c": file(b"c" * 300, **shape)}, **shape), version=version)
    assert held(disc) == {"in/": b"", "in/a.txt": b"a" * 99, "in/b": b"", "c": b"c" * 300}


@pytest.mark.parametrize("form", [Form.SHORT, Form.LONG])
@pytest.mark.parametrize("per_block", [1, 3, 1000])
def test_a_file_in_many_pieces_is_joined(form: Form, per_block: int) -> None:
    blocks = tuple(Piece(bytes([number]) * BLOCK) for number in range(7))
    scattered = File((*blocks, Piece(b"end")), form=form, per_block=per_block)
    assert held(Disc(folder({"x": scattered})))["x"] == b"".join(piece.data or b"" for piece in scattered.pieces)


def test_pieces_that_go_on_from_each_other_are_one_extent() -> None:
    volume = volume_of(Disc(folder({"x": File((Piece(b"1" * BLOCK), Piece(b"2" * BLOCK), Piece(b"3")))})))
    (entry,) = volume.entries()
    assert [type(run) for run in entry.runs] == [Extent]


@pytest.mark.parametrize("kind", [Kind.UNRECORDED, Kind.UNALLOCATED])
def test_what_is_not_recorded_reads_as_zeros(kind: Kind) -> None:
    pieces = (Piece(b"a" * BLOCK), Piece(None, kind, 3 * BLOCK), Piece(b"z"))
    assert held(Disc(folder({"x": File(pieces)})))["x"] == b"a" * BLOCK + bytes(3 * BLOCK) + b"z"


def test_an_image_of_holes_costs_no_memory() -> None:
    sparse = File(tuple(Piece(None, Kind.UNALLOCATED, 1 << 29) for _ in range(20)))
    volume = volume_of(Disc(folder({"x": sparse})))
    with volume.open("x") as stream:
        assert stream.seek(-4, io.SEEK_END) == 20 * (1 << 29) - 4
        assert stream.read() == bytes(4)


def test_a_stream_seeks_and_reads_like_a_file() -> None:
    content = random.Random(1).randbytes(5 * BLOCK + 77)
    pieces = (Piece(content[:BLOCK]), Piece(content[BLOCK : 3 * BLOCK]), Piece(content[3 * BLOCK :]))
    scattered = File(pieces, per_block=1)
    stream, same = volume_of(Disc(folder({"x": scattered}))).open("x"), io.BytesIO(content)
    chance = random.Random(2)
    for _ in range(300):
        match chance.randrange(4):
            case 0:
                offset = chance.randrange(len(content) + 50)
                assert stream.seek(offset) == same.seek(offset)
            case 1:
                offset = chance.randrange(len(content))
                assert stream.seek(-offset, io.SEEK_END) == same.seek(-offset, io.SEEK_END)
            case 2:
                assert stream.tell() == same.tell()
            case _:
                count = chance.choice([0, 1, 10, BLOCK, 3 * BLOCK])
                assert stream.read(count) == same.read(count)


def test_deleted_names_are_not_there() -> None:
    gone = file(b"x", traits=Trait.DELETED)
    assert held(Disc(folder({"gone": gone, "kept": file(b"y")}))) == {"kept": b"y"}


def test_hidden_files_are_there() -> None:
    assert held(Disc(folder({"hidden": file(b"x", traits=Trait.HIDDEN)}))) == {"hidden": b"x"}


@pytest.mark.parametrize("path", ["sources/install.wim", "SOURCES/Install.WIM"])
def test_a_file_is_opened_as_windows_finds_it(path: str) -> None:
    volume = volume_of(Disc(folder(TREE)))
    assert volume.open(path).read() == b"wim" * 5000
    found = volume.find(path)
    assert found is not None
    assert found.path == "sources/install.wim"


def test_the_exact_name_is_preferred_to_one_that_differs_in_case() -> None:
    volume = volume_of(Disc(folder({"A": file(b"upper"), "a": file(b"lower")})))
    assert (volume.open("A").read(), volume.open("a").read()) == (b"upper", b"lower")


@pytest.mark.parametrize("path", ["nothing", "Setup.exe/x", "sources/", "", "sources"])
def test_what_is_no_file_is_not_opened(path: str) -> None:
    with pytest.raises(UnreadableError, match="cannot be read from the image"):
        volume_of(Disc(folder(TREE))).open(path)


def test_the_reserve_descriptors_are_read_where_the_main_ones_are_gone() -> None:
    assert held(Disc(folder(TREE), main=False)) == HELD


def test_the_anchor_at_the_end_is_read_where_the_first_is_gone() -> None:
    image = bytearray(Disc(folder(TREE)).image())
    image[256 * BLOCK : 257 * BLOCK] = bytes(BLOCK)
    assert held_by(io.BytesIO(bytes(image))) == HELD


@pytest.mark.parametrize("image", [b"", b"x" * 5000, bytes(300 * BLOCK)])
def test_what_is_no_udf_is_called_that(image: bytes) -> None:
    with pytest.raises(NotUdfError):
        open_volume(io.BytesIO(image))


METADATA_MAP = bytes([2, 64, 0, 0]) + b"\0*UDF Metadata Partition".ljust(60, b"\0")


@pytest.mark.parametrize(
    ("disc", "reason"),
    [
        (Disc(folder(TREE), block_size=512), "512 bytes"),
        (Disc(folder(TREE), maps=METADATA_MAP), "virtual, sparable or metadata"),
        (Disc(folder(TREE), map_count=0), "0 partition maps"),
        (Disc(folder(TREE), map_count=9), "9 partition maps"),
    ],
)
def test_other_kinds_of_udf_are_told_apart_from_damage(disc: Disc, reason: str) -> None:
    with pytest.raises(UnsupportedUdfError, match=reason):
        volume_of(disc)


@pytest.mark.parametrize(
    ("disc", "reason"),
    [
        (Disc(folder(TREE), main=False, reserve=False), "neither copy"),
        (Disc(folder({"x": file(b"x", size=5000)})), "its extents fewer"),
        (Disc(folder({"x": file(b"x", form=Form.EMBEDDED, size=5000)})), "longer than its entry"),
        (Disc(folder({"a/b": file(b"x")})), "a file called 'a/b'"),
        (Disc(folder({"..": file(b"x")})), "a file called '..'"),
        (Disc(folder({"x": file(b"x", traits=Trait.FOLDER)})), "broken name|ends in the middle"),
        (Disc(file(b"x")), "root is no folder"),
        (Disc(folder(TREE), length=3), "which has none|goes on past"),
    ],
)
def test_contradictions_are_damage(disc: Disc, reason: str) -> None:
    with pytest.raises(DamagedUdfError, match=reason):
        held(disc)


def test_a_folder_within_itself_is_damage() -> None:
    image = bytearray(Disc(folder({"loop": folder({})})).image())
    volume = open_volume(io.BytesIO(bytes(image)))
    loop = next(volume.entries())
    (run,) = volume.runs(volume.root)
    assert isinstance(run, Extent)
    at = image.index(struct.pack("<I", loop.entry.address.block), run.offset + 40)
    raw = bytearray(image[run.offset + 40 : run.offset + run.size])
    struct.pack_into("<I", raw, at - run.offset - 40, volume.structure.root.block)
    image[run.offset + 40 : run.offset + run.size] = resealed(bytes(raw))
    with pytest.raises(DamagedUdfError, match="within itself"):
        held_by(io.BytesIO(bytes(image)))


def test_a_shorter_image_says_how_much_is_missing() -> None:
    image = Disc(folder(TREE)).image()
    assert open_volume(io.BytesIO(image)).missing == 0
    assert open_volume(io.BytesIO(image[: -2 * BLOCK])).missing == BLOCK


CRAFTED = Disc(folder(TREE)).image()


def read_or_refuse(image: bytes) -> None:
    """Look at everything; a hole may be said to have terabytes, so only the beginning of each file is read."""
    with contextlib.suppress(UnreadableError):
        volume = open_volume(io.BytesIO(image))
        for entry in volume.entries():
            volume.stream(entry).read(1 << 16)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_image_is_read_or_refused(data: st.DataObject) -> None:
    image = bytearray(CRAFTED)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(32 * BLOCK, len(image) - 1))
        image[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(image)))
    read_or_refuse(bytes(image[:cut] if data.draw(st.booleans()) else image))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_an_image_whose_seals_are_right_and_contents_hostile_is_read_or_refused(data: st.DataObject) -> None:
    image = bytearray(CRAFTED)
    tagged = [at for at in range(0, len(image), BLOCK) if read_tag(bytes(image[at : at + BLOCK]))]
    for at in data.draw(st.lists(st.sampled_from(tagged), min_size=1, max_size=3)):
        raw = bytearray(image[at : at + BLOCK])
        for _ in range(data.draw(st.integers(1, 3))):
            offset = data.draw(st.integers(TAG_SIZE, 480))
            raw[offset : offset + 4] = data.draw(st.binary(min_size=4, max_size=4))
        image[at : at + BLOCK] = resealed(bytes(raw))
    read_or_refuse(bytes(image))
