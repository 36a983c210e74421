"""Real client libraries log on to a simulated guest and run commands, in every way of authenticating they have."""

from __future__ import annotations

import base64
import os
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pypsrp.exceptions import WSManFaultError as PypsrpFaultError
from pypsrp.shell import WinRS
from winrm.exceptions import InvalidCredentialsError

from tests.simulator.clients import PASSWORD, USER, pypsrp, pywinrm, run_pypsrp, run_pywinrm, state
from toolkit.certificates import Certificate, self_signed
from toolkit.secret import Secret
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import LocalUser, built_in_administrator

if TYPE_CHECKING:
    import requests

PACKER_PROBE = (
    "if (Test-Path variable:global:ProgressPreference){set-variable -name variable:global:ProgressPreference "
    "-value 'SilentlyContinue'};; echo \"WinRM connected.\""
)


@pytest.fixture(scope="module")
def certificate() -> Certificate:
    return self_signed(["127.0.0.1"], now=datetime.now(UTC), days=2)


@pytest.mark.parametrize(
    ("transport", "options"),
    [
        ("plaintext", {}),
        ("ntlm", {"message_encryption": "never"}),
        ("ntlm", {"message_encryption": "always"}),
    ],
)
def test_pywinrm_runs_a_command_over_http(transport: str, options: dict[str, str]) -> None:
    with SimulatedGuest(state()) as guest:
        answer = run_pywinrm(guest, transport, "hostname", **options)
        assert (answer.stdout, answer.stderr, answer.code) == (b"WIN-BUILD\r\n", b"", 0)
        sealed = options.get("message_encryption") == "always"
        assert [exchange.sealed for exchange in guest.exchanges if exchange.action] == [sealed] * 5


@pytest.mark.parametrize("transport", ["ssl", "ntlm"])
def test_pywinrm_runs_a_command_over_https(transport: str, certificate: Certificate) -> None:
    with SimulatedGuest(state(allow_unencrypted=False), tls=certificate) as guest:
        assert run_pywinrm(guest, transport, "hostname").stdout == b"WIN-BUILD\r\n"


@pytest.mark.parametrize("auth", ["basic", "ntlm", "negotiate"])
def test_pypsrp_runs_a_command_over_https(auth: str, certificate: Certificate) -> None:
    with SimulatedGuest(state(allow_unencrypted=False), tls=certificate) as guest:
        assert run_pypsrp(guest, auth, "whoami").stdout == b"win-build\\packeruser\r\n"


@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_pypsrp_seals_its_messages_over_http(auth: str) -> None:
    with SimulatedGuest(state(basic=False, allow_unencrypted=False)) as guest:
        assert run_pypsrp(guest, auth, "whoami").stdout == b"win-build\\packeruser\r\n"
        assert all(exchange.sealed for exchange in guest.exchanges if exchange.action)


def test_the_answer_to_a_sealed_message_is_sealed() -> None:
    with SimulatedGuest(state(allow_unencrypted=False)) as guest:
        protocol = pywinrm(guest, "ntlm", message_encryption="always")
        shell = protocol.open_shell()
        answers: list[requests.Response] = []
        assert protocol.transport.session is not None
        protocol.transport.session.hooks["response"].append(lambda answer, **_: answers.append(answer))
        protocol.run_command(shell, "hostname")
        protocol.close_shell(shell)
        protocol.transport.close_session()
    assert [answer.headers["Content-Type"].partition(";")[0] for answer in answers] == ["multipart/encrypted"] * 2
    assert not any(b"Response" in answer.content for answer in answers)


def test_plain_messages_are_refused_where_unencrypted_traffic_is_not_allowed() -> None:
    with SimulatedGuest(state(basic=False, allow_unencrypted=False)) as guest:
        with pytest.raises(InvalidCredentialsError):
            run_pywinrm(guest, "ntlm", "hostname", message_encryption="never")
        assert guest.open_shells == 0
        assert {exchange.status for exchange in guest.exchanges} == {401}


def test_basic_is_of_no_use_over_http_without_allow_unencrypted() -> None:
    with SimulatedGuest(state(allow_unencrypted=False)) as guest, pytest.raises(InvalidCredentialsError):
        run_pywinrm(guest, "plaintext", "hostname")


@pytest.mark.parametrize("transport", ["plaintext", "ntlm"])
def test_a_wrong_password_is_refused(transport: str) -> None:
    with SimulatedGuest(state()) as guest, pytest.raises(InvalidCredentialsError):
        run_pywinrm(guest, transport, "hostname", password="another")


@pytest.mark.parametrize("transport", ["plaintext", "ntlm"])
def test_a_method_that_is_off_is_refused_with_the_right_password(transport: str) -> None:
    off = state(basic=False) if transport == "plaintext" else state(negotiate=False)
    with SimulatedGuest(off) as guest, pytest.raises(InvalidCredentialsError):
        run_pywinrm(guest, transport, "hostname")


@pytest.mark.parametrize("transport", ["plaintext", "ntlm"])
def test_an_account_without_password_cannot_log_on_over_the_network(transport: str) -> None:
    blank = state(users=(LocalUser(USER, Secret("")),))
    with SimulatedGuest(blank) as guest, pytest.raises(InvalidCredentialsError):
        run_pywinrm(guest, transport, "hostname", password="")


@pytest.mark.parametrize("password", ["a:b::c", "pässwörd", "  ", '"%^&|<>!', "日本語", "x" * 127])
@pytest.mark.parametrize("transport", ["plaintext", "ntlm"])
def test_any_password_will_do(password: str, transport: str) -> None:
    with SimulatedGuest(state(users=(LocalUser(USER, Secret(password)),))) as guest:
        assert run_pywinrm(guest, transport, "hostname", password=password).code == 0


@pytest.mark.parametrize("name", [f"WIN-BUILD\\{USER}", f".\\{USER}", USER.upper()])
def test_the_account_may_be_named_with_its_machine(name: str) -> None:
    with SimulatedGuest(state()) as guest:
        for auth in ("basic", "ntlm"):
            with pypsrp(guest, auth, encryption="never") as connection:
                connection.transport.username = name
                with WinRS(connection):
                    assert guest.open_shells == 1


def test_two_guests_with_the_same_account_keep_their_own_passwords() -> None:
    other = state(host_name="WIN-OTHER", users=(LocalUser(USER, Secret("other")),))
    with SimulatedGuest(state()) as first, SimulatedGuest(other) as second:
        assert run_pywinrm(first, "ntlm", "hostname").stdout == b"WIN-BUILD\r\n"
        assert run_pywinrm(second, "ntlm", "hostname", password="other").stdout == b"WIN-OTHER\r\n"
        with pytest.raises(InvalidCredentialsError):
            run_pywinrm(second, "ntlm", "hostname", password=PASSWORD)


def test_the_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NTLM_USER_FILE", raising=False)
    with SimulatedGuest(state()) as guest:
        run_pywinrm(guest, "ntlm", "hostname")
        assert "NTLM_USER_FILE" not in os.environ


@pytest.mark.parametrize(
    ("user", "elevation", "admitted"),
    [
        (LocalUser(USER, Secret(PASSWORD), administrator=True), True, True),
        (LocalUser(USER, Secret(PASSWORD), administrator=True), False, False),
        (LocalUser(USER, Secret(PASSWORD), administrator=False), True, False),
    ],
)
def test_only_an_elevated_administrator_gets_a_shell(user: LocalUser, *, elevation: bool, admitted: bool) -> None:
    with SimulatedGuest(state(users=(user,), remote_elevation=elevation)) as guest, pypsrp(guest, "ntlm") as connection:
        shell = WinRS(connection)
        if admitted:
            shell.open()
            shell.close()
            return
        with pytest.raises(PypsrpFaultError) as denied:
            shell.open()
        assert denied.value.code == 5


def test_the_built_in_administrator_needs_no_token_filter_policy() -> None:
    administrator = state(users=(built_in_administrator(Secret(PASSWORD)),), remote_elevation=False)
    with SimulatedGuest(administrator) as guest, pypsrp(guest, "ntlm") as connection:
        connection.transport.username = "Administrator"
        with WinRS(connection):
            assert guest.open_shells == 1


def test_packers_probe_is_answered_with_the_words_it_waits_for() -> None:
    blob = base64.b64encode(PACKER_PROBE.encode("utf-16-le")).decode()
    with SimulatedGuest(state()) as guest:
        answer = run_pywinrm(guest, "plaintext", f"powershell.exe -EncodedCommand {blob}")
        assert (answer.stdout, answer.code) == (b"WinRM connected.\r\n", 0)


def test_ntlm_is_asked_for_once_per_connection_and_basic_with_every_request() -> None:
    with SimulatedGuest(state(), port=0) as guest:
        run_pypsrp(guest, "ntlm", "hostname", encryption="never")
        assert len({exchange.connection for exchange in guest.exchanges}) == 1
        assert [exchange.status for exchange in guest.exchanges].count(401) == 2


def test_many_guests_run_at_once() -> None:
    with ExitStack() as stack:
        guests = [stack.enter_context(SimulatedGuest(state(host_name=f"WIN-{number}"))) for number in range(5)]
        names = [run_pypsrp(guest, "ntlm", "hostname").stdout for guest in guests]
        assert names == [f"WIN-{number}\r\n".encode() for number in range(5)]
