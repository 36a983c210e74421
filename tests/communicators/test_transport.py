"""What carries the messages: connections that are lost, answers that are bombs, seals, trust."""

from __future__ import annotations

import contextlib
import importlib.util
import itertools
import socket
import ssl
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.client_certificates import make_user
from tests.verify.guests import WAYS, endpoint, state
from tests.verify.strangers import forwards_to, response, says, stranger
from toolkit.certificates import Certificate, self_signed
from toolkit.communicators import soap
from toolkit.communicators.binding import end_point_binding
from toolkit.communicators.connection import LARGEST_ANSWER
from toolkit.communicators.endpoint import Auth, ClientCertificate, Endpoint
from toolkit.communicators.errors import (
    CertificateError,
    CommandTimeoutError,
    CommunicatorError,
    FaultError,
    GarbledError,
    MissingSupportError,
    OutputLimitError,
    Refusal,
    UnauthorisedError,
    UnreachableError,
)
from toolkit.communicators.sealing import opened_body, sealed_body
from toolkit.communicators.winrm import LARGEST_OUTPUT, Timeouts, WinrmCommunicator
from toolkit.errors import ExitCode, UnreadableError, UsageError
from toolkit.secret import Secret
from toolkit.simulator import faults
from toolkit.simulator.plan import BreakOff, Drip, HangUp, Hush, Misfit, Plan, Raise, Say, Trouble
from toolkit.simulator.server import SimulatedGuest

if TYPE_CHECKING:
    from pathlib import Path

BRISK = Timeouts(connect=1, operation=1, command=3, grace=0.5)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%b">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b"]><s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'><s:Body>&j;</s:Body></s:Envelope>"
)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["localhost", "WIN-A"], now=datetime.now(UTC))


def cut_all(guest: SimulatedGuest) -> None:
    """Lose every connection, as http.sys does with idle ones and networks with any."""
    assert guest._listener is not None
    for connection in list(guest._listener._connections):
        with contextlib.suppress(OSError):  # the plain socket under a TLS one is none any more
            connection.shutdown(socket.SHUT_RDWR)
    time.sleep(0.05)


class TestLostConnections:
    @pytest.mark.parametrize("auth", WAYS)
    @pytest.mark.parametrize("tls", [False, True])
    def test_the_next_message_logs_on_anew_and_finds_its_shell(
        self, auth: Auth, certificate: Certificate, *, tls: bool
    ) -> None:
        with (
            SimulatedGuest(state(credssp=True), tls=certificate if tls else None) as guest,
            WinrmCommunicator(endpoint(guest.port, auth=auth, ssl=tls, insecure=True), BRISK) as communicator,
        ):
            communicator.run("hostname")
            cut_all(guest)
            assert communicator.run("hostname").stdout == b"WIN-A\r\n"
            assert guest.open_shells == 1

        assert guest.open_shells == 0
        sealed = {exchange.sealed for exchange in guest.exchanges if exchange.action}
        assert sealed == {auth is not Auth.BASIC and not tls}

    def test_a_guest_that_forgot_the_connection_is_asked_once_more(self) -> None:
        plan = Plan(troubles=(Trouble(Say(400), on="/Command", times=1),))
        with (
            SimulatedGuest(state(allow_unencrypted=False), plan=plan) as guest,
            WinrmCommunicator(endpoint(guest.port, auth=Auth.NTLM), BRISK) as communicator,
        ):
            assert communicator.run("hostname").exit_code == 0

    @pytest.mark.parametrize("fault", [faults.SHELL_NOT_FOUND, faults.TOO_MANY_OPERATIONS])
    def test_a_shell_that_is_used_up_is_replaced(self, fault: faults.Fault) -> None:
        plan = Plan(troubles=(Trouble(Raise(fault), on="/Command", times=1),))
        with (
            SimulatedGuest(state(), plan=plan) as guest,
            WinrmCommunicator(endpoint(guest.port), BRISK) as communicator,
        ):
            assert communicator.run("hostname").exit_code == 0
            assert guest.open_shells == 1

    def test_a_fault_that_stays_is_told_after_the_second_try(self) -> None:
        plan = Plan(troubles=(Trouble(Raise(faults.TOO_MANY_OPERATIONS), on="/Command"),))
        with SimulatedGuest(state(), plan=plan) as guest:
            with WinrmCommunicator(endpoint(guest.port), BRISK) as communicator, pytest.raises(FaultError):
                communicator.run("hostname")
            assert guest.open_shells == 0


BOMBS = {
    "a billion laughs": (Plan(troubles=(Trouble(Say(200, LAUGHS), on="/Command"),)), GarbledError),
    "a billion laughs in UTF-16": (
        Plan(troubles=(Trouble(Say(200, LAUGHS.decode().encode("utf-16")), on="/Command"),)),
        GarbledError,
    ),
    "a body without end": (Plan(troubles=(Trouble(Drip(b"x" * 65536, 0), on="/Command"),)), GarbledError),
    "slow bytes": (Plan(troubles=(Trouble(Drip(b"x", 0.05), on="/Command"),)), UnreachableError),
    "silence": (Plan(troubles=(Trouble(Hush(), on="/Command"),)), UnreachableError),
    "a cut answer": (Plan(troubles=(Trouble(BreakOff(), on="/Receive"),)), UnreachableError),
    "a reset": (Plan(troubles=(Trouble(HangUp(reset=True), on="/Receive"),)), UnreachableError),
    "garbage": (Plan(troubles=(Trouble(Say(200, b"\x00\xff" * 50), on="/Receive"),)), GarbledError),
    "output beyond all measure": (
        Plan(misfits=(Misfit("hostname", 0, b"x" * 1_000_000, repeat=100),)),
        OutputLimitError,
    ),
    "a command without end": (Plan(misfits=(Misfit("hostname", None),)), CommandTimeoutError),
}


# In turns in the clear and sealed, for what happens below the seal is the same.
TURNS = [(*bomb, auth) for bomb, auth in zip(BOMBS.values(), itertools.cycle((Auth.NTLM, Auth.BASIC)), strict=False)]


@pytest.mark.parametrize(("plan", "error", "auth"), TURNS, ids=BOMBS)
def test_whatever_a_guest_does_ends_in_time_and_leaves_no_shell(
    plan: Plan, error: type[CommunicatorError], auth: Auth
) -> None:
    before = peak()
    with SimulatedGuest(state(), plan=plan) as guest:
        started = time.monotonic()
        with WinrmCommunicator(endpoint(guest.port, auth=auth), BRISK) as communicator, pytest.raises(error):
            communicator.run("hostname", timeout=2 if error is CommandTimeoutError else 20)
        assert time.monotonic() - started < 15
        assert guest.open_shells == 0

    # The simulated guest, which lives in this process, is counted too.
    assert peak() - before < 8 * (LARGEST_ANSWER + LARGEST_OUTPUT) // 1024


def peak() -> int:
    """Give the most memory that this process ever had, in kB; 0 where the system does not say."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415  (not on Windows)

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)


class TestTrust:
    def test_a_ca_file_is_trusted_in_place_of_the_hosts_own(self, certificate: Certificate, tmp_path: Path) -> None:
        authority = tmp_path / "authority.pem"
        authority.write_text(certificate.certificate)
        with SimulatedGuest(state(), tls=certificate) as guest:
            place = replace(endpoint(guest.port, ssl=True, host="localhost"), ca_file=authority)
            with WinrmCommunicator(place, BRISK) as communicator:
                assert communicator.run("hostname").exit_code == 0

    def test_a_server_name_stands_in_for_an_address(self, certificate: Certificate, tmp_path: Path) -> None:
        authority = tmp_path / "authority.pem"
        authority.write_text(certificate.certificate)
        with SimulatedGuest(state(), tls=certificate) as guest:
            place = replace(endpoint(guest.port, ssl=True), ca_file=authority)
            with pytest.raises(CertificateError):
                WinrmCommunicator(place, BRISK).connect()
            with WinrmCommunicator(replace(place, server_name="WIN-A"), BRISK) as communicator:
                communicator.connect()

    @pytest.mark.parametrize(("text", "error"), [(None, UnreadableError), ("no PEM", UsageError)])
    def test_a_ca_file_that_is_none_is_told(self, text: str | None, error: type[Exception], tmp_path: Path) -> None:
        file = tmp_path / "authority.pem"
        if text is not None:
            file.write_text(text)
        with pytest.raises(error, match=r"authority\.pem"):
            WinrmCommunicator(replace(endpoint(5986, ssl=True), ca_file=file), BRISK).connect()

    def test_a_wrong_passphrase_is_told_without_showing_it(self, tmp_path: Path) -> None:
        files = make_user(tmp_path, "right").files
        wrong = ClientCertificate(files.certificate, files.key, Secret("wr0ng-p4ss"))
        place = Endpoint("h", 5986, True, Auth.CERTIFICATE, "", Secret(""), client_certificate=wrong)
        with pytest.raises(UsageError, match=r"user\.pem") as caught:
            WinrmCommunicator(place, BRISK).connect()
        assert "wr0ng-p4ss" not in f"{caught.value!r}{caught.value.__cause__!r}{place!r}"

    def test_an_encrypted_key_without_passphrase_does_not_ask_on_the_terminal(self, tmp_path: Path) -> None:
        files = replace(make_user(tmp_path, "right").files, passphrase=None)
        place = Endpoint("h", 5986, True, Auth.CERTIFICATE, "", Secret(""), client_certificate=files)
        with pytest.raises(UsageError):
            WinrmCommunicator(place, BRISK).connect()


@pytest.mark.skipif(importlib.util.find_spec("gssapi") is not None, reason="the kerberos extra is installed")
def test_kerberos_without_its_library_names_what_to_install() -> None:
    with SimulatedGuest(state()) as guest, pytest.raises(MissingSupportError) as caught:
        WinrmCommunicator(endpoint(guest.port, auth=Auth.KERBEROS), BRISK).connect()
    assert caught.value.code is ExitCode.USAGE
    assert "unattend[kerberos]" in (caught.value.help or "")


class TestRefusals:
    def test_plain_messages_after_a_good_logon_are_told_from_a_bad_password(self) -> None:
        with SimulatedGuest(state(allow_unencrypted=False)) as guest, pytest.raises(UnauthorisedError) as caught:
            WinrmCommunicator(endpoint(guest.port, auth=Auth.NTLM), BRISK, seal=False).connect()
        assert caught.value.refusal is Refusal.ESTABLISHED

    def test_plain_messages_go_where_they_are_allowed(self) -> None:
        with (
            SimulatedGuest(state()) as guest,
            WinrmCommunicator(endpoint(guest.port, auth=Auth.NTLM), BRISK, seal=False) as communicator,
        ):
            assert communicator.run("hostname").exit_code == 0
            assert not any(exchange.sealed for exchange in guest.exchanges)

    def test_a_method_that_is_not_taken_at_all_is_told(self) -> None:
        with SimulatedGuest(state(negotiate=False)) as guest, pytest.raises(UnauthorisedError) as caught:
            WinrmCommunicator(endpoint(guest.port, auth=Auth.NTLM), BRISK).connect()
        assert caught.value.refusal is Refusal.UNASKED

    def test_logging_on_needs_no_message_of_its_own(self) -> None:
        with (
            SimulatedGuest(state()) as guest,
            WinrmCommunicator(endpoint(guest.port, auth=Auth.NTLM), BRISK) as communicator,
        ):
            communicator.log_on()
            assert [exchange.status for exchange in guest.exchanges] == [401, 200]


def test_a_long_message_of_credssp_goes_in_several_records() -> None:
    with (
        SimulatedGuest(state(credssp=True, allow_unencrypted=False)) as guest,
        WinrmCommunicator(endpoint(guest.port, auth=Auth.CREDSSP), BRISK) as communicator,
    ):
        done = communicator.run_powershell("'x' * 100000")

    assert len(done.stdout) == 100_002


def test_powershell_admits_whom_it_admits_and_opens_nothing() -> None:
    for user, password, admitted in (("vagrant", "pässword:1", True), ("bob", "b0b", False)):
        with (
            SimulatedGuest(state()) as guest,
            WinrmCommunicator(endpoint(guest.port, user=user, password=password), BRISK) as communicator,
        ):
            assert communicator.admits_powershell() is admitted
            assert guest.open_shells == 0


def test_an_ipv6_guest_is_worked_in_by_its_address() -> None:
    with (
        SimulatedGuest(state()) as guest,
        stranger(forwards_to(guest.port), host="::1") as port,
        WinrmCommunicator(endpoint(port, host="::1", auth=Auth.NTLM), BRISK) as communicator,
    ):
        assert communicator.run("hostname").exit_code == 0


def test_an_answer_that_is_not_asked_for_does_not_become_the_next_one() -> None:
    with stranger(says(response("503 Service Unavailable") * 2)) as port:
        communicator = WinrmCommunicator(endpoint(port), BRISK)
        for _ in range(2):
            with pytest.raises(CommunicatorError):
                communicator.connect()


@given(st.lists(st.tuples(st.binary(max_size=300), st.binary(min_size=16, max_size=16)), min_size=1, max_size=4))
def test_what_was_sealed_is_opened(parts: list[tuple[bytes, bytes]]) -> None:
    boundary = b"--Encrypted Boundary"
    if any(boundary in data for data, _ in parts):
        return
    body = sealed_body("application/x", [(len(data), signature, data) for data, signature in parts])

    assert opened_body(body, lambda _, data: data) == b"".join(data for data, _ in parts)


@given(st.binary(max_size=300))
def test_a_sealed_answer_of_any_bytes_is_opened_or_garbled(body: bytes) -> None:
    frame = sealed_body("application/x", [(3, b"s" * 16, b"abc")])
    for data in (body, frame[: len(body)], frame.replace(b"abc", body)):
        with contextlib.suppress(GarbledError):
            opened_body(data, lambda _, data: data)


@pytest.mark.parametrize("signature", [b"\xff\xff\xff\xff", b"\x00\x10\x00\x00", b"\x01"])
def test_a_signature_that_is_longer_than_the_answer_is_garbled(signature: bytes) -> None:
    frame = sealed_body("application/x", [(3, b"s" * 16, b"abc")]).replace(b"\x10\x00\x00\x00" + b"s" * 16, signature)

    with pytest.raises(GarbledError):
        opened_body(frame, lambda _, data: data)


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3), st.text(max_size=20))
def test_requests_written_by_hand_stay_well_formed(selectors: dict[str, str], resource_uri: str) -> None:
    clean = {key: value for key, value in selectors.items() if (key + value).isprintable()}
    if resource_uri.isprintable():
        ET.fromstring(soap.get(resource_uri, clean, 20))


def test_a_binding_is_the_sha_256_of_a_certificate_that_is_signed_so(certificate: Certificate) -> None:
    der = ssl.PEM_cert_to_DER_cert(certificate.certificate)

    assert end_point_binding(der) == b"tls-server-end-point:" + bytes.fromhex(certificate.sha256)
    assert end_point_binding(b"no certificate").startswith(b"tls-server-end-point:")
