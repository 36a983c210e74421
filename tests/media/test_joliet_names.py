from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.media.joliet_names import joliet_names
from toolkit.media.names import JOLIET_NAMES, name_problems, same_name

LETTERS = st.characters(codec="utf-16-le", exclude_characters='/<>:"\\|?*\ufffe\uffff', exclude_categories=["Cc"])
NAMES = st.text(LETTERS, min_size=1, max_size=120).map(lambda text: f"{text}x")


def test_names_that_fit_are_kept() -> None:
    names = ["Autounattend.xml", "a" * 64, "\U0001f600" * 32]
    assert joliet_names(names) == {name: name for name in names}


def test_a_long_name_is_cut_before_its_extension() -> None:
    assert joliet_names(["n" * 100 + ".inf"]) == {"n" * 100 + ".inf": "n" * 60 + ".inf"}
    assert joliet_names(["n" * 65]) == {"n" * 65: "n" * 64}


def test_a_tail_that_is_too_long_for_an_extension_is_cut_like_the_rest() -> None:
    assert joliet_names(["n" * 50 + "." + "e" * 50]) == {"n" * 50 + "." + "e" * 50: "n" * 50 + "." + "e" * 13}


def test_what_joliet_forbids_is_replaced() -> None:
    assert joliet_names(["a;1"]) == {"a;1": "a_1"}


def test_no_half_of_a_letter_is_left() -> None:
    (shown,) = joliet_names(["x" + "\U0001f600" * 40]).values()
    assert shown == "x" + "\U0001f600" * 31


def test_names_that_become_one_are_numbered_whatever_their_case() -> None:
    names = ["n" * 99 + ".inf", "N" * 98 + ".INF", "n" * 60 + ".inf"]
    assert list(joliet_names(names).values()) == ["n" * 60 + ".inf", "n" * 58 + "_1.inf", "N" * 58 + "_2.INF"]


@pytest.mark.parametrize("names", [[], ["a"]])
def test_few_names_are_no_different(names: list[str]) -> None:
    assert joliet_names(names) == dict(zip(names, names, strict=True))


@given(st.lists(NAMES, max_size=12, unique_by=same_name))
def test_any_names_become_ones_that_joliet_holds_each_its_own(names: list[str]) -> None:
    shown = joliet_names(names)
    assert set(shown) == set(names)
    rules = {problem.rule for problem in name_problems(shown.values(), JOLIET_NAMES)}
    assert rules <= {"name-reserved", "name-ending"}  # which a name may have had before
    assert len({same_name(name) for name in shown.values()}) == len(names)
