"""A power cut at any moment of an injection: the image holds the old tree or the new one, whole."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.media.discs import held_by, windows_disc
from tests.media.udf.crafted import Disc, file, folder
from toolkit.files import NamedFile
from toolkit.media.changes import SECTOR, Changes, Patch, append, apply
from toolkit.media.content import MediaFile
from toolkit.media.noprompt import BOOTFIX, without_prompt
from toolkit.media.tree import tree
from toolkit.media.udf.allocation import Form
from toolkit.media.udf.branches import branches
from toolkit.media.udf.graft import graft
from toolkit.media.udf.tag import TagId
from toolkit.media.udf.volume import open_volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ATOMIC = 512

ONE_FOLDER = (NamedFile("Autounattend.xml", b"<xml/>" * 999), NamedFile("winrmConfig.bat", b"@echo off"))
SEVERAL_FOLDERS = (
    *ONE_FOLDER,
    NamedFile("sources/$OEM$/$1/x/y.txt", b"y" * 5000),
    NamedFile("SETUP.EXE", b"MZ instead"),
    NamedFile("sources/en-us/new.mui", b"n"),
)
NESTED_FOLDER = (NamedFile("sources/en-us/new.mui", b"n"),)


@dataclass(frozen=True, slots=True)
class Case:
    """An image, how it is to change, and what it holds before and after."""

    image: bytes
    changes: Changes
    old: dict[str, bytes]
    new: dict[str, bytes]


def seen(image: bytes | bytearray) -> dict[str, bytes]:
    """Read an image's tree. The boot catalogue may show as a file, but changes by itself: it names either loader."""
    found = held_by(io.BytesIO(bytes(image)))
    found.pop("boot.cat", None)
    return found


def case_of(image: bytes, files: Sequence[NamedFile], *, no_prompt: bool = False) -> Case:
    volume = open_volume(io.BytesIO(image))
    measured = [MediaFile.of(named).measure() for named in files]
    also = without_prompt(volume.image.stream, volume.runs_of) if no_prompt else ()
    changes = graft(volume, branches(volume, tree(measured), [BOOTFIX] if no_prompt else []), 0, also)
    whole = io.BytesIO(image)
    append(whole, changes)
    apply(whole, changes.stages, durable=False)
    return Case(image, changes, seen(image), seen(whole.getvalue()))


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path: Path = tmp_path_factory.mktemp("disc") / "x.iso"
    return windows_disc(path, joliet=True).read_bytes()


def crafted(form: Form, attributes: int = 0) -> bytes:
    """Make a disc of extended entries; with many attributes their extents are beyond the first 512 bytes."""
    shape = {"form": form, "kind": TagId.EXTENDED_FILE_ENTRY, "attributes": attributes}
    inner = folder({"en-us": folder({"old.mui": file(b"o")}, **shape), "boot.wim": file(b"wim", **shape)}, **shape)
    return Disc(folder({"sources": inner, "setup.exe": file(b"MZ")}, **shape)).image()


CASES = ["one folder", "several folders", "a nested folder", "no prompt", "embedded", "long", "many attributes"]


@pytest.fixture(scope="module")
def cases(disc: bytes) -> dict[str, Case]:
    return {
        "one folder": case_of(disc, ONE_FOLDER),
        "several folders": case_of(disc, SEVERAL_FOLDERS),
        "a nested folder": case_of(disc, NESTED_FOLDER),
        "no prompt": case_of(disc, ONE_FOLDER, no_prompt=True),
        "embedded": case_of(crafted(Form.EMBEDDED), SEVERAL_FOLDERS),
        "long": case_of(crafted(Form.LONG), SEVERAL_FOLDERS),
        "many attributes": case_of(crafted(Form.EMBEDDED, 700), NESTED_FOLDER),
    }


def torn(patch: Patch) -> Iterator[bytes]:
    """Give a sector with some of its 512-byte pieces written, from either end."""
    for at in range(0, SECTOR + 1, ATOMIC):
        yield patch.new[:at] + patch.old[at:]
        yield patch.old[:at] + patch.new[at:]


def appended(case: Case) -> bytearray:
    stream = io.BytesIO(case.image)
    append(stream, case.changes)
    return bytearray(stream.getvalue())


def put(image: bytearray, sector: int, data: bytes) -> None:
    image[sector * SECTOR : (sector + 1) * SECTOR] = data


@pytest.mark.parametrize("name", CASES)
def test_every_prefix_of_the_appended_bytes_leaves_the_old_tree(name: str, cases: dict[str, Case]) -> None:
    case = cases[name]
    whole = appended(case)
    assert whole[: len(case.image)] == case.image
    for size in range(len(case.image), len(whole) + 1, ATOMIC):
        assert seen(whole[:size]) == case.old


@pytest.mark.parametrize("name", CASES)
def test_every_prefix_of_the_patches_leaves_the_old_tree_or_the_new(name: str, cases: dict[str, Case]) -> None:
    """Each sector is a step, and each torn sector is one too. Once the new tree is seen, it stays."""
    case = cases[name]
    image = appended(case)
    seen_new = False
    assert case.old != case.new
    for patch in case.changes.patches:
        for between in torn(patch):
            put(image, patch.sector, between)
            found = seen(image)
            assert found in (case.old, case.new)
        put(image, patch.sector, patch.new)
        found = seen(image)
        assert found == case.new if seen_new else found in (case.old, case.new)
        seen_new = found == case.new
    assert seen_new


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_the_disk_may_write_a_stage_in_any_order(data: st.DataObject, cases: dict[str, Case]) -> None:
    """Between two stages the disk is waited for; within one, any of the patches or their pieces may be missing."""
    case = cases[data.draw(st.sampled_from(CASES))]
    image = appended(case)
    reached = data.draw(st.integers(0, len(case.changes.stages) - 1))
    for stage in case.changes.stages[:reached]:
        for patch in stage:
            put(image, patch.sector, patch.new)
    for patch in case.changes.stages[reached]:
        put(image, patch.sector, data.draw(st.sampled_from(list(torn(patch)))))
    assert seen(image) in (case.old, case.new)


@pytest.mark.parametrize("name", CASES)
def test_the_patches_know_what_was_there(name: str, cases: dict[str, Case]) -> None:
    """Undone in reverse they give the old bytes, and none of them reaches beyond the old end."""
    case = cases[name]
    image = appended(case)
    for patch in case.changes.patches:
        assert bytes(image[patch.sector * SECTOR : (patch.sector + 1) * SECTOR]) == patch.old
        put(image, patch.sector, patch.new)
    for patch in reversed(case.changes.patches):
        put(image, patch.sector, patch.old)
    assert bytes(image[: case.changes.before]) == case.image


def test_one_changed_folder_takes_one_deciding_sector(cases: dict[str, Case]) -> None:
    assert len(cases["one folder"].changes.stages[-1]) == 1


def test_the_file_set_is_as_it_was_in_the_end(cases: dict[str, Case]) -> None:
    first, last = cases["several folders"].changes.stages[1], cases["several folders"].changes.stages[-1]
    assert (first[0].sector, first[0].old) == (last[0].sector, last[0].new)
