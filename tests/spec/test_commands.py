from __future__ import annotations

import pytest

from tests.spec.loading import SMALLEST, errors, guest_of, refused, warnings
from toolkit.spec.guest import Command, Phase

LIMITS = [("windows-pe", 255, 256), ("specialize", 259, 259), ("first-logon", 1024, 256)]


def spec(run: str, more: str = "") -> str:
    return SMALLEST + f"[[commands]]\nrun = '{run}'\n{more}\n"


def test_commands_keep_their_order_and_run_at_first_logon_unless_said_otherwise() -> None:
    guest = guest_of(
        spec("a", 'phase = "specialize"\ndescription = "d"') + "[[commands]]\nrun = 'b'\nrequires_user_input = true\n"
    )
    assert guest.commands == (
        Command(Phase.SPECIALIZE, "a", "d", requires_user_input=False),
        Command(Phase.FIRST_LOGON, "b", None, requires_user_input=True),
    )


@pytest.mark.parametrize(("phase", "line", "description"), LIMITS)
def test_a_command_may_be_as_long_as_its_setting_allows_and_not_longer(phase: str, line: int, description: int) -> None:
    fits = f'phase = "{phase}"\ndescription = "{"d" * description}"'
    assert guest_of(spec("x" * line, fits)).commands[0].line == "x" * line
    too_long = f'phase = "{phase}"\ndescription = "{"d" * (description + 1)}"'
    assert errors(spec("x" * (line + 1), too_long)) == [
        f"8:1 this is {line + 1} characters long; Setup takes {line} in the phase {phase}",
        f"10:1 this is {description + 1} characters long; Setup takes {description} in the phase {phase}",
    ]


def test_length_counts_as_windows_counts() -> None:
    assert len(errors(spec("😀" * 513))) == 1
    assert guest_of(spec("😀" * 512)).commands


@pytest.mark.parametrize("run", ["", " ", "  "])
def test_a_blank_command_is_refused(run: str) -> None:
    [problem] = refused(spec(run))
    assert problem.place.line == 8


@pytest.mark.parametrize("phase", ["windows-pe", "specialize", "first-logon", "every-logon", "setup-complete"])
def test_a_variable_of_a_loop_is_written_as_its_phase_reads_it(phase: str) -> None:
    right, wrong = ("%%d", "%d") if phase == "setup-complete" else ("%d", "%%d")
    loops = 'cmd.exe /c for {0} in (a b) do for /f "tokens=1" {0} in (c) do echo {0}'
    assert warnings(spec(loops.format(right), f'phase = "{phase}"')) == []
    assert (
        warnings(spec(loops.format(wrong), f'phase = "{phase}"'))
        == [f"{wrong} is no variable of a loop in the phase {phase}"] * 2
    )


def test_showing_the_desktop_before_there_is_one_is_pointed_out() -> None:
    assert warnings(spec("x", 'phase = "specialize"\nrequires_user_input = true')) == [
        "requires_user_input means nothing in the phase specialize"
    ]
