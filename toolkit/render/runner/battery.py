r"""Scheduled tasks that are started on battery too. By default they are not, and several hypervisors show a guest the
battery of its host: a build on a laptop without its charger would end at its first restart.

Sources: MicrosoftDocs/win32 desktop-src/TaskSchd (DisallowStartIfOnBatteries: "The default setting for this element is
True"; ITaskFolder::RegisterTaskDefinition; schtasks.exe has no switch for it). Modelled, not tried.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest

_UPDATE = 4  # TASK_UPDATE


class TaskLogon(IntEnum):
    """TASK_LOGON_TYPE: as whom a task runs."""

    INTERACTIVE_TOKEN = 3
    SERVICE_ACCOUNT = 5


def on_battery_too(guest: Guest, task: str, logon: TaskLogon) -> str | None:
    """Give the command that changes a task of ours; None where there is no PowerShell to do it, on a server."""
    if not guest.windows.has_powershell:
        return None
    user = "'SYSTEM'" if logon is TaskLogon.SERVICE_ACCOUNT else "$null"
    script = (
        r"$s=New-Object -ComObject Schedule.Service;$s.Connect();$f=$s.GetFolder('\');"
        f"$d=$f.GetTask('{task}').Definition;"
        "$d.Settings.DisallowStartIfOnBatteries=$false;$d.Settings.StopIfGoingOnBatteries=$false;"
        f"[void]$f.RegisterTaskDefinition('{task}',$d,{_UPDATE},{user},$null,{logon.value})"
    )
    return f'powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command "{script}"'
