"""Servers that this project did not write, taken for a guest: each is told for what it is, in time."""

from __future__ import annotations

import contextlib
import http.server
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.peer import go_without
from tests.verify.guests import endpoint, state
from tests.verify.strangers import never_answers, stranger, tls_context, unused_port
from toolkit.certificates import Certificate, self_signed
from toolkit.communicators.endpoint import Auth
from toolkit.simulator.server import SimulatedGuest
from toolkit.verify.ladder import climb
from toolkit.verify.limits import Limits
from toolkit.verify.probe import probe
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.communicators.endpoint import Endpoint

BRISK = Limits(connect=1, handshake=1, answer=1, command=3)
GO_SOURCES = Path("/usr/share/gocode")


def look(place: Endpoint) -> Failure:
    started = time.monotonic()
    failure = climb(place, BRISK).failure
    assert time.monotonic() - started < 10
    assert failure is not None
    return failure


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["localhost"], now=datetime.now(UTC))


@contextlib.contextmanager
def running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    """Run a server until the block ends; it begins once the port accepts."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_for(port, process, folder / "log")
            yield
        finally:
            process.terminate()
            process.wait(10)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    pytest.fail(f"nothing listens: {log.read_text()}")


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder, port = tmp_path_factory.mktemp("sshd"), unused_port()
    key, config = folder / "key", folder / "config"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    config.write_text(f"Port {port}\nListenAddress 127.0.0.1\nHostKey {key}\nPidFile none\nUsePAM no\n")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd, as root, wants its empty folder
    with running([str(shutil.which("sshd")), "-D", "-e", "-f", str(config)], port, folder):
        yield port


@pytest.mark.peer(name="OpenSSH", program=("sshd", "ssh-keygen"))
class TestSsh:
    @pytest.mark.parametrize("tls", [False, True])
    def test_an_ssh_server_is_called_one(self, sshd: int, *, tls: bool) -> None:
        failed = look(endpoint(sshd, ssl=tls))

        assert (failed.rung, failed.verdict) == (Rung.TLS if tls else Rung.HTTP, Verdict.FATAL)
        assert "is an SSH server, not WinRM" in failed.what
        assert "ansible_connection: ssh" in failed.in_ansible
        assert any("SSH-2.0-OpenSSH" in line for line in failed.evidence)

    def test_a_probe_shows_what_it_says(self, sshd: int) -> None:
        assert "SSH-2.0-OpenSSH" in probe("127.0.0.1", sshd, limits=BRISK).to_text()


@pytest.mark.peer(name="nginx", program="nginx")
class TestNginx:
    @contextlib.contextmanager
    def nginx(self, folder: Path, upstream: int, certificate: Certificate | None) -> Iterator[int]:
        port, config, pem = unused_port(), folder / "nginx.conf", folder / "front.pem"
        pem.write_text(certificate.pem.reveal() if certificate else "")
        tls = f"ssl_certificate {pem}; ssl_certificate_key {pem};" if certificate else ""
        config.write_text(
            f"daemon off; error_log {folder}/error.log; pid {folder}/pid; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
            f"fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
            f"server {{ listen 127.0.0.1:{port}{' ssl' if certificate else ''}; {tls}\n"
            f"location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }} }}\n"
        )
        with running(["nginx", "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(config)], port, folder):
            yield port

    def test_basic_goes_through_an_nginx_that_ends_tls(self, tmp_path: Path, certificate: Certificate) -> None:
        with SimulatedGuest(state()) as guest, self.nginx(tmp_path, guest.port, certificate) as port:
            ascent = climb(endpoint(port, ssl=True, pin=certificate.sha256), BRISK)
            assert guest.open_shells == 0

        assert ascent.failure is None

    def test_ntlm_does_not_go_through_and_the_proxy_is_suspected(
        self, tmp_path: Path, certificate: Certificate
    ) -> None:
        with SimulatedGuest(state(basic=False)) as guest, self.nginx(tmp_path, guest.port, certificate) as port:
            failed = look(endpoint(port, ssl=True, insecure=True, auth=Auth.NTLM))
            assert guest.open_shells == 0

        assert failed.rung is Rung.AUTHENTICATION
        assert failed.verdict is Verdict.SUSPICIOUS

    def test_one_that_ends_tls_for_a_guest_is_not_taken_for_a_stranger(
        self, tmp_path: Path, certificate: Certificate
    ) -> None:
        with SimulatedGuest(state()) as guest, self.nginx(tmp_path, guest.port, certificate) as port:
            failed = look(endpoint(port, ssl=True))

        assert failed.kind == "certificate-untrusted"
        assert any(line.startswith("--pin") for line in failed.in_client)

    def test_a_certificate_of_another_name_is_told(self, tmp_path: Path) -> None:
        other, authority = self_signed(["front.example"], now=datetime.now(UTC)), tmp_path / "authority.pem"
        authority.write_text(other.certificate)
        with SimulatedGuest(state()) as guest, self.nginx(tmp_path, guest.port, other) as port:
            place = replace(endpoint(port, ssl=True), ca_file=authority)
            failed = look(place)
            assert climb(replace(place, server_name="front.example"), BRISK).failure is None

        assert failed.kind == "certificate-name"
        assert "is for front.example, not for 127.0.0.1" in failed.what

    @pytest.mark.parametrize("tls", [False, True])
    def test_one_that_does_not_reach_the_guest_is_waited_for(
        self, tmp_path: Path, certificate: Certificate, *, tls: bool
    ) -> None:
        with self.nginx(tmp_path, unused_port(), certificate if tls else None) as port:
            failed = look(endpoint(port, ssl=tls, insecure=tls))

        assert (failed.rung, failed.kind, failed.verdict) == (Rung.HTTP, "gateway", Verdict.RETRY)
        assert "nginx" in failed.what

    def test_plain_http_to_its_tls_port_asks_for_tls(self, tmp_path: Path, certificate: Certificate) -> None:
        with self.nginx(tmp_path, unused_port(), certificate) as port:
            assert look(endpoint(port)).kind == "tls-wanted"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    if not (GO_SOURCES / "src/github.com/dylanmei/winrmtest").is_dir():
        go_without("golang-github-dylanmei-winrmtest-dev is not installed")
    folder = tmp_path_factory.mktemp("winrmtest")
    binary, source = folder / "winrmtest", Path(__file__).parent / "winrmtest" / "main.go"
    environment = {
        **os.environ,
        "GOPATH": str(GO_SOURCES),
        "GO111MODULE": "off",
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    subprocess.run(["go", "build", "-o", str(binary), str(source)], check=True, env=environment, timeout=300)
    process = subprocess.Popen([str(binary)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline().split()[1])
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.mark.peer(name="winrmtest (golang-github-dylanmei-winrmtest-dev)", program="go")
class TestWinrmtest:
    def test_what_only_calls_itself_winrm_is_told_and_does_not_hang(self, server: int) -> None:
        failed = look(endpoint(server))

        assert failed.rung in {Rung.HTTP, Rung.IDENTIFY, Rung.AUTHORISATION}
        assert failed.verdict is not Verdict.RETRY

    def test_a_probe_does_not_take_it_for_winrm(self, server: int) -> None:
        found = probe("127.0.0.1", server, limits=BRISK)

        assert found.voices
        assert not found.winrm


def test_a_plain_https_site_is_a_web_site(tmp_path: Path, certificate: Certificate) -> None:
    context = tls_context(certificate.pem.reveal(), tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Quiet) as site:
        site.socket = context.wrap_socket(site.socket, server_side=True)
        thread = threading.Thread(target=site.serve_forever)
        thread.start()
        try:
            failed = look(endpoint(site.server_address[1], ssl=True, pin=certificate.thumbprint))
        finally:
            site.shutdown()
            thread.join()

    assert (failed.rung, failed.kind, failed.verdict) == (Rung.HTTP, "not-winrm", Verdict.FATAL)
    assert "SimpleHTTP" in failed.what


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        pass


def test_openssls_own_client_agrees_on_the_thumbprints(certificate: Certificate) -> None:
    with SimulatedGuest(state(), tls=certificate) as guest:
        seen = ssl.get_server_certificate(("127.0.0.1", guest.port))
        (voice,) = probe("127.0.0.1", guest.port, limits=BRISK).voices

    assert seen.strip() == certificate.certificate.strip()
    assert voice.tls is not None
    assert voice.tls.sha1 == certificate.thumbprint


def test_a_socket_that_never_answers_is_a_port_forward_to_nothing() -> None:
    with stranger(never_answers) as port:
        failed = look(endpoint(port))

    assert (failed.kind, failed.verdict) == ("silent", Verdict.RETRY)
