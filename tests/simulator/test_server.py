"""What http.sys and the service say to requests that are not a client's everyday ones, and how a guest stops."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.simulator.clients import basic, connection, envelope, post, request, run_pywinrm, state
from toolkit.certificates import Certificate, self_signed
from toolkit.errors import UsageError
from toolkit.secret import Secret
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import LocalUser, WindowsVersion

if TYPE_CHECKING:
    from pathlib import Path

IDENTIFY = envelope("", "<wsmid:Identify/>")
SOAP = "application/soap+xml;charset=UTF-8"


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["127.0.0.1"], now=datetime.now(UTC), days=2)


def test_a_stranger_learns_the_stack_but_not_the_windows() -> None:
    with SimulatedGuest(state()) as guest:
        answer = post(guest, IDENTIFY, WSMANIDENTIFY="unauthenticated", Content_Type=SOAP)
    assert answer.status == 200
    assert b"OS: 0.0.0 SP: 0.0 Stack: 3.0" in answer.body
    assert answer.headers["Server"] == "Microsoft-HTTPAPI/2.0"


def test_who_logs_on_learns_the_windows_too() -> None:
    with SimulatedGuest(state(windows=WindowsVersion("Windows 7", 7601))) as guest:
        answer = post(guest, IDENTIFY, Authorization=basic())
    assert answer.status == 200
    assert b"OS: 6.1.7601 SP: 1.0 Stack: 2.0" in answer.body


def test_identify_without_its_header_needs_a_logon() -> None:
    with SimulatedGuest(state()) as guest:
        assert post(guest, IDENTIFY).status == 401


@pytest.mark.parametrize(
    ("settings", "offered"),
    [
        ({}, ["Negotiate", 'Basic realm="WSMAN"']),
        ({"basic": False}, ["Negotiate"]),
        ({"negotiate": False}, ['Basic realm="WSMAN"']),
        ({"allow_unencrypted": False}, ["Negotiate"]),
    ],
)
def test_a_401_offers_what_the_guest_takes(settings: dict[str, bool], offered: list[str]) -> None:
    with SimulatedGuest(state(**settings)) as guest:
        answer = post(guest)
    assert answer.status == 401
    assert answer.challenges == offered


def test_basic_is_offered_over_tls_even_if_unencrypted_is_not_allowed(certificate: Certificate) -> None:
    with SimulatedGuest(state(allow_unencrypted=False), tls=certificate) as guest:
        assert 'Basic realm="WSMAN"' in post(guest).challenges


@pytest.mark.parametrize(
    "blob", ["Basic !!!", "Basic", "Negotiate", "Negotiate AAAA", "Bearer x", "Negotiate TlRMTVNTUAA="]
)
def test_a_broken_authorization_is_a_401(blob: str) -> None:
    with SimulatedGuest(state()) as guest:
        assert post(guest, Authorization=blob).status == 401


@pytest.mark.parametrize("path", ["/", "/wsman2", "/owa"])
def test_other_paths_are_not_found(path: str) -> None:
    with SimulatedGuest(state()) as guest:
        assert post(guest, path=path).status == 404


@pytest.mark.parametrize("path", ["/wsman", "/wsman/", "/WSMan", "/wsman?PSVersion=5.1"])
def test_the_service_answers_under_each_spelling_of_its_path(path: str) -> None:
    with SimulatedGuest(state()) as guest:
        assert post(guest, path=path).status == 401


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS"])
def test_only_post_is_allowed(method: str) -> None:
    with SimulatedGuest(state()) as guest:
        answer = request(guest, method, "/wsman", body=b"", headers={})
    assert answer.status == 405
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize(("length", "status"), [(None, 411), ("-1", 400), ("many", 400), ("9" * 12, 413)])
def test_a_body_needs_a_length_that_fits(length: str | None, status: int) -> None:
    with SimulatedGuest(state()) as guest, contextlib.closing(connection(guest)) as wire:
        wire.putrequest("POST", "/wsman")
        if length is not None:
            wire.putheader("Content-Length", length)
        wire.endheaders()
        assert wire.getresponse().status == status


def test_a_body_that_ends_early_is_answered_by_nobody() -> None:
    with SimulatedGuest(state()) as guest, socket.create_connection(("127.0.0.1", guest.port), 5) as wire:
        wire.sendall(b"POST /wsman HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nshort")
        wire.shutdown(socket.SHUT_WR)
        assert wire.recv(1000) == b""


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<not xml", 2150858819),
        (b"<a/>", 2150858819),
        (b'<!DOCTYPE x [<!ENTITY e "x">]><x>&e;</x>', 2150858819),
        (envelope("http://schemas.xmlsoap.org/ws/2004/09/transfer/Put"), 2150858753),
        (envelope("http://schemas.xmlsoap.org/ws/2004/09/transfer/Create", resource="http://other"), 2150858811),
        (envelope("http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive", shell_id="NONE"), 2150858843),
        (envelope("x", headers="<w:OperationTimeout>PT</w:OperationTimeout>"), 2150858764),
    ],
)
def test_a_request_that_cannot_be_served_is_a_fault(body: bytes, code: int) -> None:
    with SimulatedGuest(state()) as guest:
        answer = post(guest, body, Authorization=basic(), Content_Type=SOAP)
    assert answer.status == 500
    assert f'Code="{code}"'.encode() in answer.body


def test_a_sealed_body_on_a_connection_that_did_not_log_on_by_ntlm_is_a_bad_request() -> None:
    with SimulatedGuest(state()) as guest:
        answer = post(
            guest,
            b"--Encrypted Boundary\r\nLength=3\r\napplication/octet-stream\r\n"
            b"\x01\x00\x00\x00abc--Encrypted Boundary--\r\n",
            Authorization=basic(),
            Content_Type='multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted"',
        )
    assert answer.status == 400


def test_a_logon_by_ntlm_does_not_reach_another_connection() -> None:
    with SimulatedGuest(state()) as guest:
        run_pywinrm(guest, "ntlm", "hostname", message_encryption="never")
        assert post(guest, IDENTIFY).status == 401


def test_stopping_leaves_no_thread_no_socket_and_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = threading.active_count()
    with SimulatedGuest(state()) as guest, contextlib.closing(connection(guest)) as idle:
        idle.request("POST", "/wsman", body=b"")
        idle.getresponse().read()
        assert list(tmp_path.iterdir())
        guest.stop()
        assert threading.active_count() == before
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(ConnectionError):
            socket.create_connection(("127.0.0.1", guest.port or 1), 1)


def test_the_accounts_file_is_for_the_owner_alone_and_holds_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with SimulatedGuest(state(users=(LocalUser("u", Secret("a-long-password")),))):
        (accounts,) = tmp_path.rglob("accounts")
        if os.name == "posix":
            assert accounts.stat().st_mode & 0o777 == 0o600
            assert accounts.parent.stat().st_mode & 0o777 == 0o700
        assert "a-long-password" not in accounts.read_text(encoding="utf-8")


def test_stopping_ends_a_command_that_somebody_waits_for() -> None:
    with SimulatedGuest(state()) as guest, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run_pywinrm, guest, "plaintext", "ping -n 100 127.0.0.1 >nul")
        while not any(exchange.action.endswith("/Command") for exchange in guest.exchanges):
            time.sleep(0.01)
        time.sleep(0.1)
        started = time.monotonic()
        guest.stop()
        assert time.monotonic() - started < 2
        assert waiting.exception(5) is not None


def test_a_port_that_is_taken_is_a_usage_error() -> None:
    with SimulatedGuest(state()) as guest, pytest.raises(UsageError, match=str(guest.port)) as refused:
        SimulatedGuest(state(), port=guest.port).start()
    assert refused.value.help


def test_a_guest_that_is_shut_is_not_served() -> None:
    with pytest.raises(UsageError, match="no WinRM port open"):
        SimulatedGuest(state(open_ports=frozenset())).start()


@pytest.mark.parametrize("name", ["a:b", "a\nb", "a/b", "a@b"])
def test_a_user_name_that_windows_refuses_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="name of a Windows account"):
        SimulatedGuest(state(users=(LocalUser(name, Secret("x")),))).start()


def test_plain_http_on_the_tls_port_disturbs_nobody(certificate: Certificate) -> None:
    with SimulatedGuest(state(), tls=certificate) as guest:
        with socket.create_connection(("127.0.0.1", guest.port), 5) as wire:
            wire.sendall(b"POST /wsman HTTP/1.1\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                assert not wire.recv(1000).startswith(b"HTTP")
        assert post(guest).status == 401


def test_a_client_that_says_nothing_keeps_nobody_waiting(certificate: Certificate) -> None:
    with SimulatedGuest(state(), tls=certificate) as guest, socket.create_connection(("127.0.0.1", guest.port), 5):
        assert post(guest).status == 401


def test_requests_are_noted_without_what_they_carried() -> None:
    with SimulatedGuest(state()) as guest:
        post(guest, envelope("urn:what"), Authorization=basic())
        (noted,) = guest.exchanges
    assert (noted.method, noted.path, noted.status, noted.action) == ("POST", "/wsman", 500, "urn:what")
    assert guest.request_count == 1


def test_keep_alive_serves_many_requests_on_one_connection() -> None:
    with SimulatedGuest(state()) as guest, contextlib.closing(connection(guest)) as wire:
        for _ in range(3):
            wire.request("POST", "/wsman", body=b"")
            response = wire.getresponse()
            assert response.status == 401
            response.read()
        assert {exchange.connection for exchange in guest.exchanges} == {1}
