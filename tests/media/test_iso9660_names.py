from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from toolkit.media.iso9660_names import iso_file_names, iso_folder_names


def test_usual_names_stay_recognisable() -> None:
    names = iso_file_names(["Autounattend.xml", "winrmConfig.bat", "readme", "a.tar.gz", "a.b.longext", ".x"])
    assert list(names.values()) == [
        "AUTOUNATTEND.XML;1",
        "WINRMCONFIG.BAT;1",
        "README.;1",
        "A_TAR.GZ;1",
        "A_B_LONGEXT.;1",
        "_X.;1",
    ]


def test_names_that_become_one_are_numbered() -> None:
    assert list(iso_file_names(["a+b.txt", "a-b.txt", "a=b.txt"]).values()) == [
        "A_B.TXT;1",
        "A_B_1.TXT;1",
        "A_B_2.TXT;1",
    ]
    assert list(iso_folder_names(["$1", "+1", "_1"]).values()) == ["_1", "_1_1", "_1_2"]


@given(st.lists(st.text(min_size=1, max_size=40), unique=True))
def test_names_are_legal_and_unique(names: list[str]) -> None:
    short = iso_file_names(names)
    assert len(set(short.values())) == len(names)
    for name in short.values():
        assert re.fullmatch(r"[A-Z0-9_]*\.[A-Z0-9_]*;1", name)
        assert len(name) <= len("12345678901234567890123456789_.") + len(";1")
    assert all(re.fullmatch("[A-Z0-9_]{1,31}", name) for name in iso_folder_names(names).values())
    assert len(set(iso_folder_names(names).values())) == len(names)
