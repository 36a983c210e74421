"""Meeting a guest as Packer, Ansible and Vagrant would, and proving that a finished one is shut."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from socket import AF_INET
from typing import TYPE_CHECKING

import pytest

from tests.verify.guests import endpoint, state
from tests.verify.strangers import alerts, greets, hangs_up, never_answers, response, says, stranger, unused_port
from toolkit.certificates import self_signed
from toolkit.communicators.endpoint import Auth
from toolkit.communicators.errors import (
    CommunicatorError,
    FaultError,
    HttpStatusError,
    UnauthorisedError,
    UnreachableError,
)
from toolkit.errors import ExitCode
from toolkit.simulator.plan import Misfit, Plan
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import WindowsVersion
from toolkit.verify.consumer import PACKERS_SCRIPT, Client, meet
from toolkit.verify.limits import Limits
from toolkit.verify.name import Address
from toolkit.verify.options import Expect, Options
from toolkit.verify.rung import Rung
from toolkit.verify.surroundings import Surroundings
from toolkit.verify.verification import verify
from toolkit.verify.wait import Ending, Patience

if TYPE_CHECKING:
    from collections.abc import Callable
    from socket import socket

    from toolkit.simulator.state import GuestState
    from toolkit.verify.ansible_module import Piping
    from toolkit.verify.report import Report

ONCE = Patience(timeout=0)


def met(
    client: Client, *, auth: Auth = Auth.BASIC, allow_unencrypted: bool = True, plan: Plan | None = None
) -> tuple[Report, list[str], int]:
    """Give the report, the actions that the client's part added, and how many shells it left."""
    guest_state = state(allow_unencrypted=allow_unencrypted)
    with SimulatedGuest(guest_state, plan=plan) as guest:
        where = endpoint(guest.port, auth=auth)
        verify(where, patience=ONCE)
        before = len(guest.exchanges)
        verify(where, patience=ONCE)
        ladder = len(guest.exchanges) - before
        report = verify(where, patience=ONCE, options=Options(client=client))
        actions = [
            exchange.action.rpartition("/")[2] for exchange in guest.exchanges[before + 2 * ladder :] if exchange.action
        ]
        return report, actions, guest.open_shells


@pytest.mark.parametrize("client", Client)
@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.NTLM])
def test_an_open_guest_serves_every_client(client: Client, auth: Auth) -> None:
    report, _, left = met(client, auth=auth)

    assert report.meeting is not None
    assert report.meeting.failure is None
    assert (report.code, left) == (ExitCode.OK, 0)


def test_packer_opens_a_shell_closes_it_and_then_asks_powershell() -> None:
    _, actions, _ = met(Client.PACKER)

    assert actions[:2] == ["Create", "Delete"]
    assert actions[2:4] == ["Create", "Command"]
    assert actions[-1] == "Delete"


def test_a_guest_that_takes_sealed_messages_only_serves_all_but_packer() -> None:
    reports = {client: met(client, auth=Auth.NTLM, allow_unencrypted=False)[0] for client in Client}

    assert {client: report.code for client, report in reports.items()} == {
        Client.PACKER: ExitCode.AUTHENTICATION,
        Client.ANSIBLE: ExitCode.OK,
        Client.VAGRANT: ExitCode.OK,
    }
    failure = reports[Client.PACKER].meeting.failure  # type: ignore[union-attr]
    assert failure is not None
    assert failure.kind == "client-does-not-seal"
    assert "communicator.winrm_use_ssl = true" in failure.in_spec


def test_a_method_that_the_client_lacks_is_named_before_anything_is_sent() -> None:
    def never(seal: bool) -> object:  # noqa: FBT001  (as `meet` calls it)
        raise AssertionError(seal)

    meeting = meet(Client.PACKER, endpoint(5985, auth=Auth.KERBEROS), never)  # type: ignore[arg-type]

    assert meeting.failure is not None
    assert meeting.failure.what == "Packer cannot log on by kerberos; it knows basic, ntlm."


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (FaultError("full", fault=0x803381A5, reason="full"), "too-many-shells"),
        (UnreachableError("The connection broke."), "connection-broke"),
        (HttpStatusError("503", status=503), "unavailable"),
        (UnauthorisedError("refused", ("Negotiate",)), "refused-later"),
    ],
)
def test_not_every_trouble_that_packer_meets_comes_of_what_it_does_not_encrypt(
    trouble: CommunicatorError, kind: str
) -> None:
    def meets(seal: bool) -> Piping:  # noqa: FBT001  (as `meet` calls it)
        assert not seal
        raise trouble

    meeting = meet(Client.PACKER, endpoint(5985, auth=Auth.NTLM), meets)

    assert meeting.failure is not None
    assert meeting.failure.kind == kind


def test_ansible_opens_one_shell_and_sends_a_module_in_pieces_over_stdin() -> None:
    _, actions, left = met(Client.ANSIBLE)

    assert actions == ["Create", "Command", "Send", "Send", "Receive", "Signal", "Delete"]
    assert left == 0


@pytest.mark.parametrize(
    ("client", "word", "kind"),
    [
        (Client.ANSIBLE, "ExecutionPolicy", "module-fails"),
        (Client.PACKER, "exe -EncodedCommand", "client-gets-another-answer"),
    ],
)
def test_a_probe_that_is_answered_otherwise_is_a_failure_of_its_own(client: Client, word: str, kind: str) -> None:
    plan = Plan(misfits=(Misfit(word, code=0, stdout=b"2\r\n"),))

    report, _, left = met(client, plan=plan)

    assert report.meeting is not None
    assert report.meeting.failure is not None
    assert (report.meeting.failure.kind, report.meeting.failure.rung) == (kind, Rung.RUN)
    assert (report.code, left) == (ExitCode.RUN, 0)


def test_ansible_is_told_of_a_powershell_that_is_too_old_for_its_modules() -> None:
    report, left = ansible_at(replace(state(), windows=WindowsVersion("Windows 7", 7601)))

    assert report.meeting is not None
    assert report.meeting.failure is not None
    assert report.meeting.failure.kind == "powershell-too-old"
    assert (report.code, left) == (ExitCode.RUN, 0)


def test_ansible_is_told_of_an_envelope_that_is_too_small_for_its_modules() -> None:
    """Windows 7's default of 150 kB serves every other client: only a piece of 200,000 bytes finds it out."""
    report, left = ansible_at(replace(state(), max_envelope_kb=150))

    assert report.meeting is not None
    assert report.meeting.failure is not None
    assert report.meeting.failure.kind == "too-large"
    assert any("MaxEnvelopeSizekb" in line for line in report.meeting.failure.in_guest)
    assert left == 0


def ansible_at(guest_state: GuestState) -> tuple[Report, int]:
    with SimulatedGuest(guest_state) as guest:
        report = verify(endpoint(guest.port), patience=ONCE, options=Options(client=Client.ANSIBLE))
        return report, guest.open_shells


def test_packers_script_is_the_one_in_its_sources() -> None:
    """Plugin SDK, communicator/step_connect_winrm.go: byte for byte, because guests with odd profiles differ by it."""
    assert PACKERS_SCRIPT == (
        "if (Test-Path variable:global:ProgressPreference){set-variable -name variable:global:ProgressPreference "
        "-value 'SilentlyContinue'}; echo \"WinRM connected.\""
    )
    assert len(base64.b64encode(PACKERS_SCRIPT.encode("utf-16-le"))) < 8191


# --expect closed

QUICK = Limits(connect=0.3, handshake=0.3, answer=0.3)


def closed(port: int) -> Report:
    return verify(endpoint(port), limits=QUICK, options=Options(expect=Expect.CLOSED))


def test_an_open_guest_is_not_shut() -> None:
    with SimulatedGuest(state()) as guest:
        port = guest.port
        report = closed(port)

    assert report.shut is not None
    assert port in report.shut.answering
    assert (report.code, report.ending, report.ready) == (ExitCode.POSTURE, Ending.FATAL, False)
    assert report.to_text().splitlines()[-1] == "Not shut."


def test_a_guest_that_refuses_is_shut_and_known_to_be_up() -> None:
    port = unused_port()
    report = closed(port)

    assert report.shut is not None
    assert port in report.shut.refusing
    assert report.shut.awake
    assert (report.code, report.ready) == (ExitCode.OK, True)


@pytest.mark.parametrize("talk", [never_answers, hangs_up])
def test_a_port_forward_that_accepts_and_says_nothing_is_shut(talk: Callable[[socket], None]) -> None:
    with stranger(talk) as port:
        report = closed(port)

    assert report.shut is not None
    assert port in report.shut.accepting
    assert report.code is ExitCode.OK


@pytest.mark.parametrize("talk", [says(response("404 Not Found")), greets(b"SSH-2.0-x\r\n"), alerts(40)])
def test_whatever_answers_on_the_port_is_not_shut(talk: Callable[[socket], None]) -> None:
    with stranger(talk) as port:
        report = closed(port)

    assert report.shut is not None
    assert report.shut.answering == (port,)


def test_a_tls_port_that_drops_plain_requests_is_not_shut() -> None:
    certificate = self_signed(["127.0.0.1"], now=datetime.now(UTC), days=2)
    with SimulatedGuest(state(), tls=certificate) as guest:
        port = guest.port
        report = closed(port)

    assert report.shut is not None
    assert report.shut.answering == (port,)


def test_a_guest_that_answers_at_one_of_its_addresses_is_not_shut() -> None:
    def resolve(_host: str, port: int) -> tuple[Address, ...]:
        return Address(AF_INET, ("127.0.0.2", port)), Address(AF_INET, ("127.0.0.1", port))

    with SimulatedGuest(state()) as guest:
        port = guest.port
        report = verify(
            endpoint(port, host="guest.example"),
            limits=QUICK,
            options=Options(expect=Expect.CLOSED),
            surroundings=Surroundings({}, resolve),
        )

    assert report.shut is not None
    assert report.shut.answering == (port,)
    assert report.troubles[0].evidence == (f"127.0.0.1 answers on port {port}",)
    assert report.code is ExitCode.POSTURE


def test_a_name_that_leads_nowhere_proves_nothing() -> None:
    report = verify(endpoint(5985, host="nonexistent.invalid"), limits=QUICK, options=Options(expect=Expect.CLOSED))

    assert (report.shut, report.code) == (None, ExitCode.NAME)
    assert report.to_json()["expect"] == "closed"
    assert report.to_text().splitlines()[-1] == "Nothing is proven (exit code 10)."
