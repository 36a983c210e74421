"""A proxy not written by us stands before the guest: used, named, and diagnosed where it refuses."""

from __future__ import annotations

import socket
import subprocess
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.verify.guests import endpoint, state
from tests.verify.strangers import unused_port
from toolkit.certificates import self_signed
from toolkit.communicators.endpoint import Auth
from toolkit.simulator.server import SimulatedGuest
from toolkit.verify import name
from toolkit.verify.ladder import climb
from toolkit.verify.limits import Limits
from toolkit.verify.name import Address
from toolkit.verify.rung import Rung, Verdict
from toolkit.verify.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from toolkit.verify.ladder import Ascent

pytestmark = pytest.mark.peer(name="tinyproxy", program="tinyproxy")

BRISK = Limits(connect=2, handshake=2, answer=2, command=10)


def public(host: str, port: int) -> tuple[Address, ...]:
    """Take this host's own name for that of a public guest; the proxy knows better."""
    return (Address(socket.AF_INET, ("198.41.0.4", port)),) if host == "localhost" else name.resolve(host, port)


@contextmanager
def tinyproxy(folder: Path, *lines: str) -> Iterator[int]:
    port = unused_port()
    settings = folder / "tinyproxy.conf"
    settings.write_text("\n".join((f"Port {port}", "Listen 127.0.0.1", "MaxClients 20", *lines, "")), encoding="utf-8")
    with subprocess.Popen(["tinyproxy", "-d", "-c", str(settings)], stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("tinyproxy does not listen")


def look(guest: int, proxy: str, *, ssl: bool = False, auth: Auth = Auth.BASIC) -> Ascent:
    where = endpoint(guest, host="localhost", ssl=ssl, insecure=ssl, auth=auth)
    variable = "HTTPS_PROXY" if ssl else "HTTP_PROXY"
    return climb(where, BRISK, Surroundings({variable: f"http://{proxy}"}, public))


@pytest.mark.parametrize("ssl", [False, True])
def test_it_leads_to_the_guest(tmp_path: Path, *, ssl: bool) -> None:
    certificate = self_signed(["localhost"], now=datetime.now(UTC), days=2) if ssl else None
    with SimulatedGuest(state(), tls=certificate) as guest, tinyproxy(tmp_path) as port:
        ascent = look(guest.port, f"127.0.0.1:{port}", ssl=ssl, auth=Auth.NTLM if ssl else Auth.BASIC)
        left = guest.open_shells

    assert ascent.failure is None
    assert any(f"_PROXY=127.0.0.1:{port} is used" in proof.sentence for proof in ascent.proven)
    assert left == 0


def test_it_does_not_keep_connections_apart_and_ntlms_refusal_says_so(tmp_path: Path) -> None:
    with SimulatedGuest(state()) as guest, tinyproxy(tmp_path) as port:
        ascent = look(guest.port, f"127.0.0.1:{port}", auth=Auth.NTLM)

    assert ascent.failure is not None
    assert (ascent.failure.rung, ascent.failure.kind) == (Rung.PROXY, "proxy-unfit")
    assert "NTLM" in ascent.failure.causes[0]


@pytest.mark.parametrize("ssl", [False, True])
def test_its_logon_is_asked_for_and_given(tmp_path: Path, *, ssl: bool) -> None:
    certificate = self_signed(["localhost"], now=datetime.now(UTC), days=2) if ssl else None
    with (
        SimulatedGuest(state(), tls=certificate) as guest,
        tinyproxy(tmp_path, "BasicAuth proxyuser s3cret") as port,
    ):
        without = look(guest.port, f"127.0.0.1:{port}", ssl=ssl)
        given = look(guest.port, f"proxyuser:s3cret@127.0.0.1:{port}", ssl=ssl)

    assert without.failure is not None
    assert without.failure.kind == "proxy-logon"
    assert given.failure is None
    assert "s3cret" not in repr((without, given))


def test_a_port_that_it_does_not_tunnel_to_is_forbidden(tmp_path: Path) -> None:
    certificate = self_signed(["localhost"], now=datetime.now(UTC), days=2)
    with SimulatedGuest(state(), tls=certificate) as guest, tinyproxy(tmp_path, "ConnectPort 443") as port:
        ascent = look(guest.port, f"127.0.0.1:{port}", ssl=True)

    assert ascent.failure is not None
    assert (ascent.failure.kind, ascent.failure.verdict) == ("proxy-forbids", Verdict.FATAL)


@pytest.mark.parametrize("ssl", [False, True])
def test_a_guest_that_is_down_behind_it_is_waited_for(tmp_path: Path, *, ssl: bool) -> None:
    with tinyproxy(tmp_path) as port:
        ascent = look(unused_port(), f"127.0.0.1:{port}", ssl=ssl)

    assert ascent.failure is not None
    assert (ascent.failure.kind, ascent.failure.verdict) == ("proxy-cannot-reach", Verdict.RETRY)
