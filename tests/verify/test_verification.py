"""The whole way, from an endpoint to a report, in real time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.verify.guests import PASSWORD, WAYS, endpoint, state
from tests.verify.strangers import never_answers, response, says, stranger, unused_port
from toolkit.communicators.endpoint import Auth
from toolkit.simulator.server import SimulatedGuest
from toolkit.verify.consumer import Client
from toolkit.verify.limits import Limits
from toolkit.verify.options import Options
from toolkit.verify.verification import verify
from toolkit.verify.wait import Change, Ending, Patience
from toolkit.verify.wanted import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.verify.checks.check import Outcome
    from toolkit.verify.report import Report


def test_a_guest_that_appears_after_a_second_is_noticed_within_one_interval() -> None:
    port = unused_port()
    guest = SimulatedGuest(state(), port=port)
    timer = threading.Timer(1.0, guest.start)
    changes: list[Change] = []
    timer.start()
    try:
        report = verify(endpoint(port), patience=Patience(timeout=10, interval=0.25), on_change=changes.append)
    finally:
        timer.join()
        guest.stop()

    assert report.ready
    assert 1.0 <= report.elapsed < 2.0
    assert [change.summary for change in changes][-1] == "ready"
    assert changes[0].summary.endswith("nothing listens there.")


@pytest.mark.parametrize(("talk", "code"), [(None, 11), (never_answers, 14)])
def test_at_the_deadline_the_code_is_that_of_the_rung(talk: Callable[..., None] | None, code: int) -> None:
    with stranger(talk or never_answers) as port:
        where = endpoint(port if talk else unused_port())
        report = verify(where, patience=Patience(timeout=0.6, interval=0.2), limits=Limits(answer=0.2))

    assert (report.ending, report.code) == (Ending.DEADLINE, code)
    assert 0.5 < report.elapsed < 2


IN_VAIN: dict[str, Callable[[], Report]] = {
    "unknown name": lambda: verify(endpoint(5985, host="nonexistent.invalid")),
    "basic is off": lambda: _verify_simulated(basic=False),
    "not an administrator": lambda: _verify_simulated(user="bob", password="b0b"),
    "web site": lambda: _verify_stranger(response("200 OK", b"<html/>", server="Apache")),
    "tls to plain": lambda: _verify_simulated(ssl=True),
}


@pytest.mark.parametrize("look", IN_VAIN.values(), ids=IN_VAIN)
def test_where_waiting_is_in_vain_the_verdict_comes_in_less_than_five_seconds(look: Callable[[], Report]) -> None:
    report = look()

    assert report.ending is Ending.FATAL
    assert report.elapsed < 5


def _verify_simulated(
    *, basic: bool = True, ssl: bool = False, user: str = "vagrant", password: str = PASSWORD
) -> Report:
    with SimulatedGuest(state(basic=basic)) as guest:
        return verify(endpoint(guest.port, ssl=ssl, user=user, password=password))


def _verify_stranger(answer: bytes) -> Report:
    with stranger(says(answer)) as port:
        return verify(endpoint(port))


@pytest.mark.parametrize("auth", WAYS)
def test_a_wrong_password_is_sent_twice_at_most_by_each_method(auth: Auth) -> None:
    with SimulatedGuest(state(credssp=True)) as guest:
        verify(endpoint(guest.port, auth=auth, password="wrong"), patience=Patience(timeout=30, suspicion=0.1))
        refusals = [exchange for exchange in guest.exchanges if exchange.status == 401]

    # A look is two unauthenticated requests (Identify, answered by 200, and the empty one), then Basic's single
    # request, or NTLM's two of which only the last proves knowledge of a password. What Basic is refused is tried by
    # NTLM too, to tell a wrong password from a method that is kept from being used.
    legs = {Auth.BASIC: 1 + 2, Auth.NTLM: 2, Auth.NEGOTIATE: 2}
    if auth in legs:
        assert len(refusals) == 2 * (1 + legs[auth])
    assert len(refusals) <= 2 * (1 + 6)


def test_whoever_interrupts_the_checks_gets_what_they_have_said() -> None:
    def interrupt(_outcome: Outcome) -> None:
        raise KeyboardInterrupt

    with SimulatedGuest(state()) as guest:
        options = Options(checks=("shells", "cmd"), client=Client.PACKER)
        report = verify(endpoint(guest.port), options=options, on_outcome=interrupt)
        assert guest.open_shells == 0

    assert (report.ending, int(report.code), report.meeting) == (Ending.INTERRUPTED, 130, None)
    assert [outcome.check for outcome in report.outcomes] == ["shells"]
    assert "Interrupted: it is ready, but not all was looked at" in report.to_text()


def test_the_pause_ends_in_the_same_boot() -> None:
    with SimulatedGuest(state()) as guest:
        report = verify(endpoint(guest.port), patience=Patience(pause=0.2))
        assert guest.open_shells == 0

    assert (report.ready, report.attempts, report.warnings) == (True, 2, ())


def test_a_guest_that_reboots_during_the_pause_is_verified_again() -> None:
    first = SimulatedGuest(state())
    first.start()
    second = SimulatedGuest(replace(state(), boot_time=state().boot_time + timedelta(minutes=2)), port=first.port)
    pauses: list[Change] = []

    def reboot(change: Change) -> None:
        if change.summary.startswith("ready; pausing"):
            pauses.append(change)
            if len(pauses) == 1:
                first.stop()
                second.start()

    try:
        report = verify(endpoint(first.port), patience=Patience(timeout=10, pause=0.1), on_change=reboot)
    finally:
        first.stop()
        second.stop()

    assert report.ready
    assert report.warnings == ("The guest rebooted during the pause.",)
    assert len(pauses) == 2


def test_another_computer_than_the_wanted_one_is_a_warning() -> None:
    with SimulatedGuest(state()) as guest:
        report = verify(endpoint(guest.port), Wanted(host_name="WIN-B"))

    assert report.ready
    assert report.warnings == ("The guest is named WIN-A, but the spec says WIN-B.",)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with stranger(never_answers) as proxy, SimulatedGuest(state()) as guest:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy}")
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        report = verify(endpoint(guest.port), patience=Patience(timeout=0))

    assert report.ready


def test_no_password_is_in_any_form_of_the_report() -> None:
    with SimulatedGuest(state()) as guest:
        for password in (PASSWORD, "wr0ng-p4ss"):
            report = verify(endpoint(guest.port, password=password), patience=Patience(timeout=0))
            everything = f"{report!r}{report.to_text()}{json.dumps(report.to_json(), ensure_ascii=False)}"
            assert password not in everything


PROCESS = """
import sys
from toolkit.communicators.endpoint import Auth, Endpoint
from toolkit.secret import Secret
from toolkit.verify.verification import verify

place = Endpoint("127.0.0.1", int(sys.argv[1]), False, Auth.NTLM, "vagrant", Secret(sys.stdin.read()))
sys.exit(int(verify(place).code))
"""


def test_a_ready_guest_is_proven_by_a_fresh_process_in_about_half_a_second() -> None:
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    with SimulatedGuest(state()) as guest:
        started = time.monotonic()
        command = [sys.executable, "-c", PROCESS, str(guest.port)]
        done = subprocess.run(command, check=False, input=PASSWORD.encode(), env=environment)
        spent = time.monotonic() - started

    assert done.returncode == 0
    assert spent < 3, "0.4 s where it was measured; the rest is for machines under load"
