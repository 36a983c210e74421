from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.media.udf.failure import DamagedUdfError
from toolkit.media.udf.text import decoded, encoded, from_field


@given(st.text(st.characters(codec="utf-16-be"), min_size=1))
def test_a_name_is_read_as_it_was_written(name: str) -> None:
    assert decoded(encoded(name)) == name


def test_latin_names_take_one_byte_a_letter_and_others_two() -> None:
    assert encoded("Gr\u00fc\u00dfe") == b"\x08Gr\xfc\xdfe"
    assert encoded("\u2603") == b"\x10\x26\x03"


def test_a_field_ends_where_its_last_byte_says() -> None:
    assert from_field(b"\x08LABEL".ljust(31, b"\0") + b"\x06") == "LABEL"
    assert from_field(bytes(32)) == ""


@pytest.mark.parametrize("raw", [b"\x10\xd8\x00", b"\x10\x00", b"\x09x"])
def test_what_is_no_text_is_damage(raw: bytes) -> None:
    with pytest.raises(DamagedUdfError):
        decoded(raw)


@given(st.binary(min_size=1, max_size=64))
def test_a_field_is_read_or_refused_whatever_it_holds(raw: bytes) -> None:
    with contextlib.suppress(DamagedUdfError):
        from_field(raw)
