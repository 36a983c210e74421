"""The wait as a terminal shows it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from toolkit.cli.waiting import LiveLadder, clock, logged
from toolkit.verify.rung import Failure, Rung, Verdict
from toolkit.verify.wait import Change


def shown(ladder: LiveLadder, columns: int) -> list[str]:
    console = Console(file=io.StringIO(), width=columns, color_system=None)
    with console.capture() as captured:
        console.print(ladder)
    return captured.get().splitlines()


REFUSED = Failure(
    Rung.TCP,
    "refused",
    Verdict.RETRY,
    "10.0.0.5 port 5985 refuses connections: " + "the host is up " * 9,
    causes=("WinRM has no listener on this port", "Something else."),
    in_guest=("winrm enumerate winrm/config/listener -and so on", "sc.exe query WinRM"),
    in_client=("--port N",),
)


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_no_line_is_wider_than_the_terminal_and_none_is_wrapped_by_it(columns: int) -> None:
    ladder = LiveLadder(lambda: 5.0)
    ladder.stand(Change(1.0, Rung.TCP, REFUSED.what, REFUSED.kind, REFUSED))
    lines = shown(ladder, columns)
    assert len(lines) == len(ladder.lines(columns))
    assert max(map(len, lines)) <= columns
    assert " ".join(" ".join(lines).split()).count("host is up") == 9


def test_the_rungs_that_hold_stand_below_the_one_that_does_not() -> None:
    times = iter([0.0, 65.0])
    ladder = LiveLadder(lambda: next(times))
    ladder.stand(Change(1.0, Rung.TCP, "refused", "refused", proven=(Rung.NAME, Rung.PROXY)))
    *rungs, last = ladder.lines()
    assert rungs == ["  ok  name", "  ok  proxy", "  ..  tcp             refused"]
    assert last.startswith("00:01:05 waiting")


def test_no_rung_is_called_good_that_nobody_stood_on() -> None:
    plain = (Rung.NAME, Rung.PROXY, Rung.TCP, Rung.HTTP, Rung.IDENTIFY)
    ladder = LiveLadder(lambda: 0.0)
    ladder.stand(Change(1.0, Rung.AUTHENTICATION, "refused", "credentials-refused", proven=plain))
    assert ladder.lines()[:-2] == [f"  ok  {rung}" for rung in plain]


def test_what_most_likely_mends_it_is_told_while_it_is_waited_for() -> None:
    ladder = LiveLadder(lambda: 0.0)
    ladder.stand(Change(1.0, Rung.TCP, "refused", "refused", REFUSED))
    assert ladder.lines()[1:-1] == [
        "      likely: WinRM has no listener on this port",
        "      in the guest: winrm enumerate winrm/config/listener -and so on",
        "      in this command: --port N",
    ]


def test_a_guest_that_is_looked_at_more_closely_is_not_done_with() -> None:
    ladder = LiveLadder(lambda: 0.0, closer=True)
    ladder.stand(Change(1.0, Rung.RUN, "ready", "ready"))
    last = ladder.lines(40)[-1]
    assert (last, len(last)) == ("00:00:00 ready; checking; Ctrl-C: report", 40)


def test_before_anything_is_known_it_says_so() -> None:
    assert LiveLadder(lambda: 0.0).lines() == ["00:00:00 connecting"]


def test_hours_are_hours() -> None:
    assert clock(3 * 3600 + 25 * 60 + 7.9) == "03:25:07"


def test_a_line_of_a_log_has_the_wall_clock_and_the_time_that_was_waited() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    assert logged(Change(65.4, Rung.TCP, "refused"), moment) == "2026-01-02 03:04:05Z 00:01:05 tcp: refused"
