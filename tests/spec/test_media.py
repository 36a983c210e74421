from __future__ import annotations

from typing import TYPE_CHECKING

from tests.spec.loading import SMALLEST, errors, guest_of
from toolkit.spec.guest import ExtraFile, Media

if TYPE_CHECKING:
    from pathlib import Path


def test_the_medium_has_a_label_and_no_extra_files() -> None:
    assert guest_of(SMALLEST).media == Media("UNATTEND", ())


def test_extra_files_travel_under_their_own_name_or_another(tmp_path: Path) -> None:
    tool = tmp_path / "tool.exe"
    tool.write_bytes(b"MZ")
    text = f"[media]\nlabel = 'TOOLS'\nfiles = [{{ source = '{tool}' }}, {{ source = '{tool}', target = 'a/b.exe' }}]\n"
    expected = Media("TOOLS", (ExtraFile(tool, "tool.exe"), ExtraFile(tool, "a/b.exe")))
    assert guest_of(SMALLEST + text).media == expected


def test_files_that_are_not_there_are_each_an_error(tmp_path: Path) -> None:
    text = f"[media]\nfiles = [\n  {{ source = '{tmp_path}/gone' }},\n  {{ source = '{tmp_path}' }},\n]\n"
    assert errors(SMALLEST + text) == [
        f"9:5 there is no file {tmp_path}/gone",
        f"10:5 there is no file {tmp_path}",
    ]
