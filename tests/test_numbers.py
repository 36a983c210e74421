from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.numbers import signed, unsigned


@given(st.integers(0, 10**18 - 1))
def test_a_number_is_read(number: int) -> None:
    assert unsigned(str(number)) == signed(str(number)) == number
    assert signed(f"-{number}") == -number


@pytest.mark.parametrize("text", ["", "-", "--5", "5-", " 5", "5\n", "²", "٣", "0x10", "1.0", "9" * 5000])
def test_what_is_none_is_none(text: str) -> None:
    assert unsigned(text) is None
    assert signed(text) is None


def test_a_sign_is_no_digit() -> None:
    assert unsigned("-5") is None


@given(st.text())
def test_no_text_is_an_error(text: str) -> None:
    assert unsigned(text) is None or int(text) == unsigned(text)
    assert signed(text) is None or int(text) == signed(text)
