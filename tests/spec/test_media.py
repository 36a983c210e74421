from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

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
    text = f"[media]\nfiles = [\n  {{ source = '{tmp_path}/gone' }},\n  {{ source = '{tmp_path}/too' }},\n]\n"
    assert errors(SMALLEST + text) == [
        f"9:5 there is no file or folder {tmp_path}/gone",
        f"10:5 there is no file or folder {tmp_path}/too",
    ]


def test_a_name_that_no_file_system_holds_is_an_error_like_any_other() -> None:
    [found] = errors(SMALLEST + f"[media]\nfiles = [{{ source = '{'x' * 10_000}' }}]\n")
    assert found.startswith("8:12 there is no file or folder ")


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make links")
def test_a_folder_with_what_cannot_be_looked_at_is_an_error_that_says_where(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    (tmp_path / "all/link").symlink_to("x" * 300)
    assert errors(SMALLEST + f"[media]\nfiles = [{{ source = '{tmp_path}/all' }}]\n") == [
        f"8:12 {tmp_path}/all/link cannot be read: File name too long"
    ]


@pytest.mark.parametrize(("target", "prefix"), [(None, "oem/"), ('"$OEM$"', "$OEM$/"), ('"a/b/"', "a/b/"), ('"."', "")])
def test_a_folder_travels_with_all_below_it(target: str | None, prefix: str, tmp_path: Path) -> None:
    for name in ("$$/Setup/Scripts/SetupComplete.cmd", "$1/tool.exe"):
        (tmp_path / "oem" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "oem" / name).write_bytes(b"1")
    wanted = "" if target is None else f", target = {target}"
    media = guest_of(SMALLEST + f"[media]\nfiles = [{{ source = '{tmp_path}/oem'{wanted} }}]\n").media
    assert [(file.target, file.source.is_file()) for file in media.files] == [
        (f"{prefix}$$/Setup/Scripts/SetupComplete.cmd", True),
        (f"{prefix}$1/tool.exe", True),
    ]
