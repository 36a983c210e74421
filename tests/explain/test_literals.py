"""Words that a pattern cannot do without."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.catalog.tables import rows
from toolkit.explain.literals import required_words

PATTERNS = [row["pattern"] for row in rows("log-signs")]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("Access is denied", ("access is denied",)),
        (r"http response error: 503|Code:? ?503\b", ("http response error: 503", "code")),
        (r"supported (only|just) on core", ("supported ",)),
        (r"self.signed", ("signed",)),
        (r"colou?r", ("colo",)),
        (r"Type \"?winrm -", ("winrm -",)),
        (r"(a|b)cd", None),
        (r"\d+", None),
        (r"abc|x", None),
    ],
)
def test_the_longest_plain_run_of_each_alternative_is_required(pattern: str, words: tuple[str, ...] | None) -> None:
    assert required_words(pattern) == words


def test_nearly_every_sign_is_spared_by_its_words() -> None:
    assert sum(required_words(pattern) is None for pattern in PATTERNS) <= 2


@pytest.mark.parametrize("pattern", PATTERNS)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_whatever_matches_a_sign_holds_one_of_its_words(pattern: str, data: st.DataObject) -> None:
    words = required_words(pattern)
    text = data.draw(st.from_regex(re.compile(pattern, re.IGNORECASE | re.ASCII)))

    assert words is None or any(word in text.lower() for word in words)
