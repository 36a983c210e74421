"""The certificates that the host keeps beside the output: made once, renewed when asked or when the spec changes."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.render.guests import bootstrap, guest, winrm
from toolkit.certificates import pfx, self_signed
from toolkit.errors import ToolkitError, UsageError
from toolkit.private import kept
from toolkit.render.bootstrap import bootstrap_files
from toolkit.render.certificate import host_certificate, kept_thumbprint, listener_certificate
from toolkit.secret import Secret
from toolkit.spec.guest import Guest, GuestMade, HostMade, OwnPfx

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.render.host_certificate import HostCertificate

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HTTPS = guest(replace(winrm(ssl=True), host="10.0.0.5"), replace(bootstrap(), certificate_names=("win.lab", "fd00::5")))
PHRASE = 'p:ss w\u00f6rd %"&'
OWN = pfx(self_signed(["win.example.com"], now=NOW), Secret(PHRASE))


def made(folder: Path, wanted: Guest = HTTPS, *, renew: bool = False, days: int = 0) -> HostCertificate:
    certificate = host_certificate(wanted, folder, lambda: NOW + timedelta(days=days), renew=renew)
    assert certificate is not None
    return certificate


def own(data: bytes = OWN, password: str = PHRASE) -> Guest:
    return guest(winrm(ssl=True), replace(bootstrap(), certificate=OwnPfx("own.pfx", data, Secret(password))))


def test_it_is_made_once_and_used_again(tmp_path: Path) -> None:
    assert made(tmp_path, days=0) == made(tmp_path, days=100)


def test_it_is_made_anew_when_asked(tmp_path: Path) -> None:
    first, renewed = made(tmp_path), made(tmp_path, renew=True)
    assert first.thumbprint != renewed.thumbprint
    assert made(tmp_path) == renewed


def test_it_is_made_anew_for_other_names(tmp_path: Path) -> None:
    other = replace(HTTPS, bootstrap=replace(HTTPS.bootstrap, certificate_names=("other.lab",)))
    assert made(tmp_path).thumbprint != made(tmp_path, other).thumbprint


def test_it_names_every_way_to_the_guest_and_lasts_ten_years(tmp_path: Path) -> None:
    made(tmp_path)
    parsed = x509.load_pem_x509_certificate(kept(tmp_path, "certificate.json")["certificate"].encode())
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["unattend", "win.lab"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ipaddress.ip_address("10.0.0.5"),
        ipaddress.ip_address("fd00::5"),
    ]
    assert parsed.not_valid_before_utc == NOW - timedelta(days=1)
    assert parsed.not_valid_after_utc == NOW + timedelta(days=3650)


def test_the_thumbprint_of_the_script_is_that_of_the_pfx_beside_it(tmp_path: Path) -> None:
    for wanted in (HTTPS, own()):
        certificate = made(tmp_path, wanted)
        files = {file.name: file.data for file in bootstrap_files(wanted, certificate)}
        password = files["winrm.pfx.txt"].strip()
        opened = pkcs12.load_pkcs12(files["winrm.pfx"], password).cert
        assert opened is not None
        thumbprint = opened.certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303  (Windows' thumbprint)
        assert certificate.thumbprint == thumbprint
        assert thumbprint.encode() in files["winrmConfig.bat"]


def test_ones_own_is_packed_for_the_guest_with_another_password(tmp_path: Path) -> None:
    certificate = made(tmp_path, own())
    assert certificate.host_name == "win.example.com"
    assert certificate.pfx_password.reveal().isalnum()
    assert certificate.pfx != OWN
    assert made(tmp_path, own()) == certificate
    assert made(tmp_path, HTTPS).host_name == "unattend"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (own(password="wrong"), "own.pfx does not open as a PKCS #12 file with the password given"),
        (own(b"nonsense"), "own.pfx does not open as a PKCS #12 file"),
    ],
)
def test_ones_own_that_does_not_open_is_refused(tmp_path: Path, wanted: Guest, message: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        made(tmp_path, wanted)
    assert "wrong" not in refused.value.message


def test_a_common_name_that_no_script_can_hold_is_refused(tmp_path: Path) -> None:
    data = pfx(self_signed(['My "Server"'], now=NOW), Secret("a"))
    with pytest.raises(ToolkitError, match="host name") as refused:
        bootstrap_files(own(data, "a"), made(tmp_path, own(data, "a")))
    assert refused.value.help


def test_a_guest_that_makes_its_own_is_not_pinned(tmp_path: Path) -> None:
    made(tmp_path)
    assert kept_thumbprint(tmp_path) is not None
    wanted = guest(winrm(ssl=True), replace(bootstrap(), certificate=GuestMade()))
    assert host_certificate(wanted, tmp_path, lambda: NOW) is None
    assert kept_thumbprint(tmp_path) is None
    assert listener_certificate(wanted, tmp_path, lambda: NOW) is not None


def test_http_has_no_certificate(tmp_path: Path) -> None:
    assert host_certificate(guest(), tmp_path, lambda: NOW) is None
    assert listener_certificate(guest(), tmp_path, lambda: NOW) is None


def test_a_clients_certificate_and_key_lie_beside_the_output_for_the_client_alone(tmp_path: Path) -> None:
    wanted = guest(winrm(ssl=True), replace(bootstrap(), client_certificate=HostMade()))
    client = made(tmp_path, wanted).client
    assert client is not None
    assert client.subject == "packeruser@localhost"
    assert client.issuer == client.trusted == (tmp_path / "private" / "winrm-client.pem").read_text()
    key = tmp_path / "private" / "winrm-client-key.pem"
    assert "PRIVATE KEY" in key.read_text()
    assert key.stat().st_mode & 0o077 == 0
    assert made(tmp_path, wanted).client == client
    assert made(tmp_path, wanted, renew=True).client != client
    assert b"PRIVATE" not in b"".join(file.data for file in bootstrap_files(wanted, made(tmp_path, wanted)))
