from __future__ import annotations

import pytest

from tests.spec.loading import SMALLEST, errors, guest_of, refused
from toolkit.spec.computer import name_fault


@pytest.mark.parametrize("name", ["*", "a", "WIN-2022", "123a", "a" * 15])
def test_a_name_that_setup_takes_is_taken(name: str) -> None:
    assert guest_of(SMALLEST + f'[computer]\nname = "{name}"\n').computer.name == name


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "is empty"),
        ("a" * 16, "is 16 bytes long; 15 is the most"),
        ("ü" * 8, "is 16 bytes long"),
        ("a b", "which no computer name may"),
        ("a_b", "which no computer name may"),
        ("a.b", "which no computer name may"),
        ("a*", "which no computer name may"),
        ("12345", "is a number"),
        ("-a", "begins or ends with a hyphen"),
        ("a-", "begins or ends with a hyphen"),
        ("büro", "holds letters outside ASCII"),
    ],
)
def test_a_name_that_setup_would_not_take_is_refused_with_the_reason(name: str, fault: str) -> None:
    assert fault in str(name_fault(name))
    assert [line[:4] for line in errors(SMALLEST + f'[computer]\nname = "{name}"\n')] == ["8:1 "]


@pytest.mark.parametrize(
    ("given", "windows"),
    [
        ("UTC", "UTC"),
        ("utc", "UTC"),
        ("Europe/Berlin", "W. Europe Standard Time"),
        ("america/new_york", "Eastern Standard Time"),
        ("W. Europe Standard Time", "W. Europe Standard Time"),
    ],
)
def test_a_time_zone_is_given_as_windows_or_as_iana_writes_it(given: str, windows: str) -> None:
    assert guest_of(SMALLEST + f'[computer]\ntime_zone = "{given}"\n').computer.time_zone == windows


@pytest.mark.parametrize(
    ("given", "hint"), [("Europe/Berlim", 'did you mean "Europe/Berlin"'), ("", "Write a Windows id"), ("?", "such as")]
)
def test_an_unknown_time_zone_is_refused_with_a_proposal(given: str, hint: str) -> None:
    [problem] = refused(SMALLEST + f'[computer]\ntime_zone = "{given}"\n')
    assert problem.message == f'computer.time_zone "{given}" is not a time zone; Setup would stop in specialize'
    assert hint in str(problem.help)


def test_owner_and_organization_have_63_characters() -> None:
    guest = guest_of(SMALLEST + f'[computer]\nowner = "{"o" * 63}"\norganization = "{"p" * 63}"\n')
    assert (guest.computer.owner, guest.computer.organization) == ("o" * 63, "p" * 63)
    assert len(errors(SMALLEST + f'[computer]\nowner = "{"o" * 64}"\norganization = "{"p" * 64}"\n')) == 2
