"""When a plan's troubles happen, and to which requests."""

from __future__ import annotations

import pytest

from tests.simulator.clients import pywinrm, run_pywinrm, state
from toolkit.simulator.faults import QUOTA_BUSY
from toolkit.simulator.misfit import run_misfit
from toolkit.simulator.plan import Course, HangUp, Hush, Misfit, Plan, Raise, Say, Trouble
from toolkit.simulator.programs import Event, Output, Program, Stream
from toolkit.simulator.server import SimulatedGuest


def test_a_trouble_begins_and_ends_where_the_plan_says() -> None:
    course = Course(Plan(troubles=(Trouble(Hush(), on="/Create", after=1, times=2),)))

    assert [course.upset("urn:x/Create") for _ in range(5)] == [None, Hush(), Hush(), None, None]


def test_a_trouble_without_end_goes_on() -> None:
    course = Course(Plan(troubles=(Trouble(Say(503)),)))

    assert [course.upset("") for _ in range(3)] == [Say(503)] * 3


@pytest.mark.parametrize(("on", "action"), [("", "urn:x/Create"), ("/Create", ""), ("/Create", "urn:x/Delete")])
def test_other_requests_are_spared(on: str, action: str) -> None:
    assert Course(Plan(troubles=(Trouble(HangUp(), on=on),))).upset(action) is None


def test_a_later_trouble_takes_over_from_one_that_is_used_up() -> None:
    course = Course(Plan(troubles=(Trouble(Hush(), "/Create", times=1), Trouble(HangUp(), "/Create"))))

    assert [course.upset("/Create") for _ in range(3)] == [Hush(), HangUp(), HangUp()]


def test_a_misfit_is_found_by_a_word_of_its_line() -> None:
    plan = Plan(misfits=(Misfit("POWERSHELL", 3),))

    assert plan.misfit("powershell.exe -Command x") == Misfit("POWERSHELL", 3)
    assert plan.misfit("hostname") is None


def test_a_misfit_writes_what_it_should_and_ends_with_its_code() -> None:
    events, code = drained(run_misfit(Misfit("x", 7, b"out", b"err", repeat=2)))

    assert code == 7
    assert events == [Output(Stream.STDERR, b"err"), Output(Stream.STDOUT, b"out"), Output(Stream.STDOUT, b"out")]


def drained(running: Program) -> tuple[list[Event], int]:
    events: list[Event] = []
    while True:
        try:
            events.append(next(running))
        except StopIteration as end:
            return events, end.value


def test_a_real_client_meets_the_fault_and_then_the_guest() -> None:
    plan = Plan(troubles=(Trouble(Raise(QUOTA_BUSY), on="/Create", times=1),))
    with SimulatedGuest(state(), plan=plan) as guest:
        protocol = pywinrm(guest, "plaintext")
        with pytest.raises(Exception, match="configured to not accept more requests"):
            protocol.open_shell()
        protocol.transport.close_session()
        assert run_pywinrm(guest, "plaintext", "hostname").code == 0
