from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.spec.loading import WINRM, guest_of
from toolkit.verify.facts import GuestFacts
from toolkit.verify.run import parse_facts, parse_wmi_time
from toolkit.verify.wanted import Wanted, differences, wanted_by

TOLD = """\
computer=WIN-A\r
os=Microsoft Windows Server 2022 Standard\r
version=10.0.20348.0\r
build=20348\r
ubr=2113\r
user=WIN-A\\vagrant\r
elevated=True\r
powershell=5.1.20348.1\r
booted=20260301133000.500000+060\r
"""


def test_the_scripts_answer_is_read() -> None:
    assert parse_facts(TOLD, 2.5) == GuestFacts(
        computer="WIN-A",
        os="Microsoft Windows Server 2022 Standard",
        version="10.0.20348.0",
        build="20348.2113",
        user="WIN-A\\vagrant",
        elevated=True,
        powershell="5.1.20348.1",
        booted=datetime(2026, 3, 1, 12, 30, 0, 500000, tzinfo=UTC),
        round_trip_ms=2.5,
    )


def test_windows_7_which_has_no_ubr_still_has_a_build() -> None:
    facts = parse_facts("computer=OLD\nbuild=7601\nubr=\nelevated=\n", 0)

    assert facts is not None
    assert (facts.build, facts.elevated, facts.booted) == ("7601", None, None)


@pytest.mark.parametrize("text", ["", "hello", "os=Windows", "computer="])
def test_an_answer_without_the_computers_name_is_none(text: str) -> None:
    assert parse_facts(text, 0) is None


@given(st.text())
def test_any_answer_is_read_without_an_error(text: str) -> None:
    facts = parse_facts(text, 0)
    assert facts is None or facts.computer


minutes = st.integers(-720, 840).map(lambda offset: timezone(timedelta(minutes=offset)))


@given(st.datetimes(min_value=datetime(1601, 1, 1), max_value=datetime(9998, 1, 1), timezones=minutes))  # noqa: DTZ001
def test_wmi_times_of_every_zone_are_read(moment: datetime) -> None:
    offset = moment.utcoffset()
    assert offset is not None
    text = f"{moment.year:04}{moment:%m%d%H%M%S.%f}{int(offset.total_seconds() // 60):+04}"

    assert parse_wmi_time(text) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "20261301000000.000000+000", "20260101000000.******+***"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_wmi_time(text) is None


FOUND = GuestFacts("BUILD-VM-0000-01", build="20348.1", user="BUILD\\bob", elevated=True)


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [
        (Wanted(), 0),
        (Wanted("*"), 0),
        (Wanted("build-vm-0000-0"), 0),
        (Wanted("build-vm-0000-01-of-the-lab"), 0),
        (Wanted("other"), 1),
        (Wanted("other", (17763,)), 2),
        (Wanted(builds=(17763, 20348)), 0),
    ],
)
def test_only_real_differences_are_told(wanted: Wanted, lines: int) -> None:
    assert len(differences(wanted, FOUND)) == lines


@pytest.mark.parametrize(
    ("named", "build", "other"),
    [("", "26100.1", False), ("", "26200.1", False), ('version = "24H2"\n', "26200.1", True), ("", "19045.1", True)],
)
def test_a_spec_without_a_version_is_met_by_every_version(named: str, build: str, *, other: bool) -> None:
    guest = guest_of(f'[windows]\nrelease = "11"\n{named}{WINRM}')
    wanted = wanted_by(guest.windows, guest.computer, None)
    assert any("build" in line for line in differences(wanted, GuestFacts("A", build=build))) is other


def test_a_user_without_rights_is_told() -> None:
    assert "administrator" in differences(Wanted(), GuestFacts("A", user="bob", elevated=False))[0]
