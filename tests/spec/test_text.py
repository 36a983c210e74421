from __future__ import annotations

import pytest

from tests.spec.loading import SMALLEST, errors, guest_of
from toolkit.spec.text import utf16_units

EMOJI = "\U0001f600"


def account(field: str, text: str) -> str:
    return SMALLEST + f'[[accounts]]\nname = "ann"\npassword = "x"\n{field} = "{text}"\n'


@pytest.mark.parametrize(("text", "size"), [("", 0), ("ab", 2), ("é", 1), (EMOJI, 2), ("\ud800", 1)])
def test_a_size_is_what_setup_counts(text: str, size: int) -> None:
    assert utf16_units(text) == size


@pytest.mark.parametrize("field", ["full_name", "description"])
@pytest.mark.parametrize("text", ["x" * 256, EMOJI * 128])
def test_the_longest_text_is_taken_and_one_more_is_not(field: str, text: str) -> None:
    assert getattr(guest_of(account(field, text)).accounts[0], field) == text
    assert errors(account(field, text + "y")) == [f"10:1 accounts[0].{field} is 257 characters long; 256 is the most"]


@pytest.mark.parametrize("field", ["owner", "organization"])
def test_names_of_owners_are_shorter(field: str) -> None:
    text = SMALLEST + f'[computer]\n{field} = "'
    assert getattr(guest_of(text + "x" * 63 + '"\n').computer, field) == "x" * 63
    assert errors(text + "x" * 64 + '"\n') == [f"8:1 computer.{field} is 64 characters long; 63 is the most"]
