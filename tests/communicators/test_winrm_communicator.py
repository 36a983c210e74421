from __future__ import annotations

import contextlib
import itertools
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.verify.guests import WAYS, endpoint, state
from tests.verify.strangers import (
    Talk,
    drips,
    greets,
    hangs_up,
    heard,
    never_answers,
    response,
    says,
    stranger,
    tls_context,
    unused_port,
)
from toolkit.certificates import Certificate, self_signed
from toolkit.communicators.communicator import Communicator, Completed
from toolkit.communicators.endpoint import Auth
from toolkit.communicators.errors import (
    CertificateError,
    CommandTimeoutError,
    CommunicatorError,
    FaultError,
    GarbledError,
    HttpStatusError,
    TlsError,
    UnauthorisedError,
    UnreachableError,
)
from toolkit.communicators.winrm import Timeouts, WinrmCommunicator
from toolkit.errors import UsageError
from toolkit.simulator.server import SimulatedGuest

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

BRISK = Timeouts(connect=1, operation=1, command=10)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["localhost"], now=datetime.now(UTC))


@contextlib.contextmanager
def connected(auth: Auth = Auth.BASIC) -> Iterator[tuple[SimulatedGuest, Communicator]]:
    with (
        SimulatedGuest(state(credssp=True)) as guest,
        WinrmCommunicator(endpoint(guest.port, auth=auth), BRISK) as communicator,
    ):
        yield guest, communicator


@pytest.mark.parametrize("auth", WAYS)
class TestCommands:
    def test_a_command_gives_its_streams_and_its_code(self, auth: Auth) -> None:
        with connected(auth) as (_, communicator):
            assert communicator.run("hostname") == Completed(0, b"WIN-A\r\n", b"")
            failed = communicator.run("no-such-program")

        assert failed.exit_code == 1
        assert b"is not recognized" in failed.stderr

    def test_text_beyond_ascii_comes_back_as_utf_8(self, auth: Auth) -> None:
        with connected(auth) as (_, communicator):
            assert communicator.run("echo Grüße, мир").stdout.decode() == "Grüße, мир\r\n"

    def test_powershell_runs_a_script_of_several_lines(self, auth: Auth) -> None:
        with connected(auth) as (_, communicator):
            done = communicator.run_powershell("'a=' + $env:COMPUTERNAME\n'b'\nexit 7")

        assert (done.exit_code, done.stdout) == (7, b"a=WIN-A\r\nb\r\n")

    def test_many_commands_share_one_shell_and_one_connection(self, auth: Auth) -> None:
        with connected(auth) as (guest, communicator):
            for _ in range(5):
                communicator.run("hostname")
            connections = {exchange.connection for exchange in guest.exchanges}
            assert guest.open_shells == 1

        assert len(connections) == 1
        assert guest.open_shells == 0


def test_a_command_that_outlasts_the_operation_timeout_is_waited_for() -> None:
    with connected(Auth.NTLM) as (_, communicator):
        assert communicator.run_powershell("Start-Sleep 1.3; 'slept'").stdout == b"slept\r\n"


def test_a_command_that_outlasts_its_time_is_ended_and_the_shell_stays_good() -> None:
    with connected(Auth.NTLM) as (_, communicator):
        started = time.monotonic()
        with pytest.raises(CommandTimeoutError):
            communicator.run("ping -n 30 127.0.0.1", timeout=0.5)
        assert time.monotonic() - started < 4
        assert communicator.run("hostname").exit_code == 0


def test_ntlm_over_http_is_sealed_from_the_first_message_with_content() -> None:
    with connected(Auth.NTLM) as (guest, communicator):
        communicator.run("hostname")
        with_content = [exchange for exchange in guest.exchanges if exchange.action]

    assert with_content
    assert all(exchange.sealed for exchange in with_content)


def test_the_shell_is_closed_when_the_caller_fails() -> None:
    with SimulatedGuest(state()) as guest:
        with contextlib.suppress(ZeroDivisionError), WinrmCommunicator(endpoint(guest.port), BRISK) as communicator:
            communicator.connect()
            assert guest.open_shells == 1
            raise ZeroDivisionError
        assert guest.open_shells == 0


def test_closing_twice_or_unopened_does_nothing() -> None:
    communicator = WinrmCommunicator(endpoint(unused_port()), BRISK)
    communicator.close()
    communicator.close()


def test_closing_after_the_guest_is_gone_neither_fails_nor_hangs() -> None:
    guest = SimulatedGuest(state())
    guest.start()
    communicator = WinrmCommunicator(endpoint(guest.port), BRISK)
    communicator.connect()
    guest.stop()

    started = time.monotonic()
    communicator.close()
    assert time.monotonic() - started < 4


def test_a_command_with_control_characters_never_leaves_this_host() -> None:
    with connected() as (guest, communicator):
        with pytest.raises(UsageError, match="cannot be sent"):
            communicator.run("echo \x07")
        assert guest.request_count == 0


class TestRefusals:
    @pytest.mark.parametrize("auth", WAYS)
    def test_a_wrong_password_names_what_the_guest_offers(self, auth: Auth) -> None:
        with SimulatedGuest(state(credssp=True)) as guest:
            with pytest.raises(UnauthorisedError) as caught:
                WinrmCommunicator(endpoint(guest.port, auth=auth, password="wrong"), BRISK).connect()
            assert guest.open_shells == 0

        # CredSSP's refusal comes inside its own messages, where nothing else is offered.
        offered = {"CredSSP"} if auth is Auth.CREDSSP else {"Negotiate", "CredSSP", "Basic"}
        assert set(caught.value.offered) == offered
        assert caught.value.code == 15

    def test_a_fault_keeps_its_number(self) -> None:
        with SimulatedGuest(state()) as guest, pytest.raises(FaultError) as caught:
            WinrmCommunicator(endpoint(guest.port, user="bob", password="b0b"), BRISK).connect()

        assert caught.value.fault == 5

    def test_a_quota_fault_keeps_its_number(self) -> None:
        crowded = replace(state(), max_shells_per_user=0)
        with SimulatedGuest(crowded) as guest, pytest.raises(FaultError) as caught:
            WinrmCommunicator(endpoint(guest.port), BRISK).connect()

        assert caught.value.fault == 2150859173

    def test_identity_needs_no_rights(self) -> None:
        with SimulatedGuest(state()) as guest:
            with WinrmCommunicator(endpoint(guest.port, user="bob", password="b0b"), BRISK) as communicator:
                communicator.identify()
            assert guest.open_shells == 0


class TestTls:
    @pytest.mark.parametrize("auth", WAYS)
    def test_a_pin_is_enough(self, certificate: Certificate, auth: Auth) -> None:
        with SimulatedGuest(state(credssp=True), tls=certificate) as guest:
            place = endpoint(guest.port, ssl=True, auth=auth, pin=certificate.thumbprint)
            with WinrmCommunicator(place, BRISK) as communicator:
                assert communicator.run("hostname").exit_code == 0

    def test_another_certificate_than_the_pinned_one_ends_it(self, certificate: Certificate) -> None:
        with SimulatedGuest(state(), tls=certificate) as guest:
            place = endpoint(guest.port, ssl=True, insecure=True, pin="0" * 64)
            with pytest.raises(CertificateError, match="pinned"):
                WinrmCommunicator(place, BRISK).connect()
            assert guest.request_count == 0

    def test_a_self_signed_certificate_ends_it(self, certificate: Certificate) -> None:
        with SimulatedGuest(state(), tls=certificate) as guest, pytest.raises(CertificateError, match="self-signed"):
            WinrmCommunicator(endpoint(guest.port, ssl=True), BRISK).connect()

    def test_a_trusted_certificate_of_the_right_name_needs_no_option(
        self, certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        authority = tmp_path / "authority.pem"
        authority.write_text(certificate.certificate)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        with SimulatedGuest(state(), tls=certificate) as guest:
            with WinrmCommunicator(endpoint(guest.port, ssl=True, host="localhost"), BRISK) as communicator:
                assert communicator.run("hostname").exit_code == 0
            with pytest.raises(CertificateError, match=r"127\.0\.0\.1"):
                WinrmCommunicator(endpoint(guest.port, ssl=True), BRISK).connect()

    def test_plain_http_in_place_of_tls_is_no_certificate_error(self) -> None:
        with SimulatedGuest(state()) as guest, pytest.raises(TlsError):
            WinrmCommunicator(endpoint(guest.port, ssl=True, insecure=True), BRISK).connect()


def redirect(connection: socket.socket) -> None:
    heard(connection)
    connection.sendall(b"HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")


def challenges_with_garbage(connection: socket.socket) -> None:
    for offer in (b"Negotiate", b"Negotiate TlRMTVNTUAACgarbage="):
        heard(connection)
        connection.sendall(b"HTTP/1.1 401 No\r\nWWW-Authenticate: " + offer + b"\r\nContent-Length: 0\r\n\r\n")


SOAP_FAULT_OF_QUOTA = b"""<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault>
<s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text>\xc3\x9cberlast</s:Text></s:Reason><s:Detail>
<e:MSFT_WmiError xmlns:e="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError">
<e:error_Code>-2144108122</e:error_Code></e:MSFT_WmiError></s:Detail></s:Fault></s:Body></s:Envelope>"""

TROUBLE: dict[str, tuple[Talk, type[CommunicatorError]]] = {
    "hangs up": (hangs_up, UnreachableError),
    "speaks SSH": (greets(b"SSH-2.0-OpenSSH_9.2\r\n"), UnreachableError),
    "an HTML page": (says(response("200 OK", b"<html>captive portal</html>")), GarbledError),
    "broken XML": (says(response("200 OK", b"<s:Envelope")), GarbledError),
    "an empty answer": (says(response("200 OK")), GarbledError),
    "a thin answer": (says(response("200 OK", b"<a/>")), GarbledError),
    "bytes": (says(response("200 OK", b"\xff\xfe\x00")), GarbledError),
    "drops mid-answer": (says(response("200 OK", b"<s:Envelope", length=5000)), UnreachableError),
    "503": (says(response("503 Service Unavailable")), HttpStatusError),
    "500 without a body": (says(response("500 Internal Server Error")), HttpStatusError),
    "a redirect": (redirect, GarbledError),
    "a flood": (drips(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1_000_000, 0), GarbledError),
}


@pytest.mark.parametrize(("talk", "error"), TROUBLE.values(), ids=TROUBLE)
def test_every_accident_is_told_in_our_own_terms(talk: Talk, error: type[CommunicatorError]) -> None:
    with stranger(talk) as port, pytest.raises(CommunicatorError) as caught:
        WinrmCommunicator(endpoint(port), BRISK).connect()

    assert type(caught.value) is error
    assert "127.0.0.1" in caught.value.message


def test_a_quota_that_comes_as_a_wmi_error_with_a_signed_number_is_understood() -> None:
    with (
        stranger(says(response("500 Internal Server Error", SOAP_FAULT_OF_QUOTA))) as port,
        pytest.raises(FaultError) as caught,
    ):
        WinrmCommunicator(endpoint(port), BRISK).connect()

    assert (caught.value.fault, caught.value.reason) == (0x803381A6, "Überlast")


def test_a_challenge_of_garbage_is_told_in_our_own_terms() -> None:
    with stranger(challenges_with_garbage) as port, pytest.raises(CommunicatorError):
        WinrmCommunicator(endpoint(port, auth=Auth.NTLM), BRISK).connect()


def test_a_closed_port_is_unreachable() -> None:
    with pytest.raises(UnreachableError):
        WinrmCommunicator(endpoint(unused_port()), BRISK).connect()


def test_tls_that_is_never_answered_is_unreachable(certificate: Certificate, tmp_path: Path) -> None:
    context = tls_context(certificate.pem.reveal(), tmp_path)
    with stranger(hangs_up, context) as port, pytest.raises(UnreachableError):
        WinrmCommunicator(endpoint(port, ssl=True, insecure=True), BRISK).connect()


def test_silence_and_endless_dripping_both_end() -> None:
    for talk in (never_answers, drips(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x", 0.05)):
        started = time.monotonic()
        with stranger(talk) as port, pytest.raises(UnreachableError, match="stopped answering"):
            WinrmCommunicator(endpoint(port), replace(BRISK, grace=0.1)).connect()
        assert time.monotonic() - started < 3


def test_no_error_of_a_failed_logon_holds_the_password() -> None:
    with SimulatedGuest(state(credssp=True)) as guest:
        for auth in WAYS:
            with pytest.raises(UnauthorisedError) as caught:
                WinrmCommunicator(endpoint(guest.port, auth=auth, password="wr0ng-p4ss"), BRISK).connect()
            told = f"{caught.value!r} {caught.value.help} {caught.value.__cause__!r}"
            assert "wr0ng-p4ss" not in told


def test_two_communicators_in_two_threads_do_not_disturb_each_other() -> None:
    with SimulatedGuest(state(credssp=True)) as guest:
        results: list[bytes] = []

        def work(auth: Auth) -> None:
            with WinrmCommunicator(endpoint(guest.port, auth=auth), BRISK) as communicator:
                results.extend(communicator.run("hostname").stdout for _ in range(5))

        threads = [threading.Thread(target=work, args=(auth,)) for auth in itertools.chain(WAYS, WAYS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)

    assert results == [b"WIN-A\r\n"] * 40
