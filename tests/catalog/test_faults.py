"""The catalog of codes: complete, found in every form, and with something to say about each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.catalog.faults import faults, find_fault, find_symbol, parse_code
from toolkit.catalog.tables import rows

WSMAN = sorted(code for code in faults() if code >> 15 == 0x80338000 >> 15)


def test_all_512_codes_of_the_header_are_there_without_a_gap() -> None:
    assert range(0x80338000, 0x80338200) == range(WSMAN[0], WSMAN[-1] + 1)
    assert len(WSMAN) == 512


def test_every_code_has_a_meaning_in_sentences() -> None:
    assert [hex(code) for code, fault in faults().items() if not fault.meaning.endswith(".")] == []


def test_no_code_is_listed_twice() -> None:
    listed = [row["code"] for table in ("wsman-faults", "windows-codes") for row in rows(table)]
    assert len(listed) == len(set(listed))


def test_every_remedy_names_symbols_that_exist() -> None:
    symbols = {fault.symbol.removeprefix("WSMAN_") for fault in faults().values()}
    plain = [name for row in rows("fault-remedies") for name in row["symbols"] if "*" not in name]
    assert [name for name in plain if name not in symbols] == []


def test_only_a_handful_of_codes_falls_through_to_the_last_remedy() -> None:
    last = rows("fault-remedies")[-1]["meaning"]
    assert sum(fault.meaning == last for fault in faults().values()) < 10


@given(st.sampled_from(WSMAN))
def test_a_code_is_found_in_every_form(code: int) -> None:
    fault = faults()[code]
    forms = (str(code), str(code - 2**32), f"0x{code:08x}", f"0X{code:08X}", f"{code:08X}", f" {code} ")
    assert [find_fault(parse_code(form) or 0) for form in forms] == [fault] * len(forms)
    assert find_fault(code - 2**32) == fault
    assert find_symbol(fault.symbol) == find_symbol(f"error_{fault.symbol}".lower()) == fault


@pytest.mark.parametrize("text", ["0x80070005", "-2147024891", "2147942405", "5"])
def test_access_denied_is_the_same_however_it_is_wrapped(text: str) -> None:
    code = parse_code(text)
    assert code is not None
    fault = find_fault(code)
    assert fault is not None
    assert fault.symbol == "ERROR_ACCESS_DENIED"


@pytest.mark.parametrize("text", ["", "x", "0x", "0x123456789", "4294967296", "-2147483649", "1.5", "12 34", "٣"])
def test_what_is_no_32_bit_number_is_no_code(text: str) -> None:
    assert parse_code(text) is None


@given(st.integers(-(2**31), 2**32 - 1))
def test_any_number_is_looked_up_without_complaint(number: int) -> None:
    code = parse_code(str(number))
    assert code is not None
    assert code in {number & 0xFFFFFFFF, int(str(number), 16) if number >= 0 else None}
    find_fault(code)


def test_signed_and_unsigned_forms_name_the_same_bits() -> None:
    assert {fault.signed & 0xFFFFFFFF == fault.code for fault in faults().values()} == {True}
