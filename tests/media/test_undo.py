"""An image and its record, at every moment between the old bytes and the new: it is recognised, and changed back."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.media.discs import sha256, windows_disc
from toolkit.errors import UnreadableError
from toolkit.files import NamedFile
from toolkit.media.changes import SECTOR, Changes, append, write_sector
from toolkit.media.content import MediaFile
from toolkit.media.inject import inject
from toolkit.media.revert import revert
from toolkit.media.tree import tree
from toolkit.media.udf.branches import branches
from toolkit.media.udf.graft import graft
from toolkit.media.udf.volume import open_volume
from toolkit.media.undo import UndoRecord, appended, begun, read_record, record_path, write_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST = (NamedFile("Autounattend.xml", b"x" * 3000), NamedFile("sources/$OEM$/$1/a.txt", b"a"))
SECOND = (NamedFile("Autounattend.xml", b"y" * 5000), NamedFile("sources/$OEM$/$1/b.txt", b"b" * 9000))


def plan(path: Path, files: tuple[NamedFile, ...]) -> Changes:
    with path.open("rb") as image:
        volume = open_volume(image)
        return graft(volume, branches(volume, tree([MediaFile.of(named).measure() for named in files])), 0)


def moments(path: Path, changes: Changes, previous: UndoRecord | None) -> Iterator[str]:
    """Perform an injection in the order of the product, stopping wherever the power could fail."""
    record = begun(previous, changes)
    write_record(record_path(path), record)
    yield "nothing but a record"
    whole = path.read_bytes()
    with path.open("r+b") as image:
        append(image, changes)
    full = path.read_bytes()
    for size in range(len(whole), len(full), 3 * SECTOR):
        path.write_bytes(full[:size])
        yield f"{size} bytes"
    path.write_bytes(full)
    yield "all appended"
    with path.open("r+b") as image:
        write_record(record_path(path), appended(record, changes, image))
        yield "the second record"
        for number, patch in enumerate(changes.patches):
            write_sector(image, patch.sector, patch.new[:512] + patch.old[512:])
            yield f"half of patch {number}"
            write_sector(image, patch.sector, patch.new)
            yield f"patch {number}"


@pytest.mark.parametrize("stacked", [False, True])
def test_an_injection_that_was_cut_short_anywhere_is_reverted(stacked: bool, tmp_path: Path) -> None:  # noqa: FBT001  (a parameter of the test)
    disc = windows_disc(tmp_path / "x.iso")
    digest = sha256(disc)
    if stacked:
        inject(disc, FIRST)
    files = SECOND if stacked else FIRST
    count = 0
    for moment in moments(disc, plan(disc, files), read_record(record_path(disc))):
        copy = tmp_path / "copy.iso"
        shutil.copy(disc, copy)
        shutil.copy(record_path(disc), record_path(copy))
        revert(copy)
        assert sha256(copy) == digest, moment
        assert not record_path(copy).exists()
        count += 1
    assert count > 20


def test_a_reversion_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    disc = windows_disc(tmp_path / "x.iso")
    digest = sha256(disc)
    inject(disc, FIRST)
    inject(disc, SECOND)
    record = read_record(record_path(disc))
    assert record is not None
    originals = [(sector.number, sector.original) for sector in record.sectors if sector.original is not None]
    for stop in range(len(originals) + 2):
        copy = tmp_path / "copy.iso"
        shutil.copy(disc, copy)
        shutil.copy(record_path(disc), record_path(copy))
        with copy.open("r+b") as image:
            for number, data in originals[:stop]:
                write_sector(image, number, data)
            if stop > len(originals):
                image.truncate(record.original)
        revert(copy)
        assert sha256(copy) == digest


def test_the_middle_of_an_injection_is_not_injected_into(tmp_path: Path) -> None:
    disc = windows_disc(tmp_path / "x.iso")
    digest = sha256(disc)
    for moment in moments(disc, plan(disc, FIRST), None):
        if moment == "half of patch 2":
            with pytest.raises(UnreadableError, match="in the middle of an earlier injection"):
                inject(disc, SECOND)
            break
    revert(disc)
    assert sha256(disc) == digest


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    disc = windows_disc(tmp_path / "x.iso")
    inject(disc, FIRST)
    inject(disc, SECOND)
    record = read_record(record_path(disc))
    assert record is not None
    other = tmp_path / "other"
    write_record(other, replace(record, tail=None))
    assert read_record(other) == replace(record, tail=None)


def test_a_record_holds_nothing_of_the_files(tmp_path: Path) -> None:
    """An answer file holds passwords; the record is of sectors with names and addresses."""
    disc = windows_disc(tmp_path / "x.iso")
    inject(disc, [NamedFile("Autounattend.xml", b"the password is swordfish " * 100)])
    record = read_record(record_path(disc))
    assert record is not None
    kept = b"".join(data for sector in record.sectors for data in (sector.original or b"", *sector.written))
    assert b"swordfish" not in kept


def test_a_record_of_another_image_of_the_same_name_is_not_used(tmp_path: Path) -> None:
    disc = windows_disc(tmp_path / "x.iso")
    inject(disc, FIRST)
    record = record_path(disc).read_bytes()
    other = windows_disc(tmp_path / "y.iso", (NamedFile("a", b"b" * 50_000),))
    disc.write_bytes(other.read_bytes())
    digest = sha256(disc)
    for act in (lambda: inject(disc, SECOND), lambda: revert(disc)):
        with pytest.raises(UnreadableError):
            act()
    assert sha256(disc) == digest
    assert record_path(disc).read_bytes() == record
