"""Modules that come over stdin, as Ansible sends them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from toolkit.secret import Secret
from toolkit.simulator.piped_module import piped_module
from toolkit.simulator.programs import Output, ReadInput, Session
from toolkit.simulator.state import GuestState, LocalUser, WindowsVersion

if TYPE_CHECKING:
    from toolkit.simulator.programs import Program

USER = LocalUser("packeruser", Secret("SecretPassword1"))
BOOTSTRAP = """\
if ($PSVersionTable.PSVersion -lt [Version]"3.0") {
'{"failed":true,"msg":"too old"}'
exit 1
}
$parts = ($input | Out-String).Split(@("`0`0`0`0"), 2, [StringSplitOptions]::RemoveEmptyEntries)
&([ScriptBlock]::Create($parts[0]))
"""


def line(script: str, times: int = 1) -> str:
    for _ in range(times):
        script = f"PowerShell -NoProfile -EncodedCommand {base64.b64encode(script.encode('utf-16-le')).decode()}"
    return script


def session(build: int = 20348) -> Session:
    return Session(GuestState("WIN-BUILD", (USER,), windows=WindowsVersion("Windows", build)), USER, "utf-8")


def answered(program: Program | None, stdin: bytes) -> tuple[str, int]:
    assert program is not None
    told, pieces, sent = b"", iter((stdin[:7], stdin[7:], b"")), b""
    while True:
        try:
            event = program.send(sent) if sent else next(program)
        except StopIteration as end:
            return told.decode(), end.value
        told += event.data if isinstance(event, Output) else b""
        sent = next(pieces, b"") if isinstance(event, ReadInput) else b""


def payload(**arguments: str) -> bytes:
    return b"wrapper\0\0\0\0" + json.dumps({"module_args": arguments}).encode()


@pytest.mark.parametrize("times", [1, 2])
def test_win_ping_answers_however_often_powershell_is_started(times: int) -> None:
    told, code = answered(
        piped_module(line(BOOTSTRAP, times), session()), payload(_ansible_module_name="win_ping", data="hello")
    )

    assert (json.loads(told)["ping"], code) == ("hello", 0)


@pytest.mark.parametrize(
    ("stdin", "word"),
    [
        (payload(_ansible_module_name="setup"), "not setup"),
        (payload(_ansible_module_name="win_ping", data="crash"), "boom"),
        (b"wrapper without payload", "invalid payload"),
        (b"wrapper\0\0\0\0not json", "not the JSON"),
        (b"", "invalid payload"),
    ],
)
def test_what_is_no_module_that_runs_here_fails_and_says_so(stdin: bytes, word: str) -> None:
    told, code = answered(piped_module(line(BOOTSTRAP), session()), stdin)

    assert word in told
    assert code == 1


def test_a_powershell_that_is_too_old_says_what_the_script_says() -> None:
    assert answered(piped_module(line(BOOTSTRAP), session(7601)), b"") == ('{"failed":true,"msg":"too old"}\r\n', 1)


@pytest.mark.parametrize("script", ["hostname", "$input | Out-String", BOOTSTRAP.replace("`0", "")])
def test_other_scripts_are_not_taken_for_one(script: str) -> None:
    assert piped_module(line(script), session()) is None
    assert piped_module("hostname", session()) is None
