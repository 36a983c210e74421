"""Many guests verified by one process, each as if it were the only one."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.verify.guests import WAYS, endpoint, state
from tests.verify.strangers import unused_port
from toolkit.simulator.server import SimulatedGuest
from toolkit.verify.fleet import verify_many
from toolkit.verify.ladder import Ascent, climb
from toolkit.verify.limits import Limits

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import Endpoint


def test_reports_come_in_the_order_of_the_guests_whatever_each_is_like() -> None:
    with contextlib.ExitStack() as guests:
        states = [replace(state(credssp=True), host_name=f"WIN-{number}") for number in range(8)]
        running = [guests.enter_context(SimulatedGuest(one)) for one in states]
        places = [endpoint(guest.port, auth=WAYS[number % len(WAYS)]) for number, guest in enumerate(running)]
        places.insert(3, endpoint(unused_port()))
        ascents = list(verify_many(places, look, workers=6))
        assert [guest.open_shells for guest in running] == [0] * 8

    names = [ascent.facts.guest.computer if ascent.facts.guest else "off" for ascent in ascents]
    assert names == ["WIN-0", "WIN-1", "WIN-2", "off", *(f"WIN-{number}" for number in range(3, 8))]


def look(place: Endpoint) -> Ascent:
    return climb(place, Limits())
