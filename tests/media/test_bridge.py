"""Discs with UDF beside Joliet, for names that Joliet cannot hold."""

from __future__ import annotations

import io
import itertools
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.media.trees import TYPICAL, trees
from tests.media.udf.soundness import complaints
from toolkit.files import NamedFile
from toolkit.media.content import MediaFile
from toolkit.media.iso import EPOCH, files_on, write_iso
from toolkit.media.joliet import Naming, files_of, volumes
from toolkit.media.making import Making
from toolkit.media.mastering import Target
from toolkit.media.refusal import MediumError
from toolkit.media.signature import has_udf
from toolkit.media.stored import read_all
from toolkit.media.udf.blocks import BLOCK
from toolkit.media.udf.names import UDF_NAMES, pairs_alike, udf_name_problems
from toolkit.media.udf.volume import open_volume

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from toolkit.media.content import MeasuredFile
    from toolkit.media.recorder import Recorded

LONG = NamedFile("drivers/" + "n" * 100 + ".inf", b"long" * 2000)
WIDE = NamedFile("\u8a2d" * 126 + "/" + "\u5b9a" * 100, b"wide")
BRIDGED = (*TYPICAL, LONG, WIDE, NamedFile("a;1", b"semicolon"))


def made(files: Iterable[NamedFile], making: Making | None = None) -> tuple[io.BytesIO, Recorded]:
    target = io.BytesIO()
    measured = [MediaFile.of(file).measure() for file in files]
    return target, write_iso(measured, target, making or Making("UNATTEND"))


def by_name(files: Iterable[NamedFile]) -> list[NamedFile]:
    return sorted(files, key=lambda file: file.name)


def read(image: io.BytesIO) -> list[NamedFile]:
    return list(read_all(image, files_on(image), limit=1 << 30))


def fit(files: tuple[NamedFile, ...]) -> bool:
    names = [file.name for file in files]
    return not udf_name_problems(names, 254) and not list(pairs_alike(names))


def lengthened(file: NamedFile, number: int) -> NamedFile:
    return NamedFile(f"{file.name}{'-' * 70}{number}", file.data)


def test_udf_is_added_only_where_a_name_needs_it() -> None:
    image, recorded = made(TYPICAL)
    assert not has_udf(image)
    assert (recorded.file_systems, dict(recorded.stand_ins)) == (("ISO9660", "Joliet"), {})
    for name in ("n" * 65, "a;1", "n" * 65 + "/x"):
        image, recorded = made([*TYPICAL, NamedFile(name, b"1")])
        assert has_udf(image)
        assert recorded.file_systems == ("ISO9660", "Joliet", "UDF")
        assert list(recorded.stand_ins) == [name]


def test_every_name_is_kept_in_udf_and_shortened_in_joliet() -> None:
    image, recorded = made(BRIDGED)
    assert read(image) == by_name(BRIDGED)
    joliet = next(volume for volume in volumes(image) if volume.naming is Naming.JOLIET)
    shown = {file.name: file.data for file in read_all(image, files_of(image, joliet), limit=1 << 30)}
    assert shown == {recorded.stand_ins.get(file.name, file.name): file.data for file in BRIDGED}
    assert recorded.stand_ins[LONG.name] == "drivers/" + "n" * 60 + ".inf"
    assert open_volume(image).label == "UNATTEND"


TREES = st.one_of(
    trees(UDF_NAMES).filter(fit),
    trees(UDF_NAMES).map(lambda files: tuple(map(lengthened, files, itertools.count()))).filter(fit),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREES, st.randoms(use_true_random=False))
def test_any_tree_comes_back_sound_whatever_the_order(files: tuple[NamedFile, ...], chance: random.Random) -> None:
    image, recorded = made([*files, LONG])
    assert read(image) == by_name([*files, LONG])
    assert set(files_on(image)) == set(recorded.places)
    assert complaints(image.getvalue(), 0) == []
    shuffled = [*files, LONG]
    chance.shuffle(shuffled)
    assert made(shuffled)[0].getvalue() == image.getvalue()


def test_a_folder_of_thousands_is_kept() -> None:
    files = [NamedFile(f"{'a long driver name ' * 5}{number:04}.sys", b"%d" % number) for number in range(1500)]
    image, _ = made(files)
    assert read(image) == by_name(files)
    assert complaints(image.getvalue(), 0) == []


def test_a_folder_that_ends_with_its_block_is_kept() -> None:
    """A name of 66 letters takes 106 bytes of a folder, 19 of them and one of 34 with the way up exactly 2,048."""
    for last in range(60, 130):
        files = [NamedFile(f"f/{number:02}{'x' * 64}", b"1") for number in range(15)]
        files.append(NamedFile("f/" + "y" * last, b"2"))
        assert read(made(files)[0]) == by_name(files)


def test_the_last_file_ends_within_the_partition_and_the_last_block_is_the_anchor() -> None:
    image, recorded = made(BRIDGED)
    volume = open_volume(image)
    (partition,) = volume.structure.partitions
    blocks = len(image.getvalue()) // BLOCK
    last = max(extent.offset + extent.size for file in recorded.places for extent in file.extents)
    assert last <= (partition.start + partition.length) * BLOCK
    assert partition.start + partition.length <= blocks - 1
    assert image.getvalue()[(blocks - 1) * BLOCK :][:2] == b"\2\0"  # ECMA-167 3/10.2


def test_moment_and_contents_decide_all_that_is_random() -> None:
    same, again = made(BRIDGED)[0], made(BRIDGED)[0]
    assert same.getvalue() == again.getvalue()
    other = made(BRIDGED, Making("UNATTEND", EPOCH + 60))[0].getvalue()
    assert other != same.getvalue()
    assert identity(same) != identity(made([*BRIDGED, NamedFile("more", b"")])[0])


def identity(image: io.BytesIO) -> bytes:
    """Give the volume set identifier, which tells one volume from another (ECMA-167 3/10.1)."""
    return image.getvalue()[32 * BLOCK + 72 :][:128]


def test_a_name_that_udf_cannot_hold_either_is_refused_before_writing() -> None:
    target = io.BytesIO()
    names = ["n" * 255, "\u2603" * 127, "a:b", "ok", "n" * 65]
    with pytest.raises(MediumError) as caught:
        write_iso([MediaFile(name, b"").measure() for name in names], target)
    assert [problem.rule for problem in caught.value.problems] == ["name-character", "name-too-long", "name-too-long"]
    assert target.getvalue() == b""


def test_names_that_pycdlib_takes_for_one_are_refused_with_the_reason() -> None:
    """The bytes of two letters that are not Latin-1 may be those of four that are."""
    wide, narrow = "\u3041\u3042", "0A0B"
    assert wide.encode("utf-16-be") == narrow.encode("latin-1")
    assert read(made([NamedFile(wide, b"1"), NamedFile(narrow, b"2")])[0])  # Joliet keeps them apart
    with pytest.raises(MediumError, match="pycdlib") as caught:
        made([LONG, NamedFile(f"f/{wide}", b"1"), NamedFile(f"f/{narrow}", b"2")])
    assert [problem.rule for problem in caught.value.problems] == ["name-clash"]
    assert read(made([LONG, NamedFile(f"f/{wide}", b"1"), NamedFile(f"g/{narrow}", b"2")])[0])


class Counting:
    """A sink that keeps nothing."""

    def __init__(self) -> None:
        self.position = 0

    def put(self, data: bytes) -> None:
        self.position += len(data)

    def copy(self, file: MeasuredFile) -> None:
        self.position += file.size

    def fill(self, end: int) -> None:
        self.position = max(self.position, end)


def test_what_lies_behind_the_contents_waits_for_its_turn_without_taking_memory() -> None:
    sink = Counting()
    target = Target(sink)
    content = MediaFile("x", b"1" * BLOCK).measure()
    tracemalloc.start()
    try:
        target.write(b"head")
        target.seek(1 << 33)
        target.write(b"anchor")
        target.seek(BLOCK)
        target.write(target.copy(content))
        target.finish()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sink.position == (1 << 33) + 6
    assert target.starts == {"x": BLOCK}
    assert peak < 1 << 20
