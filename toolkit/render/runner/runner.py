r"""The batch file that runs a phase's steps on the guest: each once, with time and exit code in a log.

Its log is `%SystemRoot%\Temp\unattend-<phase>.log` (`%TEMP%` at every logon), its verdict
`%ProgramData%\unattend\<phase>-done.txt` or `<phase>-failed.txt`. A step that ends with 3010 or 1641, Windows
Installer's words for "restart", restarts Windows in the phases that may; the next run goes on behind it. A step that a
restart of its own, or a power cut, interrupted is run once more.

Known: order, quoting and control flow, which run under Wine's cmd.exe. Modelled: that Setup restarts and calls the
specialize runner again when it ends with 2 (WillReboot=OnRequest, Microsoft's reference), that the scheduled task is
started elevated at the next logon, and that AutoLogonCount counts down as documented.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from toolkit.errors import ToolkitError
from toolkit.files import NamedFile
from toolkit.render.autologon_traces import WINLOGON
from toolkit.render.cmd import LONGEST_LINE
from toolkit.render.runner.battery import TaskLogon, on_battery_too
from toolkit.render.runner.phases import runner_name, steps_of
from toolkit.render.templating import render
from toolkit.spec.guest import Phase

if TYPE_CHECKING:
    from toolkit.spec.guest import Guest

_MAY_RESTART = frozenset({Phase.SPECIALIZE, Phase.FIRST_LOGON})
_RUN_ONCE = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\RunOnce"
_FORGETS = frozenset({Phase.WINDOWS_PE, Phase.EVERY_LOGON})  # PE is gone after a restart; a logon is always the first


class RunnerExit(IntEnum):
    """What a runner ends with. RESTART is for Setup alone: in specialize it restarts and calls the runner again."""

    DONE = 0
    RESTART = 2
    FAILED = 3


def runner_file(guest: Guest, phase: Phase) -> NamedFile | None:
    """Give the phase's runner; None where the phase has no steps."""
    steps = steps_of(guest, phase)
    if not steps:
        return None
    text = render(
        "runner/runner.cmd.j2",
        phase=phase,
        steps=tuple(enumerate(steps, start=1)),
        exits=RunnerExit,
        keeps=phase not in _FORGETS,
        restarts=phase in _MAY_RESTART,
        by_setup=phase is Phase.SPECIALIZE,
        by_user=phase is Phase.EVERY_LOGON,
        counted=guest.autologon is not None and guest.autologon.count is not None,
        task=(task := f"unattend-{phase}"),
        on_battery_too=on_battery_too(guest, task, TaskLogon.INTERACTIVE_TOKEN),
        winlogon=WINLOGON,
        run_once=_RUN_ONCE,
        arguments="",
    )
    longest = max(map(len, text.splitlines()))
    if longest > LONGEST_LINE:
        raise ToolkitError(
            f"{runner_name(phase)} would hold a line of {longest} characters; cmd.exe takes {LONGEST_LINE}"
        )
    return NamedFile(runner_name(phase), text.replace("\n", "\r\n").encode("ascii"))
