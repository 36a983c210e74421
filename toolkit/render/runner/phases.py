"""Which steps each phase has, ours and the user's, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from toolkit.render.answerfile.account_commands import clean_lines
from toolkit.render.bootstrap import first_logon_command
from toolkit.render.runner.guest_tools import guest_tool_steps
from toolkit.render.runner.last_logon import last_logon_steps
from toolkit.render.runner.removals import removal_steps, ssh_client_steps
from toolkit.render.runner.scripts import command_steps, script_steps
from toolkit.render.runner.step import FOLDER, RunnerStep, in_batch
from toolkit.render.runner.wlan import wlan_steps
from toolkit.spec.guest import Phase

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest


def steps_of(guest: Guest, phase: Phase) -> tuple[RunnerStep, ...]:
    """Give the steps of a phase; none where its runner is not needed.

    The first logon ends with the bootstrap: whoever connects finds all else done.
    """
    match phase:
        case Phase.WINDOWS_PE | Phase.EVERY_LOGON:
            return tuple(script_steps(guest, phase))
        case Phase.SPECIALIZE:
            return (*wlan_steps(guest), *removal_steps(guest), *script_steps(guest, phase))
        case Phase.SETUP_COMPLETE:
            return (*command_steps(guest), *script_steps(guest, phase))
        case Phase.FIRST_LOGON:
            return _first_logon(guest)
        case _:
            assert_never(phase)


def runner_name(phase: Phase) -> str:
    """Give the name of the phase's runner, in the folder of all of them."""
    return f"{phase}.cmd"


def _first_logon(guest: Guest) -> tuple[RunnerStep, ...]:
    own = (
        *guest_tool_steps(guest),
        *ssh_client_steps(guest),
        *script_steps(guest, Phase.FIRST_LOGON),
        *last_logon_steps(guest),
    )
    late = _left_out(guest)
    return (*late, *own, *_clean(guest), *_bootstrap(guest)) if own or late else ()


def _left_out(guest: Guest) -> tuple[RunnerStep, ...]:
    """Run what Windows leaves out where an OEM's product key is in use: SetupComplete.cmd (Microsoft's reference)."""
    if guest.autologon is None or not steps_of(guest, Phase.SETUP_COMPLETE):
        return ()
    runner = runner_name(Phase.SETUP_COMPLETE)
    return (RunnerStep("what follows OOBE, unless it ran", f"cmd.exe /d /c {FOLDER}\\{runner}", optional=True),)


def _clean(guest: Guest) -> tuple[RunnerStep, ...]:
    """Without its password nobody would log on after a restart, so it goes when no step is left that may want one."""
    return tuple(
        RunnerStep("clean up after the automatic logon", in_batch(line.text), optional=True)
        for line in clean_lines(guest)
    )


def _bootstrap(guest: Guest) -> tuple[RunnerStep, ...]:
    command = first_logon_command(guest)
    return (RunnerStep("open the guest", in_batch(command)),) if command else ()
