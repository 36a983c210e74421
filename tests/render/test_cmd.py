from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import ToolkitError
from toolkit.render import cmd

PRINTABLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E))

# What is written for what is meant. Wine's cmd.exe confirms each of these kinds in tests/peers/wine.
ARGUMENTS = {
    "plain": "plain",
    r"C:\path\file.txt": r"C:\path\file.txt",
    "remoteip=10.0.0.0/8,10.1.0.1": "remoteip=10.0.0.0/8,10.1.0.1",
    "": '""',
    "two words": '"two words"',
    "a&b|c": '"a&b|c"',
    "50%": '"50%%"',
    "ends in \\": '"ends in \\\\"',
    'say "x" & go': r'^"say \^"x\^" ^& go^"',
}


@pytest.mark.parametrize(("meant", "written"), ARGUMENTS.items())
def test_an_argument_is_quoted_only_as_far_as_it_needs(meant: str, written: str) -> None:
    assert cmd.argument(meant) == written


def test_a_value_keeps_its_specials_and_doubles_its_percents() -> None:
    assert cmd.set_value("a & b ^ 50% !") == "a & b ^ 50%% !"


def test_a_quote_in_a_value_is_refused() -> None:
    with pytest.raises(
        ToolkitError, match=r"^the owner cannot be written in a batch file: its character 3 is a quote$"
    ):
        cmd.set_value('ab"c"', what="the owner")


def test_echoed_text_has_a_caret_before_every_special() -> None:
    assert cmd.echo_text('50% (a & "b")') == '50%% ^(a ^& ^"b^"^)'


@pytest.mark.parametrize("text", ["", "  ", "on", "OFF", " off ", "/?", "/? x"])
def test_words_that_echo_obeys_are_refused(text: str) -> None:
    with pytest.raises(ToolkitError, match="echo obeys"):
        cmd.echo_text(text)


@pytest.mark.parametrize("quote", [cmd.set_value, cmd.echo_text, cmd.argument])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\nb", "line break"),
        ("a\rb", "line break"),
        ("a\0b", "NUL"),
        ("a\x1ab", "control character"),
        ("a\tb", "control character"),
        ("a\x7fb", "control character"),
        ("aéb", "outside ASCII"),
    ],
)
def test_what_a_batch_file_cannot_hold_is_refused_with_place_and_reason(quote: object, text: str, reason: str) -> None:
    assert callable(quote)
    with pytest.raises(ToolkitError) as refused:
        quote(text, what="accounts.password")
    assert refused.value.message.startswith("accounts.password cannot be written in a batch file: its character 2 is ")
    assert reason in refused.value.message
    assert text not in refused.value.message


def outside_quotes(line: str) -> str:
    """What cmd.exe's parser looks for specials in: outside quotes, and not after a caret."""
    seen, quoted, characters = "", False, iter(line)
    for character in characters:
        if character == '"':
            quoted = not quoted
        elif character == "^" and not quoted:
            next(characters, None)
        elif not quoted:
            seen += character
    return seen


@given(PRINTABLE)
def test_no_percent_is_ever_left_single(text: str) -> None:
    for written in (cmd.set_value(text.replace('"', "")), cmd.argument(text)):
        assert re.sub("%%", "", written).count("%") == 0


@given(PRINTABLE)
def test_an_argument_leaves_no_special_outside_quotes_unescaped(text: str) -> None:
    assert not set(outside_quotes(cmd.argument(text))) & set("&|<>()")
