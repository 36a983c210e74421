"""What one look tells of every kind of guest, server and mistake. The tables may be read as documentation."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.verify.guests import WAYS, endpoint, state
from tests.verify.strangers import (
    Talk,
    alerts,
    drips,
    forwards_to,
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
from toolkit.communicators.endpoint import Auth
from toolkit.simulator.server import SimulatedGuest
from toolkit.verify.ladder import Ascent, climb
from toolkit.verify.limits import Limits
from toolkit.verify.name import Address
from toolkit.verify.rung import Failure, Rung, Verdict
from toolkit.verify.surroundings import Surroundings

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.simulator.state import GuestState

BRISK = Limits(connect=2, handshake=1, answer=1, command=5)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["localhost", "WIN-A"], now=datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Case:
    """Who answers, what the first rung that fails is, how it is called, and words of what is said."""

    talk: Talk
    rung: Rung
    kind: str
    verdict: Verdict
    says: str
    ssl: bool = False


def cut_in_the_middle(connection: socket.socket) -> None:
    heard(connection)
    connection.sendall(response("200 OK", b"<s:Envelope", length=5000))


PLAIN_ON_TLS = response("400 Bad Request", b"<h1>The plain HTTP request was sent to HTTPS port</h1>", server="nginx")

STRANGERS = {
    "a web site": Case(
        says(response("200 OK", b"<html>It works!</html>", server="nginx/1.22.1")),
        Rung.HTTP, "not-winrm", Verdict.FATAL, "web server (nginx/1.22.1)",
    ),
    "a web site that does not say its name": Case(
        says(response("404 Not Found", server="")), Rung.HTTP, "not-winrm", Verdict.FATAL, "of no name",
    ),
    "IIS": Case(
        says(response("404 Not Found", server="Microsoft-IIS/10.0")),
        Rung.HTTP, "not-winrm", Verdict.FATAL, "Microsoft-IIS/10.0",
    ),
    "another application of http.sys": Case(
        says(response("200 OK", b"<html>WSUS</html>")), Rung.IDENTIFY, "not-winrm", Verdict.FATAL, "not WinRM",
    ),
    "http.sys without WinRM": Case(
        says(response("404 Not Found")),
        Rung.IDENTIFY, "not-registered", Verdict.SUSPICIOUS, "nothing there is registered",
    ),
    "WinRM while it starts": Case(
        says(response("503 Service Unavailable")), Rung.HTTP, "unavailable", Verdict.RETRY, "503",
    ),
    "http.sys in another mood": Case(
        says(response("400 Bad Request")), Rung.IDENTIFY, "odd-status", Verdict.SUSPICIOUS, "status 400",
    ),
    "an SSH server": Case(
        greets(b"SSH-2.0-OpenSSH_for_Windows_9.5\r\n"), Rung.HTTP, "not-winrm", Verdict.FATAL, "an SSH server",
    ),
    "an SSH server asked for TLS": Case(
        greets(b"SSH-2.0-OpenSSH_9.2\r\n"), Rung.TLS, "not-tls", Verdict.FATAL, "an SSH server", ssl=True,
    ),
    "a server of binary garbage": Case(
        greets(b"\x00\xff\x07garbage\r\n\r\n"), Rung.HTTP, "not-winrm", Verdict.FATAL, "does not speak HTTP",
    ),
    "a port forward to a guest that is off": Case(
        never_answers, Rung.HTTP, "silent", Verdict.RETRY, "a port forward may accept where the guest does not",
    ),
    "the same, asked for TLS": Case(
        never_answers, Rung.TLS, "tls-silent", Verdict.RETRY, "no answer to TLS", ssl=True,
    ),
    "a port forward that drops the connection": Case(
        hangs_up, Rung.HTTP, "hung-up", Verdict.RETRY, "drops it without an answer",
    ),
    "an HTTPS listener without its certificate": Case(
        hangs_up, Rung.TLS, "tls-reset", Verdict.RETRY, "drops the connection when TLS begins", ssl=True,
    ),
    "a guest that restarts in the middle of its answer": Case(
        cut_in_the_middle, Rung.HTTP, "cut-off", Verdict.RETRY, "breaks off",
    ),
    "an answer without end from Windows": Case(
        drips(b"HTTP/1.1 200 OK\r\nServer: Microsoft-HTTPAPI/2.0\r\n\r\n", b"x", 0.05),
        Rung.HTTP, "cut-off", Verdict.RETRY, "breaks off",
    ),
    "an answer without end from elsewhere": Case(
        drips(b"HTTP/1.1 200 OK\r\nServer: cam\r\n\r\n", b"x" * 70_000, 0.01),
        Rung.HTTP, "not-winrm", Verdict.FATAL, "web server (cam)",
    ),
    "a flood in the name of Windows": Case(
        drips(b"HTTP/1.1 200 OK\r\nServer: Microsoft-HTTPAPI/2.0\r\n\r\n", b"x" * 70_000, 0.01),
        Rung.IDENTIFY, "not-winrm", Verdict.FATAL, "not WinRM",
    ),
    "headers without end": Case(
        drips(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n", 0.05), Rung.HTTP, "cut-off", Verdict.RETRY, "breaks off",
    ),
    "plain HTTP asked for TLS": Case(
        says(response("401 Unauthorized")), Rung.TLS, "plain-http", Verdict.FATAL, "drop --ssl", ssl=True,
    ),
    "a TLS port that answers plain HTTP with a page": Case(
        says(PLAIN_ON_TLS), Rung.HTTP, "tls-wanted", Verdict.FATAL, "add --ssl",
    ),
    "TLS of long ago": Case(
        alerts(70), Rung.TLS, "tls-too-old", Verdict.FATAL, "versions of TLS that this host refuses", ssl=True,
    ),
    "TLS with no cipher in common": Case(
        alerts(40), Rung.TLS, "tls-refused", Verdict.FATAL, "do not agree on TLS", ssl=True,
    ),
    "a TLS port that answers plain HTTP with an alert": Case(
        alerts(10), Rung.HTTP, "tls-wanted", Verdict.FATAL, "add --ssl",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STRANGERS.values(), ids=STRANGERS)
def test_whoever_answers_is_told_apart_in_time(case: Case) -> None:
    started = time.monotonic()
    with stranger(case.talk) as port:
        ascent = climb(endpoint(port, ssl=case.ssl), BRISK)

    failed = failure_of(ascent)
    assert (failed.rung, failed.kind, failed.verdict) == (case.rung, case.kind, case.verdict)
    assert case.says in failed.what
    assert time.monotonic() - started < 4


def failure_of(ascent: Ascent) -> Failure:
    assert ascent.failure is not None, "the ladder was climbed"
    return ascent.failure


def test_a_name_that_leads_nowhere_is_suspicious() -> None:
    failed = failure_of(climb(endpoint(5985, host="nonexistent.invalid"), BRISK))

    assert (failed.rung, failed.rung.code) == (Rung.NAME, 10)
    assert "nonexistent.invalid" in failed.what


def test_a_closed_port_is_not_blamed_on_the_firewall() -> None:
    failed = failure_of(climb(endpoint(unused_port()), BRISK))

    assert (failed.rung, failed.kind, failed.verdict) == (Rung.TCP, "refused", Verdict.RETRY)
    assert "nothing listens" in failed.what
    assert any("Windows Firewall drops" in cause for cause in failed.causes)


@dataclass(frozen=True, slots=True)
class Meeting:
    """A guest's state, the client's choices, and where they fail to meet (None: nowhere)."""

    guest: GuestState
    auth: Auth = Auth.BASIC
    user: str = "vagrant"
    password: str | None = None
    rung: Rung | None = None
    kind: str = ""
    verdict: Verdict = Verdict.FATAL
    fix: str = ""


AUTHENTICATION = 'winrm set winrm/config/service/auth @{Basic="true"}'
MEETINGS = {
    "basic": Meeting(state()),
    "ntlm": Meeting(state(), Auth.NTLM),
    "ntlm, where unencrypted messages are refused": Meeting(state(allow_unencrypted=False, basic=False), Auth.NTLM),
    "basic, where only Negotiate is on": Meeting(
        state(basic=False), rung=Rung.AUTHENTICATION, kind="method-not-offered", fix=AUTHENTICATION,
    ),
    "ntlm, where only Basic is on": Meeting(
        state(negotiate=False), Auth.NTLM, rung=Rung.AUTHENTICATION, kind="method-not-offered",
        fix='winrm set winrm/config/service/auth @{Negotiate="true"}',
    ),
    "basic with a wrong password": Meeting(
        state(), password="wrong", rung=Rung.AUTHENTICATION, kind="credentials-refused", verdict=Verdict.SUSPICIOUS,
        fix='net user "vagrant"',
    ),
    "ntlm with a wrong password": Meeting(
        state(), Auth.NTLM, password="wrong", rung=Rung.AUTHENTICATION, kind="credentials-refused",
        verdict=Verdict.SUSPICIOUS, fix='net user "vagrant"',
    ),
    "a user who is no administrator": Meeting(
        state(), user="bob", password="b0b", rung=Rung.AUTHORISATION, kind="access-denied",
        fix='net localgroup Administrators "bob" /add',
    ),
    "an administrator whom UAC filters": Meeting(
        state(remote_elevation=False), Auth.NTLM, rung=Rung.AUTHORISATION, kind="access-denied",
        fix=r"reg add HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
        " /v LocalAccountTokenFilterPolicy /t REG_DWORD /d 1 /f",
    ),
    "a guest with no shell left": Meeting(
        replace(state(), max_shells_per_user=0), rung=Rung.QUOTA, kind="too-many-shells", verdict=Verdict.SUSPICIOUS,
        fix="winrm enumerate shell",
    ),
}  # fmt: skip


@pytest.mark.parametrize("meeting", MEETINGS.values(), ids=MEETINGS)
def test_guest_and_client_meet_or_the_line_that_mends_it_is_named(meeting: Meeting) -> None:
    with SimulatedGuest(meeting.guest) as guest:
        place = endpoint(guest.port, auth=meeting.auth, user=meeting.user)
        if meeting.password is not None:
            place = endpoint(guest.port, auth=meeting.auth, user=meeting.user, password=meeting.password)
        ascent = climb(place, BRISK)
        assert guest.open_shells == 0

    if meeting.rung is None:
        assert ascent.failure is None
    else:
        failed = failure_of(ascent)
        assert (failed.rung, failed.kind, failed.verdict) == (meeting.rung, meeting.kind, meeting.verdict)
        assert meeting.fix in failed.in_guest


def test_a_method_that_is_not_offered_is_found_without_sending_the_password() -> None:
    with SimulatedGuest(state(basic=False)) as guest:
        failed = failure_of(climb(endpoint(guest.port), BRISK))
        requests = len(guest.exchanges)

    assert "it offers Negotiate" in failed.what
    assert "--auth ntlm" in failed.in_client
    assert requests == 2, "Identify and the empty request, neither of which holds credentials"


def test_basic_over_http_where_it_is_of_no_use_names_allowunencrypted() -> None:
    with SimulatedGuest(state(allow_unencrypted=False)) as guest:
        failed = failure_of(climb(endpoint(guest.port), BRISK))

    assert failed.rung is Rung.AUTHENTICATION
    assert 'winrm set winrm/config/service @{AllowUnencrypted="true"}' in failed.in_guest


def test_the_top_of_the_ladder_tells_who_the_guest_is() -> None:
    boot = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
    with SimulatedGuest(replace(state(), boot_time=boot)) as guest:
        ascent = climb(endpoint(guest.port, auth=Auth.NTLM), BRISK)

    found = ascent.facts.guest
    assert found is not None
    assert (found.computer, found.user, found.elevated) == ("WIN-A", r"WIN-A\vagrant", True)
    assert found.os.startswith("Microsoft Windows Server 2022")
    assert found.build == "20348.1"
    assert found.booted == boot
    assert found.powershell.startswith("5.1")
    assert found.round_trip_ms > 0
    service = ascent.facts.service
    assert service is not None
    assert service.product.endswith("Stack: 3.0")
    assert service.offered == ("Negotiate", "Basic")
    assert [proof.rung for proof in ascent.proven] == [
        Rung.NAME,
        Rung.PROXY,
        Rung.TCP,
        Rung.HTTP,
        Rung.IDENTIFY,
        Rung.AUTHENTICATION,
        Rung.AUTHORISATION,
        Rung.RUN,
    ]


@pytest.mark.parametrize(("auth", "requests"), [(Auth.BASIC, 12), (Auth.NTLM, 14), (Auth.NEGOTIATE, 14)])
def test_a_look_costs_few_requests_and_one_shell(auth: Auth, requests: int) -> None:
    with SimulatedGuest(state()) as guest:
        assert climb(endpoint(guest.port, auth=auth), BRISK).failure is None
        actions = [exchange.action.rpartition("/")[2] for exchange in guest.exchanges]

    # Identify and the empty request before any logon; then the logon, Identify twice, one shell, two commands.
    assert len(actions) == requests
    assert (actions.count("Create"), actions.count("Command"), actions.count("Delete")) == (1, 2, 1)


class TestCertificates:
    def test_a_self_signed_one_is_refused_and_shown_as_windows_shows_it(self, certificate: Certificate) -> None:
        with SimulatedGuest(state(), tls=certificate) as guest:
            ascent = climb(endpoint(guest.port, ssl=True), BRISK)

        failed = failure_of(ascent)
        assert (failed.kind, failed.verdict, failed.rung.code) == ("certificate-untrusted", Verdict.FATAL, 13)
        assert f"SHA-1 (as Windows shows it): {certificate.thumbprint}" in failed.evidence
        assert f"--pin {certificate.sha256}" in failed.in_client
        seen = ascent.facts.certificate
        assert seen is not None
        assert (seen.subject, seen.names) == ("CN=localhost", ("localhost", "WIN-A"))
        assert seen.not_after.endswith("GMT")

    @pytest.mark.parametrize("auth", WAYS)
    def test_a_pinned_one_is_accepted_by_either_thumbprint(self, certificate: Certificate, auth: Auth) -> None:
        with SimulatedGuest(state(credssp=True), tls=certificate) as guest:
            for pin in (certificate.thumbprint, certificate.sha256.lower()):
                ascent = climb(endpoint(guest.port, ssl=True, auth=auth, pin=pin), BRISK)
                assert ascent.failure is None
                assert "the certificate is the pinned one" in [proof.sentence for proof in ascent.proven]

    def test_another_than_the_pinned_one_is_refused_even_when_insecure(self, certificate: Certificate) -> None:
        with SimulatedGuest(state(), tls=certificate) as guest:
            ascent = climb(endpoint(guest.port, ssl=True, insecure=True, pin="0" * 40), BRISK)
            requests = guest.request_count

        failed = failure_of(ascent)
        assert (failed.kind, failed.verdict) == ("certificate-not-pinned", Verdict.FATAL)
        assert requests == 0, "nothing is said to a guest that is another one"

    @pytest.mark.parametrize("auth", WAYS)
    def test_any_is_accepted_when_insecure_and_the_report_says_so(self, certificate: Certificate, auth: Auth) -> None:
        with SimulatedGuest(state(credssp=True), tls=certificate) as guest:
            ascent = climb(endpoint(guest.port, ssl=True, auth=auth, insecure=True), BRISK)

        assert ascent.failure is None
        assert any("insecure" in proof.sentence for proof in ascent.proven)

    def test_a_trusted_one_needs_no_option(
        self, certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trust(certificate, tmp_path, monkeypatch)
        with SimulatedGuest(state(), tls=certificate) as guest:
            ascent = climb(endpoint(guest.port, ssl=True, host="localhost"), BRISK)

        assert ascent.failure is None

    def test_a_trusted_one_for_another_name_names_both(
        self, certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trust(certificate, tmp_path, monkeypatch)
        with SimulatedGuest(state(), tls=certificate) as guest:
            failed = failure_of(climb(endpoint(guest.port, ssl=True), BRISK))

        assert failed.kind == "certificate-name"
        assert "is for localhost, WIN-A, not for 127.0.0.1" in failed.what

    def test_an_expired_one_is_called_expired_and_its_dates_are_shown(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = self_signed(["localhost"], now=datetime.now(UTC) - timedelta(days=400), days=365)
        trust(old, tmp_path, monkeypatch)
        with stranger(never_answers, tls_context(old.pem.reveal(), tmp_path)) as port:
            ascent = climb(endpoint(port, ssl=True, host="localhost"), BRISK)

        failed = failure_of(ascent)
        assert (failed.kind, failed.rung) == ("certificate-date", Rung.CERTIFICATE)
        assert "expired" in failed.what
        assert any(line.startswith("valid: ") for line in failed.evidence)

    def test_plain_http_to_a_tls_port_asks_for_tls(self, certificate: Certificate, tmp_path: Path) -> None:
        with stranger(never_answers, tls_context(certificate.pem.reveal(), tmp_path)) as port:
            failed = failure_of(climb(endpoint(port), BRISK))

        assert (failed.kind, failed.verdict) == ("tls-wanted", Verdict.FATAL)
        assert failed.in_client == ("--ssl",)

    def test_a_silent_service_behind_good_tls_is_waited_for(self, certificate: Certificate, tmp_path: Path) -> None:
        with stranger(never_answers, tls_context(certificate.pem.reveal(), tmp_path)) as port:
            failed = failure_of(climb(endpoint(port, ssl=True, pin=certificate.sha256), BRISK))

        assert (failed.rung, failed.kind, failed.verdict) == (Rung.HTTP, "silent", Verdict.RETRY)


def trust(certificate: Certificate, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process's OpenSSL trust a certificate, as an authority installed on the host would be."""
    file = folder / "authority.pem"
    file.write_text(certificate.certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


@pytest.mark.parametrize(("requests", "rung"), [(2, Rung.AUTHENTICATION), (3, Rung.AUTHORISATION), (4, Rung.RUN)])
def test_a_guest_that_dies_on_the_way_is_waited_for_at_the_rung_it_reached(requests: int, rung: Rung) -> None:
    answered: list[int] = []

    def dies(connection: socket.socket) -> None:
        while (request := heard(connection)) and len(answered) < requests:
            answered.append(1)
            with socket.create_connection(("127.0.0.1", guest.port)) as onward:
                onward.sendall(request.replace(b"Connection: Keep-Alive", b"Connection: close"))
                while piece := onward.recv(65536):
                    connection.sendall(piece)

    with SimulatedGuest(state()) as guest, stranger(dies) as port:
        failed = failure_of(climb(endpoint(port), BRISK))

    assert (failed.rung, failed.kind, failed.verdict) == (rung, "connection-broke", Verdict.RETRY)


def test_every_connection_goes_to_the_address_that_answered() -> None:
    def resolve(_host: str, port: int) -> tuple[Address, ...]:
        return Address(socket.AF_INET, ("127.0.0.2", port)), Address(socket.AF_INET, ("127.0.0.1", port))

    with SimulatedGuest(state()) as guest:
        ascent = climb(endpoint(guest.port, host="guest.invalid"), BRISK, Surroundings({}, resolve))

    assert ascent.failure is None
    assert ascent.facts.address == "127.0.0.1"


def test_an_address_with_a_zone_is_spelt_with_it() -> None:
    assert Address(socket.AF_INET6, ("fe80::1", 5985, 0, 3)).literal == "fe80::1%3"
    assert Address(socket.AF_INET6, ("fe80::1%3", 5985, 0, 3)).literal == "fe80::1%3"
    assert Address(socket.AF_INET6, ("2001:db8::1", 5985, 0, 0)).literal == "2001:db8::1"


def test_an_ipv6_guest_is_reached_by_its_address() -> None:
    with SimulatedGuest(state()) as guest, stranger(forwards_to(guest.port), host="::1") as port:
        ascent = climb(endpoint(port, host="::1"), BRISK)

    assert ascent.failure is None
    assert ascent.facts.address == "::1"


WATCH = """
import sys
from toolkit.communicators.endpoint import Auth, Endpoint
from toolkit.secret import Secret
from toolkit.verify.verification import verify
from toolkit.verify.wait import Patience

place = Endpoint("127.0.0.1", int(sys.argv[1]), False, Auth.NTLM, "vagrant", Secret("x"))
report = verify(place, patience=Patience(timeout=0))
print(int(report.code), [name for name in ("winrm", "requests", "spnego", "cryptography") if name in sys.modules])
"""


def test_a_guest_that_is_not_up_is_watched_without_loading_pywinrm() -> None:
    done = subprocess.run([sys.executable, "-c", WATCH, str(unused_port())], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "11 []"
