"""Cleaning up after the last of several automatic logons, which no command of the first can do.

By a task, since Setup's own commands for every logon are no administrator's (Microsoft's reference, LogonCommands).
Modelled: that Windows counts before the task starts, and what is left of the count then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.files import NamedFile
from toolkit.render.answerfile.account_commands import trace_lines
from toolkit.render.autologon_traces import WINLOGON
from toolkit.render.runner.battery import TaskLogon, on_battery_too
from toolkit.render.runner.step import FOLDER, RunnerStep, in_batch
from toolkit.render.templating import render
from toolkit.spec.guest import Phase

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest

_NAME = "last-logon.cmd"
_TASK = "unattend-autologon"


def cleans_later(guest: Guest) -> bool:
    """Whether there is more than one automatic logon, and a last one that cleans up."""
    return guest.autologon is not None and guest.autologon.clean and guest.autologon.count != 1


def register_command() -> str:
    """Give the line of an answer file that has the script run at every logon."""
    run = rf"cmd.exe /d /c {FOLDER}\{_NAME}"
    return f'schtasks.exe /create /f /tn {_TASK} /sc onlogon /ru SYSTEM /rl HIGHEST /tr "{run}"'


def battery_command(guest: Guest) -> str | None:
    """Give the line that has it run without a charger too; None where that cannot be said."""
    return on_battery_too(guest, _TASK, TaskLogon.SERVICE_ACCOUNT)


def last_logon_steps(guest: Guest) -> tuple[RunnerStep, ...]:
    """Give the first logon's step that leaves the script behind."""
    if not cleans_later(guest):
        return ()
    battery = battery_command(guest)
    return (
        RunnerStep("clean up after the last automatic logon", register_command(), (_script(guest),), optional=True),
        *((RunnerStep("and do so on battery too", battery, optional=True),) if battery else ()),
    )


def _script(guest: Guest) -> NamedFile:
    commands = [in_batch(line.text) for line in trace_lines(guest)]
    text = render(
        "runner/last_logon.cmd.j2",
        commands=commands,
        task=_TASK,
        phase=Phase.FIRST_LOGON,
        winlogon=WINLOGON,
        arguments="",
    )
    return NamedFile(_NAME, text.replace("\n", "\r\n").encode("ascii"))
