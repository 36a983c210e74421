from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.loading import SMALLEST, refused
from toolkit.spec.duration import duration, seconds


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("0s", 0),
        ("90s", 90),
        ("30m", 1800),
        ("1h30m", 5400),
        ("1.5h", 5400),
        (".5m", 30),
        ("1.s", 1),
        ("250ms", 0.25),
        ("1h1m1s1ms", 3661.001),
        ("1m1h", 3660),
        ("1us", 1e-6),
        ("1µs", 1e-6),
        ("1μs", 1e-6),
        ("5ns", 5e-9),
        ("2562047h", 2562047 * 3600),
    ],
)
def test_durations_are_read_as_go_reads_them(text: str, value: float) -> None:
    assert seconds(text) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not a duration;"),
        ("30", "a number needs a unit"),
        ("1.5", "a number needs a unit"),
        ("m", "is not a duration"),
        ("5 m", "is not a duration"),
        (" 5m", "is not a duration"),
        ("5m\n", "is not a duration"),
        ("5M", "is not a duration"),
        ("1d", "is not a duration"),
        (".s", "is not a duration"),
        ("1..5s", "is not a duration"),
        ("٣s", "is not a duration"),
        ("-5m", "is negative"),
        ("2562048h", "is longer than 2562048 hours"),
        ("9" * 400 + "h", "is longer than"),
    ],
)
def test_what_go_would_not_read_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        seconds(text)


def test_a_long_text_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds("1" * 100_000)


@given(st.integers(0, 9_000_000_000))
def test_whole_seconds_survive_being_written_and_read(value: int) -> None:
    assert seconds(duration(value)) == value


@given(st.floats(0.001, 59.999))
def test_parts_of_a_second_survive_to_the_millisecond(value: float) -> None:
    assert math.isclose(seconds(duration(value)), value, abs_tol=0.0005001)


@given(st.lists(st.tuples(st.integers(0, 999), st.sampled_from(["h", "m", "s", "ms", "us", "ns"])), min_size=1))
def test_a_duration_is_the_sum_of_its_parts(parts: list[tuple[int, str]]) -> None:
    text = "".join(f"{number}{unit}" for number, unit in parts)
    assert seconds(text) == pytest.approx(sum(seconds(f"{number}{unit}") for number, unit in parts))


@pytest.mark.parametrize(("value", "text"), [(0, "0s"), (1.5, "1.5s"), (60, "1m"), (3600, "1h"), (5400, "1h30m")])
def test_durations_are_written_for_people(value: float, text: str) -> None:
    assert duration(value) == text


@pytest.mark.parametrize("option", ["winrm_timeout", "pause_before_connecting"])
def test_a_wrong_duration_in_a_spec_is_named_with_its_key(option: str) -> None:
    [problem] = refused(SMALLEST + f'{option} = "30"\n')
    assert problem.concise() == (
        f'<stdin>:7:1: error: communicator.{option} = "30" is not a duration (a number needs a unit);'
        ' write it like "90s", "30m" or "1h30m"'
    )
