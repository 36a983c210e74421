"""Shells and commands as clients see them: streams, waiting, limits, and what is left behind."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from pypsrp.exceptions import WSManFaultError
from pypsrp.shell import Process, SignalCode, WinRS
from winrm.exceptions import WinRMOperationTimeoutError

from tests.simulator.clients import PASSWORD, USER, pypsrp, pywinrm, run_pypsrp, run_pywinrm, state
from toolkit.secret import Secret
from toolkit.simulator.server import SimulatedGuest
from toolkit.simulator.state import LocalUser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypsrp.wsman import WSMan

TIMED_OUT = 2150858793
SHELL_NOT_FOUND = 2150858843
TOO_MANY_SHELLS = 2150859173
CODE_PAGE_NOT_SUPPORTED = 2150859072
ABORTED = 995


@pytest.fixture
def guest() -> Iterator[SimulatedGuest]:
    with SimulatedGuest(state()) as running:
        yield running


def test_both_streams_and_the_exit_code_come_back(guest: SimulatedGuest) -> None:
    answer = run_pywinrm(guest, "plaintext", "echo out & nosuch & exit 7")
    assert answer.stdout == b"out \r\n"
    assert answer.stderr.startswith(b"'nosuch' is not recognized")
    assert answer.code == 7


def test_a_negative_exit_code_is_the_unsigned_number_that_windows_sends(guest: SimulatedGuest) -> None:
    assert run_pywinrm(guest, "plaintext", "exit -1").code in {0xFFFFFFFF, -1}


def test_a_receive_without_news_times_out_and_may_be_repeated(guest: SimulatedGuest) -> None:
    protocol = pywinrm(guest, "plaintext", operation_timeout_sec=1, read_timeout_sec=5)
    shell = protocol.open_shell()
    command = protocol.run_command(shell, "ping -n 3 127.0.0.1 >nul & echo done")
    started = time.monotonic()
    with pytest.raises(WinRMOperationTimeoutError):
        protocol.get_command_output_raw(shell, command)
    assert 0.9 < time.monotonic() - started < 1.9
    assert protocol.get_command_output(shell, command) == (b"done\r\n", b"", 0)
    protocol.close_shell(shell)
    protocol.transport.close_session()


def test_output_comes_while_the_command_still_runs(guest: SimulatedGuest) -> None:
    with pypsrp(guest, "ntlm") as connection, WinRS(connection) as shell:
        process = Process(shell, "echo first & ping -n 2 127.0.0.1 >nul & echo second")
        process.begin_invoke()
        process.poll_invoke()
        assert process.stdout == b"first \r\n"
        assert process.rc is None
        process.end_invoke()
        assert process.stdout == b"first \r\nsecond\r\n"


def test_stdin_reaches_the_command_until_its_end(guest: SimulatedGuest) -> None:
    data = bytes(range(256)) * 300
    with pypsrp(guest, "ntlm") as connection, WinRS(connection) as shell:
        process = Process(shell, "more")
        process.begin_invoke()
        process.send(data, end=False)
        process.send(b"tail", end=True)
        process.end_invoke()
        assert process.stdout == data + b"tail"


@pytest.mark.parametrize("largest", [8192, 153600])
def test_no_reply_is_larger_than_the_client_can_take(guest: SimulatedGuest, largest: int) -> None:
    protocol = pywinrm(guest, "plaintext", operation_timeout_sec=5, read_timeout_sec=10)
    sizes: list[int] = []
    send = protocol.transport.send_message

    def measured(message: str | bytes) -> bytes:
        text = message.decode() if isinstance(message, bytes) else message
        answer: bytes = send(text.replace(">153600<", f">{largest}<"))
        sizes.append(len(answer))
        return answer

    protocol.transport.send_message = measured  # type: ignore[method-assign]  # to see what is on the wire
    shell = protocol.open_shell(codepage=65001)
    command = protocol.run_command(shell, "powershell -Command \"'x' * 300000\"")
    stdout, _, code = protocol.get_command_output(shell, command)
    protocol.close_shell(shell)
    protocol.transport.close_session()
    assert (stdout, code) == (b"x" * 300_000 + b"\r\n", 0)
    assert max(sizes) <= largest
    assert len(sizes) > 300_000 * 4 // 3 // largest


def test_the_guests_own_envelope_limit_bounds_a_reply_too() -> None:
    with SimulatedGuest(state(max_envelope_kb=20)) as guest:
        assert len(run_pypsrp(guest, "ntlm", "powershell -Command \"'x' * 100000\"").stdout) == 100_002


def test_a_user_has_no_more_shells_than_his_quota() -> None:
    with SimulatedGuest(state(max_shells_per_user=2)) as guest, pypsrp(guest, "ntlm") as connection:
        with WinRS(connection), WinRS(connection):
            assert guest.open_shells == 2
            with pytest.raises(WSManFaultError) as refused:
                WinRS(connection).open()
            assert refused.value.code == TOO_MANY_SHELLS
        with WinRS(connection):
            assert guest.open_shells == 1


def test_a_deleted_shell_is_unknown(guest: SimulatedGuest) -> None:
    with pypsrp(guest, "ntlm") as connection:
        shell = WinRS(connection)
        shell.open()
        shell.close()
        assert guest.open_shells == 0
        with pytest.raises(WSManFaultError) as gone:
            Process(shell, "hostname").invoke()
        assert gone.value.code == SHELL_NOT_FOUND


def attached(connection: WSMan, shell: WinRS) -> WinRS:
    """Reach a shell over another connection than the one that opened it."""
    other = WinRS(connection)
    other.id, other._selector_set = shell.id, shell._selector_set
    return other


def test_a_shell_belongs_to_who_opened_it() -> None:
    other = LocalUser("other", Secret(PASSWORD))
    with (
        SimulatedGuest(state(users=(LocalUser(USER, Secret(PASSWORD)), other))) as guest,
        pypsrp(guest, "ntlm") as mine,
        pypsrp(guest, "ntlm") as his,
        WinRS(mine) as shell,
    ):
        his.transport.username = "other"
        with pytest.raises(WSManFaultError) as refused:
            Process(attached(his, shell), "hostname").invoke()
        assert guest.exchanges[-1].user == "other"
        assert refused.value.code == SHELL_NOT_FOUND


def test_a_signal_ends_a_command_that_another_connection_waits_for(guest: SimulatedGuest) -> None:
    with (
        pypsrp(guest, "ntlm") as waiting,
        pypsrp(guest, "ntlm") as signalling,
        WinRS(waiting) as shell,
        ThreadPoolExecutor(1) as pool,
    ):
        process = Process(shell, "ping -n 60 127.0.0.1 >nul")
        process.begin_invoke()
        poll = pool.submit(process.poll_invoke, timeout=20)
        time.sleep(0.2)
        attached(signalling, shell).signal(SignalCode.TERMINATE, process.id or "")
        fault = poll.exception(5)
        assert isinstance(fault, WSManFaultError)
        assert fault.code == ABORTED


@pytest.mark.parametrize(("codepage", "encoding"), [(65001, "utf-8"), (437, "cp437"), (1252, "cp1252")])
def test_output_is_in_the_shells_code_page(guest: SimulatedGuest, codepage: int, encoding: str) -> None:
    with pypsrp(guest, "ntlm") as connection, WinRS(connection, codepage=codepage) as shell:
        process = Process(shell, "echo é")
        process.invoke()
        assert process.stdout == "é\r\n".encode(encoding)


def test_what_the_code_page_lacks_is_a_question_mark(guest: SimulatedGuest) -> None:
    with pypsrp(guest, "ntlm") as connection, WinRS(connection, codepage=437) as shell:
        process = Process(shell, "echo 日")
        process.invoke()
        assert process.stdout == b"?\r\n"


def test_a_code_page_that_windows_lacks_is_a_fault(guest: SimulatedGuest) -> None:
    with pypsrp(guest, "ntlm") as connection, pytest.raises(WSManFaultError) as refused:
        WinRS(connection, codepage=99999).open()
    assert refused.value.code == CODE_PAGE_NOT_SUPPORTED


def test_the_shells_environment_is_the_commands(guest: SimulatedGuest) -> None:
    with pypsrp(guest, "ntlm") as connection, WinRS(connection, environment={"PACKER_BUILD": "a&b"}) as shell:
        process = Process(shell, "powershell -Command \"$env:PACKER_BUILD + '/' + $env:COMPUTERNAME\"")
        process.invoke()
        assert process.stdout == b"a&b/WIN-BUILD\r\n"
