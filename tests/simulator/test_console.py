"""The guest's cmd.exe and its small PowerShell, line by line."""

from __future__ import annotations

import base64
import string
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.clients import state
from toolkit.secret import Secret
from toolkit.simulator.console import powershell_script, run_line
from toolkit.simulator.facts import EXPRESSIONS, REGISTRY, WMI, wmi_time
from toolkit.simulator.powershell import run_script
from toolkit.simulator.programs import Output, Pause, Program, Session, Stream
from toolkit.simulator.state import GuestState, LocalUser, WindowsVersion

IS_ELEVATED = (
    "([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent())"
    ".IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)"
)
VAGRANT = LocalUser("vagrant", Secret("x"))


def session(guest: GuestState | None = None) -> Session:
    return Session(guest or state(users=(VAGRANT,)), VAGRANT, "utf-8")


def finished(program: Program) -> tuple[str, str, int, float]:
    """Run a program that reads no input to its end: stdout, stderr, exit code, and how long it slept."""
    written = {Stream.STDOUT: b"", Stream.STDERR: b""}
    slept = 0.0
    while True:
        try:
            event = next(program)
        except StopIteration as end:
            return written[Stream.STDOUT].decode(), written[Stream.STDERR].decode(), int(end.value), slept
        match event:
            case Output(stream, data):
                written[stream] += data
            case Pause(seconds):
                slept += seconds
            case _:
                raise AssertionError(event)


def cmd(line: str, guest: GuestState | None = None) -> tuple[str, str, int]:
    return finished(run_line(line, session(guest)))[:3]


def powershell(script: str, guest: GuestState | None = None) -> tuple[str, str, int]:
    return finished(run_script(script, session(guest)))[:3]


@pytest.mark.parametrize(
    ("line", "stdout"),
    [
        ("hostname", "WIN-BUILD\r\n"),
        ("C:\\Windows\\System32\\HOSTNAME.EXE", "WIN-BUILD\r\n"),
        ("whoami", "win-build\\vagrant\r\n"),
        ("echo hello  world", "hello  world\r\n"),
        ("echo.", "\r\n"),
        ("echo", "ECHO is on.\r\n"),
        ('echo "a & b"', '"a & b"\r\n'),
        ("echo a^&b", "a&b\r\n"),
        ("echo %COMPUTERNAME% %NOPE%", "WIN-BUILD %NOPE%\r\n"),
        ("echo a&echo b", "a\r\nb\r\n"),
        ("echo a > nul", ""),
        ("cmd /c echo inner", "inner\r\n"),
        ('cmd.exe /d /c "echo one & echo two"', "one \r\ntwo\r\n"),
        ("call echo called", "called\r\n"),
        ("(echo in brackets)", "in brackets\r\n"),
        ("hostname && echo yes || echo no", "WIN-BUILD\r\nyes \r\n"),
        ("exit 3 & echo never", ""),
        ("rem nothing", ""),
        ("powershell -NoProfile -Command \"'a' + 'b'\"", "ab\r\n"),
        ("powershell.exe Write-Output bare", "bare\r\n"),
    ],
)
def test_a_command_writes_what_cmd_would(line: str, stdout: str) -> None:
    assert cmd(line)[0] == stdout


@pytest.mark.parametrize(
    ("line", "code"),
    [("exit 7", 7), ("exit /b 9", 9), ("cmd /c exit 5", 5), ("cmd /c exit 5 & ver", 0), ("nosuch", 1), ("exit", 0)],
)
def test_the_exit_code_is_the_last_commands(line: str, code: int) -> None:
    assert cmd(line)[2] == code


def test_or_runs_after_a_failure_and_and_does_not() -> None:
    assert cmd("nosuch || echo rescued")[0] == "rescued\r\n"
    assert cmd("nosuch && echo unreached")[0] == ""


@pytest.mark.parametrize("line", ["frobnicate /all", "echo x | findstr x", "wmic os get caption"])
def test_what_is_not_known_is_cmds_usual_error(line: str) -> None:
    _, stderr, code = cmd(line)
    assert "is not recognized as an internal or external command,\r\noperable program or batch file." in stderr
    assert code == 1


@pytest.mark.parametrize(
    ("build", "ubr", "text"),
    [(20348, 587, "10.0.20348.587"), (9600, 1, "6.3.9600"), (9200, 1, "6.2.9200"), (7601, 1, "6.1.7601")],
)
def test_ver_names_the_version(build: int, ubr: int, text: str) -> None:
    guest = state(users=(VAGRANT,), windows=WindowsVersion("Windows", build, ubr))
    assert cmd("ver", guest)[0] == f"\r\nMicrosoft Windows [Version {text}]\r\n"


def test_ping_takes_a_second_between_its_echoes() -> None:
    assert finished(run_line("ping -n 4 127.0.0.1 >nul", session())) == ("", "", 0, 3.0)


@pytest.mark.parametrize(
    ("script", "stdout"),
    [
        ("'computer=' + $env:COMPUTERNAME", "computer=WIN-BUILD\r\n"),
        ("'user=' + [Security.Principal.WindowsIdentity]::GetCurrent().Name", "user=WIN-BUILD\\vagrant\r\n"),
        (
            f"'elevated=' + {IS_ELEVATED}",
            "elevated=True\r\n",
        ),
        ("'version=' + [Environment]::OSVersion.Version", "version=10.0.20348.0\r\n"),
        ("'ps=' + $PSVersionTable.PSVersion", "ps=5.1.20348.1\r\n"),
        ("$PSVersionTable.PSVersion.Major", "5\r\n"),
        ("(Get-WmiObject Win32_OperatingSystem).Caption", "Microsoft Windows Server 2022\r\n"),
        ("(Get-WmiObject -Class Win32_OperatingSystem).BuildNumber", "20348\r\n"),
        ("(gwmi Win32_OperatingSystem).LastBootUpTime", "20260101080000.000000+000\r\n"),
        (r"(Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion').UBR", "1\r\n"),
        (r"'x=' + (Get-ItemProperty 'HKLM:\SOFTWARE\Nothing').Here", "x=\r\n"),
        ("Test-Path C:\\Windows", "True\r\n"),
        ("Test-Path 'C:\\nothing here'", "False\r\n"),
        ('Test-Path "$env:SystemRoot\\System32"', "True\r\n"),
        ("Write-Output 'it''s; fine'", "it's; fine\r\n"),
        ("echo one two", "one\r\ntwo\r\n"),
        ('"$env:COMPUTERNAME-$(1 + 2)`t`$x"', "WIN-BUILD-3\t$x\r\n"),
        ("$name = 'a' + 1; \"<$name>\"", "<a1>\r\n"),
        ("$ProgressPreference = 'SilentlyContinue'\n'x'", "x\r\n"),
        ("[Console]::OutputEncoding = [Text.Encoding]::UTF8; 'x'", "x\r\n"),
        ("1 + 2", "3\r\n"),
        ("'ab' * 3", "ababab\r\n"),
        ("[string]5 + 5", "55\r\n"),
        ("if ($true) { 'yes' } else { 'no' }", "yes\r\n"),
        ("if (Test-Path 'Z:\\x') { 'yes' } else { 'no' }", "no\r\n"),
        ("# only a comment\n'#' # trailing", "#\r\n"),
        ("'whoami=' + (whoami)", "whoami=win-build\\vagrant\r\n"),
        ("$x = 'quiet'", ""),
        ("$null", ""),
    ],
)
def test_powershell_evaluates(script: str, stdout: str) -> None:
    assert powershell(script) == (stdout, "", 0)


def test_wide_output_of_a_boolean_is_powershells_word() -> None:
    plain = state(users=(LocalUser("vagrant", Secret("x"), administrator=False),))
    answer = finished(
        run_script(
            IS_ELEVATED,
            Session(plain, plain.users[0]),
        )
    )
    assert answer[0] == "False\r\n"


def test_what_powershell_does_not_know_is_an_error_and_the_next_statement_runs() -> None:
    stdout, stderr, code = powershell("Get-Frobnication\n'after'")
    assert (stdout, code) == ("after\r\n", 0)
    assert "The term 'Get-Frobnication' is not recognized" in stderr
    assert powershell("'before'\nGet-Frobnication")[::2] == ("before\r\n", 1)


@pytest.mark.parametrize("script", ["exit 4", "'a'; exit 4; 'b'", "if ($true) { exit 4 }", "$x = 4; exit $x"])
def test_exit_ends_a_script_with_its_code(script: str) -> None:
    assert powershell(script)[2] == 4


@pytest.mark.parametrize(
    "script", ["'a' +", "if ($true", "if (", "$undefined", "exit nonsense", "'unclosed", "'x' * 99999999"]
)
def test_a_malformed_script_is_an_error_and_no_crash(script: str) -> None:
    _, stderr, code = powershell(script)
    assert stderr
    assert code == 1


@given(st.text(alphabet=string.printable, max_size=60))
def test_no_script_and_no_line_crashes_the_guest(text: str) -> None:
    finished(run_script(text, session()))
    if "more" not in text.casefold() and "ping" not in text.casefold():
        finished(run_line(text, session()))


@given(st.text(max_size=40).filter(lambda text: text.isprintable()))
def test_a_single_quoted_string_is_itself(text: str) -> None:
    assert powershell("'" + text.replace("'", "''") + "'")[0] == f"{text}\r\n"


@pytest.mark.parametrize("parameter", ["-EncodedCommand", "-encodedcommand", "-enc", "-e", "-ec", "/EncodedCommand"])
def test_an_encoded_command_may_be_abbreviated(parameter: str) -> None:
    blob = base64.b64encode("'é'".encode("utf-16-le")).decode()
    assert powershell_script(f"powershell.exe -NoProfile -ExecutionPolicy Bypass {parameter} {blob}") == "'é'"


@pytest.mark.parametrize(
    "line", ["powershell -enc !!!", "powershell -enc AAA", "powershell -File x.ps1", "powershell -zzz x"]
)
def test_a_powershell_line_that_cannot_be_read_fails(line: str) -> None:
    assert cmd(line)[2] == 1


@pytest.mark.parametrize("asked", [*EXPRESSIONS, *(f"(Get-WmiObject {name}).{key}" for name, key in WMI)])
def test_every_expression_of_the_tables_is_answered(asked: str) -> None:
    stdout, stderr, code = powershell(f"'x=' + {asked}")
    assert stdout.startswith("x=")
    assert len(stdout) > len("x=\r\n")
    assert (stderr, code) == ("", 0)


# These are there only when something waits to be done.
_SOMETIMES = {"pendingfilerenameoperations", "defaultpassword"}


@pytest.mark.parametrize(("key", "value"), [row for row in REGISTRY if row[1] not in _SOMETIMES])
def test_every_registry_value_of_the_table_is_answered(key: str, value: str) -> None:
    assert len(powershell(f"'x=' + (Get-ItemProperty '{key}').{value}")[0]) > len("x=\r\n")


def test_wmi_times_carry_the_offset_in_minutes() -> None:
    moment = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=timezone(timedelta(hours=-5, minutes=-30)))
    assert wmi_time(moment) == "20260203040506.000789-330"
    assert wmi_time(datetime(2026, 2, 3, tzinfo=UTC)) == "20260203000000.000000+000"
