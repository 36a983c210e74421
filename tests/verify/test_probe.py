"""What a guest tells anybody, and that nothing of anybody's is said to it."""

from __future__ import annotations

import base64
import json
import ssl
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verify.guests import state
from tests.verify.strangers import greets, hangs_up, never_answers, response, says, stranger, unused_port
from toolkit.certificates import Certificate, self_signed
from toolkit.communicators.der import DerError, dotted, elements
from toolkit.simulator.plan import Plan
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import WindowsVersion
from toolkit.simulator.trust import Schannel
from toolkit.verify import ntlm
from toolkit.verify.limits import Limits
from toolkit.verify.ports import Door, Doors
from toolkit.verify.probe import Probe, probe
from toolkit.verify.x509 import read_certificate

BRISK = Limits(connect=1, handshake=1, answer=1)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["WIN-A", "10.0.0.5"], now=datetime.now(UTC))


def test_a_guest_tells_its_names_its_build_its_methods_and_its_clock() -> None:
    windows = WindowsVersion("Windows 11", 26100)
    guest_state = replace(state(), windows=windows, clock_error=timedelta(hours=8), credssp=True)
    with SimulatedGuest(guest_state) as guest:
        found = probe("127.0.0.1", guest.port, limits=BRISK)
        users = {exchange.user for exchange in guest.exchanges}

    (voice,) = found.voices
    assert voice.url.startswith("http://127.0.0.1:")
    assert (voice.winrm, voice.tls) == (True, None)
    assert voice.product == "OS: 0.0.0 SP: 0.0 Stack: 3.0"
    assert voice.methods == ("Negotiate", "CredSSP", "Basic")
    assert voice.challenge is not None
    assert (voice.challenge.computer, voice.challenge.build) == ("WIN-A", "10.0.26100")
    assert voice.clock_difference == pytest.approx(8 * 3600, abs=5)
    assert found.windows == "Windows 11 24H2 or Server 2025"
    assert users == {""}, "nobody has logged on"


def test_tls_and_the_certificate_are_shown_as_windows_shows_them(certificate: Certificate) -> None:
    with SimulatedGuest(state(), tls=certificate) as guest:
        found = probe("127.0.0.1", guest.port, limits=BRISK)

    (voice,) = found.voices
    assert voice.url.startswith("https://")
    assert voice.tls is not None
    assert (voice.tls.sha1, voice.tls.sha256) == (certificate.thumbprint, certificate.sha256)
    assert voice.tls.versions == ("TLSv1.2", "TLSv1.3")
    read = voice.tls.certificate
    assert (read.subject, read.issuer, read.names) == ("CN=WIN-A", "CN=WIN-A", ("WIN-A", "10.0.0.5"))
    assert (read.uses, read.signature, read.for_servers) == (("server authentication",), "SHA-256 with RSA", True)
    assert voice.challenge is not None


def test_windows_7_is_told_by_its_stack_and_its_tls(certificate: Certificate) -> None:
    old = replace(state(), windows=WindowsVersion("Windows 7", 7601))
    with SimulatedGuest(old) as guest:
        found = probe("127.0.0.1", guest.port, limits=BRISK)
    assert found.voices[0].product.endswith("Stack: 2.0")
    assert found.windows == "Windows 7 or Server 2008 R2"

    with SimulatedGuest(old, tls=certificate, schannel=Schannel.ONLY_1_0) as guest:
        (voice,) = probe("127.0.0.1", guest.port, limits=BRISK).voices
    assert voice.saying == "speaks TLSv1 only, which is too old"


def test_a_guest_without_a_cipher_of_this_hosts_is_not_called_old(certificate: Certificate) -> None:
    with SimulatedGuest(state(), tls=certificate, schannel=Schannel.ODD_CIPHERS) as guest:
        (voice,) = probe("127.0.0.1", guest.port, limits=BRISK).voices

    assert voice.saying == "speaks TLSv1.2, but with no cipher that this host has"


@pytest.mark.parametrize(
    ("talk", "saying"),
    [
        (greets(b"SSH-2.0-OpenSSH_9.2\r\n"), "it says: SSH-2.0-OpenSSH_9.2"),
        (never_answers, "says nothing"),
        (hangs_up, "closes them"),
        (says(response("200 OK", b"<html/>", server="nginx")), ""),
    ],
)
def test_whatever_else_answers_is_described(talk: object, saying: str) -> None:
    with stranger(talk) as port:  # type: ignore[arg-type]  # each is a Talk
        found = probe("127.0.0.1", port, limits=BRISK)

    assert not found.winrm
    assert saying in found.voices[0].saying
    assert "not WinRM" in found.to_text()


def test_a_host_that_is_off_and_a_name_that_is_none_are_told_apart() -> None:
    off = probe("127.0.0.1", unused_port(), limits=BRISK)
    unknown = probe("nonexistent.invalid", limits=BRISK)

    assert (off.voices, off.failure) == ((), None)
    assert unknown.failure is not None
    assert "leads to no address" in unknown.to_text()


def test_json_has_the_same_keys_whatever_was_found(certificate: Certificate) -> None:
    with SimulatedGuest(state(), tls=certificate) as guest:
        good = json.loads(json.dumps(probe("127.0.0.1", guest.port, limits=BRISK).to_json()))
    with SimulatedGuest(state(), plan=Plan(greeting=b"SSH-2.0-x\r\n")) as guest:
        bad = json.loads(json.dumps(probe("127.0.0.1", guest.port, limits=BRISK).to_json()))

    assert set(good) == set(bad) == set(Probe("x").to_json())
    assert set(good["services"][0]) == set(bad["services"][0])
    assert good["services"][0]["tls"]["uses"] == ["server authentication"]


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_text_fits_the_terminal_save_what_is_copied(width: int, certificate: Certificate) -> None:
    with SimulatedGuest(state(), tls=certificate) as guest:
        text = probe("127.0.0.1", guest.port, limits=BRISK).to_text(width)

    assert certificate.thumbprint in text
    wide = [line.strip() for line in text.splitlines() if len(line) > width]
    assert all(" " not in line.partition(":")[2].strip() or line.startswith("http") for line in wide)


def test_two_winrm_ports_are_two_voices(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatedGuest(state()) as http, SimulatedGuest(state(basic=False), tls=certificate) as https:
        monkeypatch.setattr("toolkit.verify.probe.WINRM", frozenset({http.port, https.port}))
        monkeypatch.setattr("toolkit.verify.probe.SERVICES", {http.port: "http", https.port: "https"})
        found = probe("127.0.0.1", limits=BRISK)

    methods = {voice.url.partition(":")[0]: voice.methods for voice in found.voices}
    assert methods == {"http": ("Negotiate", "Basic"), "https": ("Negotiate",)}


@given(st.binary(max_size=200))
def test_a_challenge_of_any_bytes_is_read_or_is_none(blob: bytes) -> None:
    for message in (blob, b"NTLMSSP\x00\x02\x00\x00\x00" + blob):
        found = ntlm.read_challenge([f"Negotiate {base64.b64encode(message).decode()}"])
        assert found is None or isinstance(found.target, str)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.integers(0, 2**64 - 1))
def test_a_challenge_says_what_was_put_into_it(computer: str, ticks: int) -> None:
    text = computer.encode("utf-16-le")
    info = struct.pack("<HH", 1, len(text)) + text + struct.pack("<HHQ", 7, 8, ticks) + bytes(4)
    head = b"NTLMSSP\x00" + struct.pack("<IHHII", 2, 0, 0, 56, 0x02000000) + bytes(16)
    message = head + struct.pack("<HHI", len(info), len(info), 56) + struct.pack("<BBHxxxB", 10, 0, 20348, 15) + info
    found = ntlm.parse_challenge(message)

    assert (found.computer, found.build) == (computer, "10.0.20348")
    if found.time is not None:
        assert found.time == datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)


@given(st.binary(max_size=300))
def test_a_certificate_of_any_bytes_is_read_without_an_error(der: bytes) -> None:
    assert isinstance(read_certificate(der).names, tuple)
    try:
        for element in elements(der):
            dotted(element.content)
    except DerError:
        pass


@given(st.data())
def test_a_damaged_certificate_is_read_without_an_error(data: st.DataObject) -> None:
    der = bytearray(DER)
    for _ in range(data.draw(st.integers(1, 4))):
        der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(read_certificate(bytes(der)).subject, str)


MADE = self_signed(["a", "::1"], now=datetime(2026, 1, 1, tzinfo=UTC))
DER = ssl.PEM_cert_to_DER_cert(MADE.certificate)


def test_a_host_that_refuses_is_said_to_be_up() -> None:
    found = Probe("10.0.0.5", doors=Doors(((5985, Door.SHUT), (22, Door.SILENT))))

    assert "The host is up and refuses connections" in found.to_text()
