"""Any files into any disc: what was there stays, what is new is there, and all of it can be taken back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.media.discs import held_by, windows_disc
from tests.media.trees import trees
from tests.media.udf.crafted import Disc, file, folder
from tests.media.udf.soundness import complaints, link_surplus
from toolkit.files import NamedFile
from toolkit.media.changes import append, apply, roll_back
from toolkit.media.content import MediaFile
from toolkit.media.names import same_name
from toolkit.media.refusal import MediumError
from toolkit.media.tree import tree
from toolkit.media.udf.allocation import Form
from toolkit.media.udf.blocks import BLOCK
from toolkit.media.udf.branches import branches
from toolkit.media.udf.file_identifier import Trait
from toolkit.media.udf.graft import graft
from toolkit.media.udf.names import UDF_NAMES, udf_name_problems
from toolkit.media.udf.tag import TagId
from toolkit.media.udf.volume import open_volume

if TYPE_CHECKING:
    from pathlib import Path

EDGES = st.sampled_from([0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
FOLDERS = st.sampled_from(["", "sources/", "Sources/EN-US/", "$OEM$/$1/", "sources/$OEM$/$$/", "boot/", "new/one/"])


def fits(files: tuple[NamedFile, ...]) -> bool:
    return not udf_name_problems(named.name for named in files)


@st.composite
def additions(draw: st.DrawFn) -> tuple[NamedFile, ...]:
    """Draw a tree below folders that are there, or are not, with sizes at the edges of blocks."""
    prefix = draw(FOLDERS)
    drawn = draw(trees(UDF_NAMES).filter(fits))
    return tuple(NamedFile(prefix + each.name, each.data[:9] + b"e" * draw(EDGES)) for each in drawn)


def crafted() -> bytes:
    shape = {"form": Form.EMBEDDED, "kind": TagId.EXTENDED_FILE_ENTRY, "attributes": 40}
    many = {f"file {number}.dll": file(b"%d" % number) for number in range(60)}
    inner = folder({"en-us": folder({"a.mui": file(b"m")}, **shape), "a": file(b"low"), "A": file(b"up"), **many})
    gone = file(b"", traits=Trait.DELETED)
    return Disc(folder({"sources": inner, "gone": gone, "setup.exe": file(b"MZ", **shape)}, **shape), version=3).image()


@pytest.fixture(scope="module")
def discs(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, ...]:
    folder_: Path = tmp_path_factory.mktemp("disc")
    return (
        windows_disc(folder_ / "1.iso").read_bytes(),
        windows_disc(folder_ / "2.iso", joliet=True).read_bytes(),
        crafted(),
    )


def put(image: io.BytesIO, files: tuple[NamedFile, ...]) -> bool:
    """Inject as the product does; False where files and folders are in each other's way."""
    volume = open_volume(image)
    measured = [MediaFile.of(named).measure() for named in files]
    try:
        changes = graft(volume, branches(volume, tree(measured)), 0)
    except MediumError:
        return False
    append(image, changes)
    apply(image, changes.stages, durable=False)
    return True


def expected(before: dict[str, bytes], files: tuple[NamedFile, ...]) -> dict[str, bytes]:
    """Say what an image holds afterwards, by a rule much simpler than the product's."""
    after = dict(before)

    def spelled(path: str) -> str:
        """Spell each part as it is there: exactly, or else as Windows finds it first."""
        found = ""
        for part, slash in zip(path.split("/"), [*"/" * path.count("/"), ""], strict=True):
            if found + part + slash in after:
                found += part + slash
                continue
            same = [key for key in after if same_name(key.rstrip("/")) == same_name(found + part)]
            found = same[0] if same else found + part + slash
            if same:
                assert same[0].endswith("/") == bool(slash)
        return found

    for named in files:
        parts = named.name.split("/")
        for count in range(1, len(parts)):
            after.setdefault(spelled("/".join(parts[:count]) + "/")[:], b"")
        after[spelled(named.name)] = named.data
    return after


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_any_injection_adds_its_files_and_keeps_all_others(data: st.DataObject, discs: tuple[bytes, ...]) -> None:
    image = io.BytesIO(data.draw(st.sampled_from(discs)))
    known = set(complaints(image.getvalue(), 1 << 32))  # pycdlib's folders lead up to the wrong one, two levels down
    since, surplus = len(image.getvalue()) // BLOCK, link_surplus(image.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        before = held_by(image)
        files = data.draw(additions())
        if not put(image, files):
            assert held_by(image) == before
        else:
            assert held_by(image) == expected(before, files)
            assert set(complaints(image.getvalue(), since)) <= known
            assert link_surplus(image.getvalue()).items() >= surplus.items()
        assert open_volume(image).missing == 0
        assert len(image.getvalue()) % BLOCK == 0


def test_taking_back_restores_every_byte(tmp_path: Path, discs: tuple[bytes, ...]) -> None:
    for number, before in enumerate(discs):
        path = tmp_path / f"{number}.iso"
        path.write_bytes(before)
        with path.open("r+b") as image:
            volume = open_volume(image)
            files = [MediaFile(f"sources/$OEM$/{name}", b"x" * 3000).measure() for name in "abc"]
            changes = graft(volume, branches(volume, tree(files)), 0)
            append(image, changes)
            apply(image, changes.stages)
            assert path.read_bytes() != before
            roll_back(image, changes)
        assert path.read_bytes() == before


def test_of_names_that_differ_in_case_only_the_one_that_is_spelled_so_is_replaced(discs: tuple[bytes, ...]) -> None:
    """Windows would show both and open the first; a disc made elsewhere may hold them all the same."""
    for name in ("a", "A"):
        image = io.BytesIO(discs[2])
        before = held_by(image)
        assert put(image, (NamedFile(f"sources/{name}", b"new"),))
        assert held_by(image) == before | {f"sources/{name}": b"new"}


def test_a_folder_of_thousands_of_files_is_added(discs: tuple[bytes, ...]) -> None:
    image = io.BytesIO(discs[0])
    files = tuple(NamedFile(f"drivers/folder {number % 7}/file {number}.sys", b"%d" % number) for number in range(3000))
    before = held_by(image)
    assert put(image, files)
    assert held_by(image) == expected_flat(before, files)
    assert set(complaints(image.getvalue(), len(discs[0]) // BLOCK)) <= set(complaints(discs[0], 1 << 32))


def expected_flat(before: dict[str, bytes], files: tuple[NamedFile, ...]) -> dict[str, bytes]:
    folders = {f"drivers/folder {number}/": b"" for number in range(7)}
    return before | {"drivers/": b""} | folders | {named.name: named.data for named in files}


def test_thirty_megabytes_are_added(tmp_path: Path, discs: tuple[bytes, ...]) -> None:
    big = tmp_path / "big.bin"
    big.write_bytes(bytes(range(256)) * (30 << 12) + b"end")
    image = io.BytesIO(discs[0])
    volume = open_volume(image)
    changes = graft(volume, branches(volume, tree([MediaFile("drivers/big.bin", big).measure()])), 0)
    append(image, changes)
    apply(image, changes.stages, durable=False)
    assert open_volume(image).open("drivers/big.bin").read() == big.read_bytes()
