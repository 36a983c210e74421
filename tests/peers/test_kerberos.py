"""Kerberos against a real MIT KDC: tickets by password and from the cache, sealed messages, and every usual mistake.

Needs, beside the KDC's programs, pyspnego's own extra: `pip install pyspnego[kerberos]`.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.verify.guests import endpoint, state
from tests.verify.strangers import unused_port
from toolkit.communicators.endpoint import Auth, Endpoint
from toolkit.communicators.winrm import Timeouts, WinrmCommunicator
from toolkit.secret import Secret
from toolkit.simulator.server import SimulatedGuest
from toolkit.verify.ladder import Ascent, climb
from toolkit.verify.limits import Limits
from toolkit.verify.rung import Rung, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.peer(name="MIT Kerberos", program=("krb5kdc", "kdb5_util", "kadmin.local", "kinit")),
    pytest.mark.skipif(
        importlib.util.find_spec("gssapi") is None and "UNATTEND_REQUIRE_PEERS" not in os.environ,
        reason="gssapi is not installed (pip install pyspnego[kerberos])",
    ),
]

REALM = "UNATTEND.TEST"
PASSWORD = "k3rb-pässword"
BRISK = Limits(connect=2, handshake=2, answer=2, command=5)


@dataclass(frozen=True)
class Realm:
    folder: Path
    environment: dict[str, str]

    def run(self, *command: str, told: str = "") -> None:
        environment = os.environ | self.environment
        subprocess.run(command, check=True, env=environment, input=told, text=True, capture_output=True)


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    """Make a realm of its own and run its KDC; this process finds it by its environment."""
    folder, port = tmp_path_factory.mktemp("realm"), unused_port()
    configuration = folder / "krb5.conf"
    configuration.write_text(
        f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n dns_lookup_realm = false\n"
        f" dns_canonicalize_hostname = false\n rdns = false\n default_ccache_name = FILE:{folder}/cache\n"
        f"[realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{port}\n }}\n DOWN.TEST = {{\n  kdc = 127.0.0.1:1\n }}\n"
        f"[domain_realm]\n localhost = {REALM}\n .test = {REALM}\n"
    )
    (folder / "kdc.conf").write_text(
        f"[kdcdefaults]\n kdc_listen = 127.0.0.1:{port}\n kdc_tcp_listen = 127.0.0.1:{port}\n"
        f"[realms]\n {REALM} = {{\n  database_name = {folder}/principal\n  key_stash_file = {folder}/stash\n"
        f"  acl_file = {folder}/acl\n  max_life = 1h\n }}\n[logging]\n kdc = FILE:{folder}/kdc.log\n"
    )
    environment = {
        "KRB5_CONFIG": str(configuration),
        "KRB5_KDC_PROFILE": str(folder / "kdc.conf"),
        "KRB5_KTNAME": str(folder / "keytab"),
        "KRB5CCNAME": f"FILE:{folder}/cache",
    }
    made = Realm(folder, environment)
    made.run("kdb5_util", "create", "-s", "-r", REALM, "-P", "master")
    for question in (f"addprinc -pw {PASSWORD} vagrant", "addprinc -randkey HTTP/localhost", "ktadd HTTP/localhost"):
        made.run("kadmin.local", "-r", REALM, "-q", question)
    with (folder / "out").open("wb") as out:
        kdc = subprocess.Popen(["krb5kdc", "-n", "-r", REALM], env=os.environ | environment, stdout=out, stderr=out)
        try:
            wait_for(port)
            with pytest.MonkeyPatch.context() as patch:
                for name, value in environment.items():
                    patch.setenv(name, value)
                yield made
        finally:
            kdc.terminate()
            kdc.wait(10)


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    pytest.fail("the KDC does not listen")


@pytest.fixture
def guest(realm: Realm) -> Iterator[SimulatedGuest]:
    assert realm.folder.is_dir()
    sealing = replace(state(allow_unencrypted=False, basic=False), kerberos=True)
    with SimulatedGuest(sealing) as running:
        yield running
        assert running.open_shells == 0


def place(
    port: int, auth: Auth = Auth.KERBEROS, *, password: str = PASSWORD, user: str = f"vagrant@{REALM}"
) -> Endpoint:
    return replace(endpoint(port, auth=auth, host="localhost", user=user), password=Secret(password))


@pytest.mark.parametrize("auth", [Auth.KERBEROS, Auth.NEGOTIATE])
def test_a_password_gets_a_ticket_and_every_message_is_sealed(guest: SimulatedGuest, auth: Auth) -> None:
    ascent = climb(place(guest.port, auth), BRISK)

    assert ascent.failure is None
    assert ascent.facts.guest is not None
    with_content = [exchange for exchange in guest.exchanges if exchange.action]
    assert with_content
    assert all(exchange.sealed and exchange.user == "vagrant" for exchange in with_content)


def test_a_ticket_of_kinits_needs_no_password(guest: SimulatedGuest, realm: Realm) -> None:
    realm.run("kinit", f"vagrant@{REALM}", told=f"{PASSWORD}\n")
    try:
        with WinrmCommunicator(place(guest.port, password=""), Timeouts(operation=2, command=5)) as communicator:
            assert communicator.run("hostname").stdout == b"WIN-A\r\n"
    finally:
        realm.run("kdestroy")


def test_a_connection_that_was_lost_is_made_anew_with_a_new_context(guest: SimulatedGuest) -> None:
    with WinrmCommunicator(place(guest.port), Timeouts(operation=2, command=5)) as communicator:
        communicator.run("hostname")
        assert guest._listener is not None
        for connection in list(guest._listener._connections):
            connection.shutdown(socket.SHUT_RDWR)
        assert communicator.run("hostname").stdout == b"WIN-A\r\n"


def look(place_of_guest: Endpoint) -> tuple[str, Rung, Verdict, Ascent]:
    ascent = climb(place_of_guest, BRISK)
    assert ascent.failure is not None
    return ascent.failure.kind, ascent.failure.rung, ascent.failure.verdict, ascent


MISTAKES = {
    "a wrong password": ({"password": "wrong"}, "kerberos-password"),
    "a user whom the KDC does not know": ({"user": f"nobody@{REALM}"}, "kerberos-user-unknown"),
    "neither ticket nor password": ({"password": ""}, "kerberos-no-ticket"),
    "a realm whose KDC is down": ({"user": "vagrant@DOWN.TEST"}, "kerberos-no-kdc"),
    "a realm that nobody knows": ({"user": "vagrant@NOWHERE.TEST"}, "kerberos-no-kdc"),
}


@pytest.mark.parametrize(("client", "kind"), MISTAKES.values(), ids=MISTAKES)
def test_every_usual_mistake_is_told_by_the_kdcs_number(
    guest: SimulatedGuest, client: dict[str, str], kind: str
) -> None:
    found, rung, verdict, _ = look(place(guest.port, **client))  # type: ignore[arg-type]  # user or password

    assert (found, rung, verdict) == (kind, Rung.AUTHENTICATION, Verdict.FATAL)


def test_a_name_that_is_not_registered_asks_for_the_full_one(guest: SimulatedGuest) -> None:
    found, _, _, ascent = look(replace(place(guest.port), server_name="short.test"))

    assert found == "kerberos-server-unknown"
    assert ascent.failure is not None
    assert "HTTP/short.test" in ascent.failure.what
    assert "setspn -L %COMPUTERNAME%" in ascent.failure.in_guest


def test_no_error_holds_the_password(guest: SimulatedGuest) -> None:
    _, _, _, ascent = look(place(guest.port, password="s3cret-wrong"))
    assert "s3cret-wrong" not in repr(ascent)
