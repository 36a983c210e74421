"""Pages of text fit any terminal, and what is to be copied stays whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from toolkit.paragraphs import NARROWEST, listed, verbatim, wrapped

WORDS = st.lists(st.text("abc-", min_size=1, max_size=12), min_size=1).map(" ".join)


@given(WORDS, st.sampled_from(["", "  ", "  1. ", "  ok  name            "]), st.integers(NARROWEST + 24, 100))
def test_no_line_is_wider_than_the_page_and_no_word_is_lost(text: str, lead: str, width: int) -> None:
    lines = wrapped(text, lead, width)

    assert all(len(line) <= width for line in lines)
    assert lines[0].startswith(lead)
    assert " ".join("".join(lines[:1]).removeprefix(lead).split() + " ".join(lines[1:]).split()) == " ".join(
        text.split()
    )


def test_a_word_that_is_wider_than_the_page_is_not_broken() -> None:
    assert wrapped("--pin " + "A" * 64, "", 20) == ["--pin", "A" * 64]


def test_nothing_to_say_leaves_the_label() -> None:
    assert wrapped("", "  names: ", 40) == ["  names:"]


def test_what_a_terminal_would_obey_is_written_out() -> None:
    assert wrapped("a\x1b[2J b\u202ec\x07", "", 40) == ["a\\x1b[2J b\\u202ec\\x07"]
    assert verbatim("Here:", ["x\x9by"]) == ["Here:", "  x\\x9by"]
    assert wrapped("écrit\u00a0: ü b", "", 40) == ["écrit\u00a0: ü b"]


def test_what_follows_a_paragraphs_first_line_may_hang_below_it() -> None:
    assert wrapped("one two", "  ", 7, hang=1) == ["  one", "   two"]


def test_lists_stand_below_their_title_and_are_not_there_without_items() -> None:
    assert listed("Likely:", ["one", "two words"], 20, numbered=True) == ["Likely:", "  1. one", "  2. two words"]
    assert listed("Seen:", ["a b"], 20) == ["Seen:", "  a b"]
    assert listed("Seen:", [], 20) == verbatim("Here:", ()) == []


def test_verbatim_lines_are_never_wrapped() -> None:
    assert verbatim("Here:", ["x y " * 30]) == ["Here:", "  " + "x y " * 30]
