r"""The script that shuts a guest again when the work is done: the bootstrap's counterpart, from the same spec.

The bootstrap leaves it in `%ProgramData%\unattend`. It hands its work to a scheduled task and comes back at once, so
that it can be a provisioner's last command, or with the word `shutdown` the builder's shutdown command. Its log is
`%SystemRoot%\Temp\unattend-<winrm|ssh>-close.log`, its verdict `%ProgramData%\unattend\<winrm|ssh>-closed.txt` or
`<winrm|ssh>-close-failed.txt`, and then the block rule stays.

Known: order, quoting and control flow, which run under Wine's cmd.exe. Modelled: what the programs then do to Windows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.steps import BootstrapExit
from toolkit.render.templating import render
from toolkit.spec.guest import NoCommunicator, Style, Winrm
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.render.steps import Step
    from toolkit.spec.guest import Guest

TASK = "unattend-close"
DELAY = 5  # seconds between the hand-over and the first act


@dataclass(frozen=True, slots=True)
class ClosingScript:
    """What the frame is filled with. `subject` names log and status, `opener` the script whose work is taken back."""

    name: str
    opener: str
    subject: str
    hold_rule: str
    steps: tuple[Step, ...]
    task: str = TASK
    delay: int = DELAY


def closer_name(guest: Guest) -> str | None:
    """The script's name on the medium and in the guest; None where there is nothing to close or no closed style."""
    if isinstance(guest.communicator, NoCommunicator) or guest.bootstrap.style is Style.PLAIN:
        return None
    return "winrmClose.bat" if isinstance(guest.communicator, Winrm) else "sshClose.bat"


def closing_text(script: ClosingScript) -> str:
    r"""Fill in the frame. Lines end in `\n`."""
    steps = tuple(enumerate(script.steps, start=1))
    return render("bootstrap/close.bat.j2", script=script, steps=steps, codes=BootstrapExit, arguments=" %*")


def close_command(guest: Guest, *, shutdown: bool = False) -> str | None:
    """The command line that closes the guest from inside, or closes it and turns it off.

    None where the bootstrap leaves no such script there: without a communicator, or in the plain style.
    """
    name = closer_name(guest)
    if name is None:
        return None
    line = rf'cmd.exe /d /c "%ProgramData%\unattend\{name}"'
    return f"{line} shutdown" if shutdown else line
