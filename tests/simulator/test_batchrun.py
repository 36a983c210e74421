"""Batch files run as cmd.exe would run them, as far as WinRM is concerned."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.simulator.batch import read_batch
from toolkit.simulator.batchrun import BatchRun
from toolkit.simulator.machine import Machine


def run(*lines: str, machine: Machine | None = None) -> BatchRun:
    return BatchRun(read_batch("x.bat", "\r\n".join(lines).encode()), machine or Machine()).run()


def reached(*lines: str) -> list[str]:
    """Give the marks, written as `net MARK`, that a script comes past."""
    return [ran.command.removeprefix("net ").strip() for ran in run(*lines).ran if ran.command.startswith("net ")]


@pytest.mark.parametrize(
    ("lines", "marks"),
    [
        (["net a", "net b"], ["a", "b"]),
        (["rem net a", ":: net b", "echo net c", "@net d"], ["d"]),
        (["goto end", "net a", ":end", "net b"], ["b"]),
        (["call :sub", "net b", "exit /b", ":sub", "net a", "exit /b 0", "net never"], ["a", "b"]),
        (["call :sub", "net b", "goto :eof", ":sub", "net a"], ["a", "b"]),
        (["net a", "exit", "net b"], ["a"]),
        (["call :sub", "net b", ":sub", "exit"], []),
        (["if errorlevel 1 net a", "if not errorlevel 1 net b"], ["b"]),
        (["net stop winrm", 'if "%ERRORLEVEL%"=="2" net a', "if errorlevel 1 net b"], ["stop winrm", "a"]),
        (["if /i ABC==abc (net a) else (net b)"], ["a"]),
        (["if ABC==abc (net a) else (net b)"], ["b"]),
        (["if ABC==abc (", "net a", ") else (", "net b", "net c", ")", "net d"], ["b", "c", "d"]),
        (['set "N=1"', "if defined N net a", "if not defined M net b"], ["a", "b"]),
        (['set "N="', "if defined N net a"], []),
        (["set /a N=3", "set /a N+=4", "if %N% GEQ 7 net a", "if %N% GTR 7 net b", "if %N% LSS 8 net c"], ["a", "c"]),
        (['>"C:\\r.txt" echo x', 'if exist "C:\\r.txt" net a', "del C:\\r.txt", "if exist C:\\r.txt net b"], ["a"]),
        (["for %%d in (a b) do net %%d"], ["a", "b"]),
        (["for %%d in (a b) do (", "net %%d", "goto end", ")", ":end"], ["a"]),
        (["net stop winrm || net b", "net stop winrm && net c"], ["stop winrm", "b", "stop winrm"]),
        (["net a & net b & exit /b & net c"], ["a", "b"]),
        (["cmd /c exit 0 & net a", 'cmd /c "net b & exit 3"', "net c"], ["a", "b", "c"]),
        (["net a ^", "b"], ["a b"]),
        (['set "NAME=a b"', "net %NAME%"], ["a b"]),
    ],
)
def test_control_goes_where_cmd_would_go(lines: list[str], marks: list[str]) -> None:
    assert reached(*lines) == marks


@pytest.mark.parametrize("wrapped", ["call winrm", "cmd.exe /c winrm", "cmd /d /c winrm", "winrm.exe"])
def test_a_wrapped_winrm_comes_back(wrapped: str) -> None:
    done = run(f"{wrapped} quickconfig -q", "net after")
    assert done.problems == []
    assert done.machine.open_ports == {5985}
    assert done.ran[-1].command == "net after"


@pytest.mark.parametrize("bare", ["winrm", "winrm.cmd", "@winrm", "%SystemRoot%\\System32\\winrm.cmd"])
def test_a_bare_winrm_ends_the_batch_after_it_has_done_its_work(bare: str) -> None:
    done = run(f"{bare} quickconfig -q", "net after")
    assert done.machine.open_ports == {5985}
    assert [ran.line for ran in done.ran] == [1]
    assert len(done.problems) == 1
    assert done.problems[0].startswith("x.bat:1: a bare `winrm` line ends the batch there: winrm is winrm.cmd")


def test_a_bare_winrm_on_the_last_line_does_no_harm() -> None:
    assert run("net a", "winrm quickconfig -q").problems == []


def test_a_loop_that_waits_for_the_unknown_is_left() -> None:
    done = run(":wait", "ping -n 3 127.0.0.1 >nul", "goto wait", "net after")
    assert done.ran[-1].command == "net after"


def test_a_loop_that_waits_for_the_service_sees_it_running() -> None:
    lines = (
        "net start winrm",
        ":w",
        "sc query winrm | findstr RUNNING",
        "if not errorlevel 1 goto ok",
        "goto w",
        ":ok",
    )
    assert len(run(*lines).ran) == 2


def test_recursion_without_end_is_a_problem_and_ends() -> None:
    assert run(":a", "call :a").problems == ["x.bat: it runs in circles"]


def test_a_missing_label_ends_the_script_as_in_cmd() -> None:
    done = run("goto nowhere", "net after")
    assert done.ran == []
    assert "nowhere" in done.problems[0]


def test_a_question_that_nobody_answers_stops_the_script() -> None:
    done = run("call winrm quickconfig", "net after")
    assert [ran.command for ran in done.ran] == ["winrm quickconfig"]
    assert "waits for an answer" in done.problems[0]


def test_line_numbers_are_those_of_the_file() -> None:
    assert [ran.line for ran in run("", "rem", "net a", "if 1==1 (", "net b", ")", "net c").ran] == [3, 4, 7]


FRAGMENTS = st.sampled_from(
    [
        *("if", "if errorlevel 1", "goto a", ":a", "call :a", "(", ")", "&", "||", '"', "%x%", "^", "else", ">", " "),
        *("for %%x in (1 2) do", "exit /b", "winrm set winrm/config @{", "set /a N+=1", "\r\n"),
        "netsh advfirewall firewall add rule",
    ]
)


@settings(max_examples=150)
@given(st.lists(FRAGMENTS, max_size=25).map("".join))
def test_no_batch_file_crashes_the_guest(text: str) -> None:
    BatchRun(read_batch("x.bat", text.encode()), Machine()).run()


def nested(outer: str, inner: str) -> BatchRun:
    called = read_batch("inner.cmd", inner.encode())
    script = read_batch("outer.cmd", outer.encode())
    scripts = {"inner.cmd": called, "outer.cmd": script}
    return BatchRun(script, Machine(), scripts).run()


def test_a_script_on_the_medium_is_run_where_it_is_called_from_any_drive() -> None:
    made = nested("call A:\\inner.cmd\r\nsc.exe query WinRM\r\n", "net start WinRM\r\n")

    assert [(ran.script, ran.line, ran.effect) for ran in made.ran] == [
        ("inner.cmd", 1, "WinRM is started"),
        ("outer.cmd", 2, "WinRM is running"),
    ]


def test_a_script_that_is_run_without_call_does_not_come_back() -> None:
    made = nested("D:\\x\\inner.cmd\r\nnet stop WinRM\r\n", "net start WinRM\r\n")

    assert made.machine.service_running


def test_the_exit_code_of_a_called_script_is_its_callers() -> None:
    made = nested('call inner.cmd\r\nif "%ERRORLEVEL%"=="7" net start WinRM\r\n', "exit /b 7\r\n")

    assert made.machine.service_running


def test_scripts_that_call_each_other_for_ever_come_to_an_end() -> None:
    assert not nested("call inner.cmd\r\n", "call outer.cmd\r\n").machine.service_running
