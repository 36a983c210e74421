"""Proxies of the environment: used for public guests only, named whenever one is, and diagnosed where they refuse."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from requests.utils import should_bypass_proxies

from tests.verify.guests import endpoint, state
from tests.verify.proxies import proxy_before
from tests.verify.strangers import greets, stranger, unused_port
from toolkit.certificates import self_signed
from toolkit.communicators.endpoint import Auth
from toolkit.communicators.proxy import read_proxy
from toolkit.simulator.server import SimulatedGuest
from toolkit.verify import name, proxy
from toolkit.verify.consumer import Client
from toolkit.verify.ladder import climb
from toolkit.verify.limits import Limits
from toolkit.verify.name import Address
from toolkit.verify.options import Options
from toolkit.verify.rung import Rung, Verdict
from toolkit.verify.surroundings import Surroundings
from toolkit.verify.verification import verify
from toolkit.verify.wait import Patience

if TYPE_CHECKING:
    from toolkit.verify.ladder import Ascent
    from toolkit.verify.rung import Failure

BRISK = Limits(connect=0.5, handshake=1.0, answer=1.0, command=10.0)
HOST, PUBLIC = "guest.example", "198.41.0.4"
SECRET = "pr0xy%20s3cret"


def public(host: str, port: int) -> tuple[Address, ...]:
    """Resolve the guest's name to an address that is never connected to: the proxy has another idea of it."""
    return (Address(socket.AF_INET, (PUBLIC, port)),) if host == HOST else name.resolve(host, port)


def look(variables: dict[str, str], *, ssl: bool = False, auth: Auth = Auth.BASIC, port: int = 5985) -> Ascent:
    where = endpoint(port, host=HOST, ssl=ssl, insecure=ssl, auth=auth)
    return climb(where, BRISK, Surroundings(variables, public))


def failure_of(ascent: Ascent) -> Failure:
    assert ascent.failure is not None
    return ascent.failure


def told(ascent: Ascent) -> str:
    return next(proof.sentence for proof in ascent.proven if proof.rung is Rung.PROXY)


@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.NTLM])
@pytest.mark.parametrize("ssl", [False, True])
def test_a_public_guest_is_reached_through_the_proxy_and_it_is_named(auth: Auth, *, ssl: bool) -> None:
    certificate = self_signed([HOST], now=datetime.now(UTC), days=2) if ssl else None
    with SimulatedGuest(state(), tls=certificate) as guest, proxy_before(guest.port) as server:
        ascent = look(server.variables("https" if ssl else "http"), ssl=ssl, auth=auth)
        left = guest.open_shells

    assert ascent.failure is None
    assert f"{'HTTPS' if ssl else 'HTTP'}_PROXY=127.0.0.1:{server.port} is used" in told(ascent)
    assert ascent.facts.address == PUBLIC
    method, target = ("CONNECT", f"{HOST}:5985") if ssl else ("POST", f"http://{HOST}:5985/wsman")
    assert {tuple(head.split(" ")[:2]) for head in server.heads} == {(method, target)}
    assert left == 0


def test_checks_and_clients_go_through_it_too_and_the_guest_sees_nobody_else() -> None:
    where = endpoint(5985, host=HOST)
    with SimulatedGuest(state()) as guest, proxy_before(guest.port) as server:
        report = verify(
            where,
            patience=Patience(timeout=0),
            options=Options(checks=("files", "concurrency"), client=Client.ANSIBLE),
            surroundings=Surroundings(server.variables(), public),
        )
        assert len(server.heads) == guest.request_count

    assert report.ready, report.to_text()
    assert f"HTTP_PROXY=127.0.0.1:{server.port} is used" in report.to_text(200)


@pytest.mark.parametrize(
    ("variables", "host"),
    [
        ({"HTTP_PROXY": "http://127.0.0.1:9"}, "127.0.0.1"),
        ({"ALL_PROXY": "http://127.0.0.1:9"}, "localhost"),
    ],
)
def test_guests_of_this_hosts_own_network_are_never_looked_for_through_one(
    variables: dict[str, str], host: str
) -> None:
    with SimulatedGuest(state()) as guest:
        ascent = climb(endpoint(guest.port, host=host), BRISK, Surroundings(variables))

    assert ascent.failure is None
    assert "is set, and not used" in told(ascent)


@pytest.mark.parametrize(
    ("client", "variables", "words"),
    [
        (
            Client.ANSIBLE,
            {"HTTP_PROXY": "http://u:s3cret@proxy.corp:3128"},
            "Ansible would go through HTTP_PROXY=proxy",
        ),
        (Client.PACKER, {"HTTP_PROXY": "http://proxy.corp:3128"}, ""),  # Go spares loopback
        (Client.ANSIBLE, {"HTTP_PROXY": "http://proxy.corp:3128", "NO_PROXY": "127.0.0.0/8"}, ""),
        (Client.ANSIBLE, {}, ""),
        (None, {"HTTP_PROXY": "http://proxy.corp:3128"}, ""),
    ],
)
def test_a_client_that_would_take_the_proxy_that_was_gone_around_is_named(
    client: Client | None, variables: dict[str, str], words: str
) -> None:
    with SimulatedGuest(state()) as guest:
        report = verify(
            endpoint(guest.port),
            patience=Patience(timeout=0),
            options=Options(client=client),
            surroundings=Surroundings(variables),
        )

    assert report.ready
    assert any(words in warning for warning in report.cautions) if words else not report.warnings
    assert "s3cret" not in report.to_text()


@pytest.mark.parametrize(
    ("addresses", "used"),
    [
        (("8.8.8.8",), True),
        (("2606:4700:4700::1111",), True),
        (("8.8.8.8", "10.0.0.1"), False),
        (("10.1.2.3",), False),
        (("192.168.1.9",), False),
        (("169.254.3.4",), False),
        (("100.64.0.9",), False),
        (("fe80::1%eth0",), False),
        (("fd00::5",), False),
        (("::1",), False),
        (("::ffff:10.0.0.1",), False),
    ],
)
def test_only_addresses_that_the_whole_world_reaches_are_public(addresses: tuple[str, ...], *, used: bool) -> None:
    environment = proxy.read_environment({"HTTP_PROXY": "http://proxy.corp:3128"}, ssl=False)
    found = [Address(socket.AF_INET, (address, 5985)) for address in addresses]

    assert (proxy.choose(environment, endpoint(5985, host=HOST), found) is not None) is used


@pytest.mark.parametrize("ssl", [False, True])
@pytest.mark.parametrize(
    ("status", "kind", "verdict"),
    [
        (403, "proxy-forbids", Verdict.FATAL),
        (407, "proxy-logon", Verdict.FATAL),
        (502, "proxy-cannot-reach", Verdict.RETRY),
        (503, "proxy-cannot-reach", Verdict.RETRY),
        (504, "proxy-cannot-reach", Verdict.RETRY),
    ],
)
def test_a_proxy_that_refuses_is_told_with_the_way_around_it(
    status: int, kind: str, verdict: Verdict, *, ssl: bool
) -> None:
    with proxy_before(unused_port(), refuses=status) as server:
        failed = failure_of(look(server.variables("https" if ssl else "http"), ssl=ssl))

    assert (failed.rung, failed.kind, failed.verdict) == (Rung.PROXY, kind, verdict)
    assert f"_PROXY=127.0.0.1:{server.port}" in failed.what
    assert f"NO_PROXY={HOST} in the environment" in failed.in_client
    assert any(str(status) in line for line in failed.evidence)


@pytest.mark.parametrize("ssl", [False, True])
def test_a_guest_that_is_down_behind_the_proxy_is_waited_for(*, ssl: bool) -> None:
    with proxy_before(unused_port()) as server:
        failed = failure_of(look(server.variables("https" if ssl else "http"), ssl=ssl))

    assert (failed.kind, failed.verdict) == ("proxy-cannot-reach", Verdict.RETRY)


@pytest.mark.parametrize("ssl", [False, True])
def test_credentials_for_the_proxy_come_from_the_variable_and_appear_nowhere(*, ssl: bool) -> None:
    certificate = self_signed([HOST], now=datetime.now(UTC), days=2) if ssl else None
    scheme = "https" if ssl else "http"
    with (
        SimulatedGuest(state(), tls=certificate) as guest,
        proxy_before(guest.port, user="me:pr0xy s3cret") as server,
    ):
        good = look(server.variables(scheme, f"me:{SECRET}"), ssl=ssl)
        bad = look(server.variables(scheme, "me:wrong-s3cret"), ssl=ssl)

    assert good.failure is None
    assert failure_of(bad).kind == "proxy-logon"
    for ascent in (good, bad):
        assert "s3cret" not in repr(ascent)
        assert "me:" not in repr(ascent)


def test_ntlm_through_a_proxy_that_hangs_up_between_its_steps_is_laid_at_the_proxys_door() -> None:
    with SimulatedGuest(state()) as guest, proxy_before(guest.port, lasting=False) as server:
        failed = failure_of(look(server.variables(), auth=Auth.NTLM))
        basic = look(server.variables(), auth=Auth.BASIC)

    assert (failed.rung, failed.kind) == (Rung.PROXY, "proxy-unfit")
    assert "NTLM" in failed.causes[0]
    assert basic.failure is None


def test_a_proxy_that_hangs_up_after_an_answer_without_a_word_loses_no_message() -> None:
    with SimulatedGuest(state()) as guest, proxy_before(guest.port, lasting=False, announces=False) as server:
        ascent = look(server.variables())

    assert ascent.failure is None
    assert len(server.heads) > 2


def test_a_proxy_that_is_not_there_is_told_apart_from_the_guest() -> None:
    failed = failure_of(look({"HTTP_PROXY": f"http://127.0.0.1:{unused_port()}"}))

    assert (failed.rung, failed.kind) == (Rung.PROXY, "proxy-unreachable")


def test_what_listens_at_the_proxys_address_and_is_none_is_told() -> None:
    with stranger(greets(b"SSH-2.0-x\r\n\r\n")) as port:
        failed = failure_of(look({"HTTPS_PROXY": f"http://127.0.0.1:{port}"}, ssl=True))

    assert (failed.rung, failed.kind) == (Rung.PROXY, "proxy-unfit")


@pytest.mark.parametrize("url", ["socks5://u:s3cret@proxy.corp:1080", "https://proxy.corp", "http://"])
def test_a_proxy_of_another_kind_is_refused_and_not_gone_around(url: str) -> None:
    ascent = look({"ALL_PROXY": url})

    assert failure_of(ascent).kind == "proxy-unknown"
    assert "s3cret" not in repr(ascent)


@pytest.mark.parametrize(
    ("variables", "shown"),
    [
        ({"http_proxy": "http://low:1", "HTTP_PROXY": "http://high:2"}, "http_proxy=low:1"),
        ({"http_proxy": "", "HTTP_PROXY": "http://high:2"}, ""),
        ({"http_proxy": "", "ALL_PROXY": "http://all:3"}, "ALL_PROXY=all:3"),
        ({"HTTPS_PROXY": "http://other:2"}, ""),
        ({"HTTP_PROXY": "bare:3128"}, "HTTP_PROXY=bare:3128"),
        ({"HTTP_PROXY": "http://[fe80::5]:3128"}, "HTTP_PROXY=[fe80::5]:3128"),
    ],
)
def test_the_variables_are_read_as_other_clients_read_them(variables: dict[str, str], shown: str) -> None:
    assert proxy.read_environment(variables, ssl=False).shown == shown


@pytest.mark.parametrize("host", [HOST, "a.guest.example", "8.8.8.8", "notguest.example"])
@pytest.mark.parametrize(
    "excluded",
    [
        "",
        "*",
        HOST,
        f".{HOST}",
        "example",
        "8.8.8.0/24",
        "8.8.8.8",
        "8.8.8",
        "guest.example:5985",
        "other, guest.example",
    ],
)
def test_no_proxy_means_what_it_means_to_requests(host: str, excluded: str) -> None:
    environment = proxy.read_environment({"HTTP_PROXY": "http://p:1", "NO_PROXY": excluded}, ssl=False)
    with patch.dict(os.environ, {"NO_PROXY": excluded, "no_proxy": excluded}):
        theirs = should_bypass_proxies(f"http://{host}:5985/wsman", no_proxy=excluded)

    assert proxy.excepted(environment, endpoint(5985, host=host)) is bool(theirs)


def test_a_port_that_is_none_is_no_proxy() -> None:
    assert read_proxy("HTTP_PROXY", "http://proxy:99999") is None
