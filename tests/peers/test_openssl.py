"""Certificates and keys, read by OpenSSL's own program."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.render.guests import bootstrap, guest, winrm
from toolkit.certificates import pfx, self_signed, trusted_client
from toolkit.render.bootstrap import bootstrap_files
from toolkit.render.certificate import host_certificate, listener_certificate
from toolkit.render.generate import generated
from toolkit.secret import Secret
from toolkit.spec.guest import Guest, HostMade, OwnPfx

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.peer(name="openssl", program="openssl")

NOW = datetime.now(UTC)
SETTINGS = replace(bootstrap(), certificate_names=("win.lab", "fd00::5"), client_certificate=HostMade())
HTTPS = guest(replace(winrm(ssl=True), host="10.0.0.5"), SETTINGS)
OWN = guest(
    winrm(ssl=True),
    replace(
        bootstrap(), certificate=OwnPfx("own.pfx", pfx(self_signed(["own.lab"], now=NOW), Secret("a b")), Secret("a b"))
    ),
)


def openssl(folder: Path, *arguments: str, good: bool = True) -> str:
    done = subprocess.run(("openssl", *arguments), cwd=folder, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode == 0) == good, done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return lay_out(tmp_path, HTTPS)


def lay_out(folder: Path, wanted: Guest) -> Path:
    certificate = host_certificate(wanted, folder, lambda: NOW)
    for file in bootstrap_files(wanted, certificate):
        (folder / file.name).write_bytes(file.data)
    listener = listener_certificate(wanted, folder, lambda: NOW)
    assert listener is not None
    (folder / "server.pem").write_text(listener.certificate, encoding="ascii")
    return folder


@pytest.mark.parametrize(
    "name",
    [("-verify_hostname", "win.lab"), ("-verify_ip", "10.0.0.5"), ("-verify_ip", "fd00::5")],
    ids=lambda name: name[1],
)
def test_the_listeners_certificate_is_good_for_a_tls_server_of_these_names(folder: Path, name: tuple[str, str]) -> None:
    verify = ("verify", "-x509_strict", "-check_ss_sig", "-purpose", "sslserver", "-CAfile", "server.pem")
    assert "server.pem: OK" in openssl(folder, *verify, *name, "server.pem")
    openssl(folder, *verify, "-verify_hostname", "other.lab", "server.pem", good=False)
    openssl(folder, *verify[:4], "sslclient", *verify[5:], "server.pem", good=False)


def test_it_is_valid_from_yesterday_for_ten_years(folder: Path) -> None:
    year = 86400 * 365
    openssl(folder, "x509", "-in", "server.pem", "-noout", "-checkend", str(10 * year - 86400))
    openssl(folder, "x509", "-in", "server.pem", "-noout", "-checkend", str(10 * year + 86400), good=False)
    yesterday = str(int(NOW.timestamp()) - 86000)
    verify = ("verify", "-CAfile", "server.pem", "-attime")
    assert "OK" in openssl(folder, *verify, yesterday, "server.pem")
    openssl(folder, *verify, str(int(NOW.timestamp()) - 2 * 86400), "server.pem", good=False)


@pytest.mark.parametrize("wanted", [HTTPS, OWN], ids=["made", "own"])
def test_the_pfx_opens_with_algorithms_that_windows_7_reads_and_is_the_scripts(tmp_path: Path, wanted: Guest) -> None:
    folder = lay_out(tmp_path, wanted)
    password = (folder / "winrm.pfx.txt").read_text(encoding="ascii").strip()
    openly = ("pkcs12", "-in", "winrm.pfx", "-passin", f"pass:{password}", "-legacy", "-nodes")
    about = openssl(folder, *openly, "-info", "-noout")
    assert "MAC: sha1" in about
    assert about.count("pbeWithSHA1And3-KeyTripleDES-CBC") == 2
    openssl(folder, *openly, "-out", "out.pem")
    assert thumbprint_of(folder, "out.pem").encode("ascii") in (folder / "winrmConfig.bat").read_bytes()
    key, certificate = (
        openssl(folder, *command, "-in", "out.pem") for command in (("pkey", "-pubout"), ("x509", "-pubkey", "-noout"))
    )
    assert key == certificate


def test_the_thumbprint_in_manifest_and_script_is_that_of_the_certificate_that_is_handed_over(tmp_path: Path) -> None:
    wanted = guest(replace(winrm(ssl=True), host="10.0.0.5"))
    certificate = host_certificate(wanted, tmp_path, lambda: NOW)
    files = {file.name: file.data for file in generated(wanted, certificate)}
    (tmp_path / "handed-over.pem").write_bytes(files["handoff/winrm.pem"])
    thumbprint = thumbprint_of(tmp_path, "handed-over.pem")
    assert json.loads(files["manifest.json"])["communicator"]["certificate_thumbprint"] == thumbprint
    assert f"CertificateThumbprint = '{thumbprint}'".encode() in files["winrmConfig.bat"]
    openssl(tmp_path, "verify", "-CAfile", "handed-over.pem", "-verify_ip", "10.0.0.5", "handed-over.pem")
    assert b"winrm.pem" in files["handoff/inventory.yml"]


def thumbprint_of(folder: Path, name: str) -> str:
    printed = openssl(folder, "x509", "-in", name, "-noout", "-fingerprint", "-sha1")
    return printed.strip().rpartition("=")[2].replace(":", "")


def test_a_client_certificate_is_for_clients_and_names_the_user(folder: Path) -> None:
    verify = ("verify", "-check_ss_sig", "-CAfile", "winrm-client-issuer.cer", "-purpose")
    assert "OK" in openssl(folder, *verify, "sslclient", "winrm-client.cer")
    openssl(folder, *verify, "sslserver", "winrm-client.cer", good=False)
    text = openssl(folder, "x509", "-in", "winrm-client.cer", "-noout", "-text")
    assert "othername: UPN" in text
    assert "packeruser@localhost" in text


def test_a_clients_own_certificate_from_an_authority_is_understood(tmp_path: Path) -> None:
    authority = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Lab CA", "-keyout", "ca.key")
    openssl(tmp_path, *authority, "-out", "ca.pem", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl(
        tmp_path, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=builder", "-keyout", "c.key", "-out", "c.csr"
    )
    (tmp_path / "ext").write_text(
        "extendedKeyUsage=clientAuth\nsubjectAltName=otherName:msUPN;UTF8:builder@localhost\n", encoding="ascii"
    )
    openssl(
        tmp_path,
        *("x509", "-req", "-in", "c.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "c.pem"),
        "-extfile",
        "ext",
    )
    leaf, issuer = ((tmp_path / name).read_bytes() for name in ("c.pem", "ca.pem"))
    both = trusted_client(leaf + issuer, "ignored", name="c.pem")
    alone = trusted_client(issuer, "builder", name="ca.pem")
    printed = openssl(tmp_path, "x509", "-in", "ca.pem", "-noout", "-fingerprint", "-sha1").strip()
    thumbprint = printed.rpartition("=")[2].replace(":", "")
    assert both.issuer_thumbprint == alone.issuer_thumbprint == thumbprint
    assert both.subject == alone.subject == "builder@localhost"
    assert alone.trusted == ""
    assert both.trusted.splitlines() == leaf.decode().splitlines()
