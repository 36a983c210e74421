from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import ToolkitError
from toolkit.render import powershell

QUOTES = "'\u2018\u2019\u201a\u201b"
PRINTABLE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")))
HOSTILE = st.text(f'{QUOTES}"`$()<>&%!@#;\\ x\u00fc\U0001f600\u2013')


def read_literal(quoted: str) -> str:
    """Read a single-quoted string as PowerShell's tokenizer does: of two quotes, of any kind, the second stays."""
    assert quoted[0] in QUOTES
    read, rest = "", iter(quoted[1:])
    for character in rest:
        if character not in QUOTES:
            read += character
            continue
        following = next(rest, None)
        if following is None:
            return read
        assert following in QUOTES, "the string ended early"
        read += following
    raise AssertionError("the string never ended")


def read_expression(text: str) -> str:
    """Read what `ascii_expression` writes: a string, or a sum of strings and characters."""
    if not text.startswith("("):
        return read_literal(text)
    assert text.endswith(")")
    units = b""
    for part in re.findall(r"'(?:[^']|'')*'|\[char\]0x[0-9A-F]{4}", text):
        units += bytes.fromhex(part[8:])[::-1] if part.startswith("[") else read_literal(part).encode("utf-16-le")
    return units.decode("utf-16-le")


@pytest.mark.parametrize(
    ("meant", "written"),
    [
        ("plain", "'plain'"),
        ("", "''"),
        ("it's", "'it''s'"),
        ("it\u2019s", "'it\u2019\u2019s'"),
        ('$env:Path `n "x"', "'$env:Path `n \"x\"'"),
        ("f\u00fcr", "'f\u00fcr'"),
    ],
)
def test_only_quotes_are_doubled_and_the_typographic_ones_are_quotes(meant: str, written: str) -> None:
    assert powershell.literal(meant) == written


@given(PRINTABLE | HOSTILE)
def test_any_printable_text_survives_a_literal(text: str) -> None:
    assert read_literal(powershell.literal(text)) == text


@given(PRINTABLE | HOSTILE)
def test_any_printable_text_survives_in_ascii_and_without_angle_brackets(text: str) -> None:
    written = powershell.ascii_expression(text)
    assert written.isascii()
    assert not set(written) & set("<>\r\n")
    assert read_expression(written) == text


def test_a_text_that_needs_no_sum_stays_readable() -> None:
    assert powershell.ascii_expression("it's") == "'it''s'"
    assert powershell.ascii_expression("f\u00fcr") == "('' + 'f' + [char]0x00FC + 'r')"
    assert powershell.ascii_expression("\U0001f600") == "('' + [char]0xD83D + [char]0xDE00)"


@pytest.mark.parametrize("write", [powershell.literal, powershell.ascii_expression])
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a\nb", "line break"),
        ("a\rb", "line break"),
        ("a\u2028b", "line break"),
        ("a\u0085b", "line break"),
        ("a\0b", "control character"),
        ("a\x1bb", "control character"),
        ("a\x7fb", "control character"),
        ("a\ud800b", "half of a character"),
    ],
)
def test_what_a_script_cannot_hold_is_refused_with_place_and_reason(write: object, text: str, reason: str) -> None:
    assert callable(write)
    with pytest.raises(ToolkitError) as refused:
        write(text, what="accounts.password")
    place = "accounts.password cannot be written in a PowerShell script: its character 2 is "
    assert refused.value.message.startswith(place)
    assert reason in refused.value.message
    assert text not in refused.value.message


def test_a_hashtable_holds_texts_numbers_and_truth_as_wsman_writes_them() -> None:
    written = powershell.hashtable({"Name": "it's", "Port": 5985, "Enabled": True})
    assert written == "@{Name = 'it''s'; Port = '5985'; Enabled = 'true'}"


def test_a_key_that_is_no_word_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="a b"):
        powershell.hashtable({"a b": 1})


@given(PRINTABLE)
def test_an_encoded_command_is_utf_16_that_no_shell_has_to_quote(script: str) -> None:
    written = powershell.encoded_command(script)
    assert re.fullmatch(r"[A-Za-z0-9+/=]*", written)
    assert base64.b64decode(written).decode("utf-16-le") == script


def test_a_script_file_says_its_encoding_and_ends_its_lines_as_windows_does() -> None:
    file = powershell.script_file("x.ps1", "'f\u00fcr'\nexit 0\n")
    assert file.name == "x.ps1"
    assert file.data == b"\xef\xbb\xbf'f\xc3\xbcr'\r\nexit 0\r\n"
