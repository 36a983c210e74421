from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import ExitCode
from toolkit.media.names import FLOPPY_NAMES, JOLIET_NAMES, NameRules, is_plain, name_problems, require_names
from toolkit.media.refusal import SHOWN, MediumError


def rules_broken(*names: str, rules: NameRules = FLOPPY_NAMES) -> list[str]:
    return [problem.rule for problem in name_problems(names, rules)]


@pytest.mark.parametrize(
    "name",
    [
        "Autounattend.xml",
        "$OEM$/$1/x",
        "$OEM$/$$/System32/oobe.xml",
        ".hidden",
        "console.txt",
        "com10",
        "com0",
        "a b.c d",
        "snow \u2603.txt",
        "\U0001f600.txt",
        "a" * 64,
        "x+y,z=[1].txt",
    ],
)
def test_ordinary_names_have_no_problem(name: str) -> None:
    assert rules_broken(name) == []
    assert rules_broken(name, rules=JOLIET_NAMES) == []


@pytest.mark.parametrize("letter", ['"', "*", ":", "<", ">", "?", "\\", "|", "\0", "\n", "\x1f", "\uffff"])
def test_characters_that_windows_cannot_have_are_refused(letter: str) -> None:
    assert rules_broken(f"a{letter}b") == ["name-character"]


def test_a_semicolon_is_refused_on_an_iso_only() -> None:
    assert rules_broken("a;1") == []
    (problem,) = name_problems(["a;1"], JOLIET_NAMES)
    assert "an ISO cannot" in problem.message


@pytest.mark.parametrize("name", ["a.", "a ", "dir./x", "dir /x", ".", "..", "../x", "a/../b"])
def test_a_trailing_dot_or_space_is_refused(name: str) -> None:
    assert "name-ending" in rules_broken(name)


@pytest.mark.parametrize(
    "name", ["CON", "con.txt", "NUL.tar.gz", "a/aux/b", "COM1", "lpt9.log", "com\u00b9", "CONIN$", "prn .txt"]
)
def test_names_of_devices_are_refused(name: str) -> None:
    assert "name-reserved" in rules_broken(name)


@pytest.mark.parametrize("name", ["", "/a", "a//b", "a/"])
def test_empty_parts_are_refused(name: str) -> None:
    assert rules_broken(name) == ["name-empty-part"]


def test_the_longest_name_depends_on_the_medium() -> None:
    assert rules_broken("a" * 255) == []
    assert rules_broken("a" * 256) == ["name-too-long"]
    assert rules_broken("a" * 64, rules=JOLIET_NAMES) == []
    assert rules_broken("a" * 65, rules=JOLIET_NAMES) == ["name-too-long"]


def test_length_is_counted_in_utf16_units() -> None:
    assert rules_broken("\U0001f600" * 32, rules=JOLIET_NAMES) == []
    assert rules_broken("\U0001f600" * 33, rules=JOLIET_NAMES) == ["name-too-long"]


def test_a_path_longer_than_windows_opens_is_refused() -> None:
    assert rules_broken("/".join(["d" * 9] * 25 + ["f" * 6])) == []
    assert rules_broken("/".join(["d" * 9] * 25 + ["f" * 7])) == ["path-too-long"]


def test_a_name_that_is_not_valid_text_is_refused() -> None:
    assert rules_broken("a\udcff") == ["name-encoding"]


@pytest.mark.parametrize("pair", [("a.txt", "A.TXT"), ("\u00e9", "\u00c9"), ("d/x", "D/y"), ("p/d/x", "p/D/x")])
def test_names_that_differ_in_case_only_clash(pair: tuple[str, str]) -> None:
    (problem,) = name_problems(pair, FLOPPY_NAMES)
    assert problem.rule == "name-clash"


def test_letters_without_a_single_upper_case_letter_stay_apart() -> None:
    assert rules_broken("stra\u00dfe", "strasse") == []


def test_the_same_name_twice_clashes_once() -> None:
    assert rules_broken("a", "a", "a") == ["name-clash"]


def test_a_file_where_a_folder_is_is_refused() -> None:
    assert rules_broken("a", "a/b") == ["file-and-folder"]
    assert rules_broken("A", "a/b") == ["name-clash"]


def test_folders_that_share_a_beginning_do_not_clash() -> None:
    assert rules_broken("a/b", "a/c", "ab/c", "a b/c") == []


def test_everything_is_told_in_one_error() -> None:
    with pytest.raises(MediumError) as caught:
        require_names(["a?b", "con", "x", "X", "y."], FLOPPY_NAMES)
    assert [problem.rule for problem in caught.value.problems] == [
        "name-character",
        "name-reserved",
        "name-ending",
        "name-clash",
    ]
    assert caught.value.code is ExitCode.USAGE
    for told in ("a?b", "con", "'X' and 'x'", "y."):
        assert told in caught.value.message


def test_a_long_list_of_problems_is_cut_in_the_message_only() -> None:
    with pytest.raises(MediumError) as caught:
        require_names([f"{number}?" for number in range(SHOWN + 7)], FLOPPY_NAMES)
    assert len(caught.value.problems) == SHOWN + 7
    assert caught.value.message.endswith("and 7 more")


def test_a_name_cannot_garble_the_terminal() -> None:
    (problem,) = name_problems(["a\x1b[2Jb"], FLOPPY_NAMES)
    assert "\x1b" not in problem.message


def test_the_order_of_names_does_not_matter() -> None:
    names = ["a?", "CON", "b", "B", "c", "c/d"]
    told = {name_problems(order, FLOPPY_NAMES) for order in itertools.permutations(names)}
    assert len(told) == 1


@given(st.text())
def test_names_without_problems_are_safe_paths(name: str) -> None:
    if not name_problems([name], FLOPPY_NAMES):
        assert all(is_plain(part) for part in name.split("/"))


@pytest.mark.parametrize("part", ["", ".", "..", "a/b", "a\\b", "a\0"])
def test_parts_that_could_lead_elsewhere_are_not_plain(part: str) -> None:
    assert not is_plain(part)
