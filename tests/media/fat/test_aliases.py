from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from toolkit.media.fat.aliases import aliases, checksum, displayed
from toolkit.media.names import same_name


def shown(*names: str) -> list[str]:
    given_ = aliases(names)
    return [displayed(given_[name]) for name in names]


def test_short_names_are_their_own_aliases_whatever_their_case() -> None:
    assert shown("README.TXT", "boot.ini", "A", "x$1") == ["README.TXT", "BOOT.INI", "A", "X$1"]


def test_long_names_are_cut_and_numbered() -> None:
    assert shown("Autounattend.xml", "winrmConfig.bat", "winrmConfigure.bat") == [
        "AUTOUN~1.XML",
        "WINRMC~1.BAT",
        "WINRMC~2.BAT",
    ]


def test_odd_names_get_legal_aliases() -> None:
    assert shown(".profile", "a b.c", "x+y.txt", "\u00e9t\u00e9.txt", "a.tar.gz", "\u2603", "x.longer") == [
        "PROFIL~1",
        "AB~1.C",
        "X_Y~1.TXT",
        "_T_~1.TXT",
        "ATAR~1.GZ",
        "_~1",
        "X~1.LON",
    ]


def test_an_alias_is_never_the_name_of_another_file() -> None:
    assert shown("longfilename.txt", "LONGFI~1.TXT") == ["LONGFI~2.TXT", "LONGFI~1.TXT"]
    assert shown("longfilename.txt", "longfi~1.txt") == ["LONGFI~2.TXT", "LONGFI~1.TXT"]


def test_numbers_grow_into_the_stem() -> None:
    names = [f"longfilename{number}.txt" for number in range(120)]
    given_ = shown(*names)
    assert given_[8] == "LONGFI~9.TXT"
    assert given_[9] == "LONGF~10.TXT"
    assert given_[119] == "LONG~120.TXT"


def test_the_checksum_is_that_of_the_specification() -> None:
    assert checksum(b"FOO     BAR") == rotated(b"FOO     BAR")


def rotated(alias: bytes) -> int:
    """Rotate right by one bit, then add, as the C source in fatgen103 does on an unsigned char."""
    total = 0
    for byte in alias:
        total = (total >> 1 | total << 7) & 0xFF
        total = (total + byte) & 0xFF
    return total


@given(st.lists(st.text(st.characters(codec="utf-16-le"), min_size=1, max_size=20), unique_by=same_name))
def test_aliases_are_unique_and_legal(names: list[str]) -> None:
    given_ = aliases(names)
    assert len(set(given_.values())) == len(names)
    assert all(len(alias) == 11 and alias.isascii() and alias == alias.upper() for alias in given_.values())
    assert all(alias[0] not in b" .\xe5" for alias in given_.values())
