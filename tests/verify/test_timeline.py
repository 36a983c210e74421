"""The picture of a boot, out of what an observer was told."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.guests import endpoint, state
from tests.verify.strangers import unused_port
from toolkit.errors import UsageError
from toolkit.simulator.server import SimulatedGuest
from toolkit.verify.rung import Rung
from toolkit.verify.timeline import Timeline, timeline
from toolkit.verify.verification import verify
from toolkit.verify.wait import Change, Patience

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
BOOT = (
    Change(0.0, Rung.TCP, "nothing answers", "dropped"),
    Change(300.0, Rung.TCP, "nothing listens there", "refused"),
    Change(420.5, Rung.HTTP, "answers 503", "unavailable"),
    Change(431.0, Rung.AUTHENTICATION, "refuses vagrant", "credentials-refused"),
    Change(490.0, Rung.RUN, "ready", "ready"),
)


def made(changes: Sequence[Change] = BOOT, elapsed: float = 492.0) -> Timeline:
    return timeline("10.0.0.5:5985", START, changes, elapsed)


def test_each_change_begins_a_stage_that_lasts_until_the_next() -> None:
    stages = made().stages

    assert [(stage.label, stage.seconds) for stage in stages] == [
        ("tcp", 300.0),
        ("tcp", 120.5),
        ("503", 10.5),
        ("401", 59.0),
        ("ready", 2.0),
    ]


def test_the_json_has_the_wall_clock_the_durations_and_a_recommendation() -> None:
    told = json.loads(made().rendered(".json"))

    assert told["stages"][3]["at"] == "2026-01-01T08:07:11+00:00"
    assert (told["ready_after"], told["recommended_winrm_timeout"], told["setbacks"]) == (490.0, "17m", [])


@pytest.mark.parametrize(("after", "recommended"), [(0.3, "2m"), (60.0, "2m"), (61.0, "3m"), (1800.0, "60m")])
def test_the_timeout_is_twice_what_was_measured_and_never_tight(after: float, recommended: str) -> None:
    assert made([Change(after, Rung.RUN, "ready", "ready")], after).recommended_timeout == recommended


def test_a_guest_that_never_was_ready_recommends_nothing() -> None:
    never = made(BOOT[:-1], 1800.0)

    assert (never.ready_after, never.recommended_timeout) == (None, None)
    assert never.stages[-1].end == 1800.0
    assert b"Not ready in the end." in never.rendered(".svg")


def test_a_reboot_is_a_setback_and_ready_counts_from_the_last_time() -> None:
    changes = (*BOOT, Change(500.0, Rung.TCP, "gone", "refused"), Change(560.0, Rung.RUN, "ready", "ready"))

    again = made(changes, 561.0)

    assert (again.setbacks, again.ready_after) == ((500.0,), 560.0)


def test_a_pause_that_the_guest_outlasts_does_not_count_against_it() -> None:
    changes = (*BOOT, Change(490.1, Rung.RUN, "pausing", "paused"), Change(550.0, Rung.RUN, "ready", "ready"))

    assert made(changes, 551.0).ready_after == 490.0


def test_the_picture_is_xml_with_a_bar_for_each_stage() -> None:
    root = ET.fromstring(made().rendered(".svg"))
    space = "{http://www.w3.org/2000/svg}"

    bars = [rect for rect in root.iter(f"{space}rect") if rect.find(f"{space}title") is not None]
    assert len(bars) == len(BOOT)
    assert [float(bar.get("x", "0")) for bar in bars] == sorted(float(bar.get("x", "0")) for bar in bars)
    assert "Ready after 490 s." in "".join(root.itertext())


def test_the_page_holds_the_picture_and_its_numbers() -> None:
    page = made().rendered(".HTML").decode()

    assert page.startswith("<!DOCTYPE html>")
    assert page.count("<svg ") == 1
    assert "<td>08:07:11</td><td>431.0</td><td>59.0</td><td>401</td><td>refuses vagrant</td>" in page


def test_another_ending_is_a_mistake_in_the_command_line() -> None:
    with pytest.raises(UsageError, match=r"cannot be written as \.png"):
        made().rendered(".png")


@given(st.lists(st.tuples(st.floats(0, 1e5), st.sampled_from(Rung), st.text(max_size=20)), max_size=12))
def test_any_boot_can_be_drawn(seen: list[tuple[float, Rung, str]]) -> None:
    changes = [Change(elapsed, rung, text) for elapsed, rung, text in sorted(seen, key=lambda one: one[0])]
    drawn = made(changes, 0.0)

    ET.fromstring(drawn.rendered(".svg"))
    assert all(stage.seconds >= 0 for stage in drawn.stages)
    assert "<script" not in drawn.rendered(".html").decode()


def test_a_real_wait_makes_a_timeline() -> None:
    port = unused_port()
    guest = SimulatedGuest(state(), port=port)
    timer = threading.Timer(0.5, guest.start)
    changes: list[Change] = []
    timer.start()
    try:
        report = verify(endpoint(port), patience=Patience(timeout=10, interval=0.2), on_change=changes.append)
    finally:
        timer.join()
        guest.stop()
    drawn = timeline("guest", START, changes, report.elapsed)

    assert [stage.label for stage in drawn.stages] == ["tcp", "ready"]
    assert drawn.ready_after is not None
    assert 0.4 < drawn.ready_after < 2
