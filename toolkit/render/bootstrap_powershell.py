r"""The bootstrap as a PowerShell script: the batch file's order, exit codes, log and status files, in another language.

Known: that it is well formed, as an independent grammar of PowerShell reads it. Modelled: what the cmdlets then do to a
Windows guest, which is taken from Microsoft's documentation and the practice of public scripts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import ToolkitError
from toolkit.render.powershell import literal, script_file
from toolkit.render.powershell_steps import in_powershell
from toolkit.render.steps import BootstrapExit
from toolkit.render.templating import render
from toolkit.render.wsman import IDENTIFIED_WITHIN, NETWORK_LIST
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.files import NamedFile
    from toolkit.render.bootstrap import ClosedScript
    from toolkit.render.powershell_opening import Opening
    from toolkit.render.steps import Step


@dataclass(frozen=True, slots=True)
class PowerShellScript:
    """What the frame of a closed script is filled with. `subject` names the log and the marker files.

    `closer` is the script that takes everything back, `summary` what the log ends with. `notes` stand at the top.
    `secrets` defines `$Secrets` where the script has no medium to find files on; `accounts` says whether its steps set
    up accounts; `client` that the guest is none of the servers.
    """

    subject: str
    hold_rule: str
    ready: str
    steps: tuple[Step, ...]
    closer: str = ""
    summary: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    secrets: str = ""
    accounts: bool = False
    client: bool = False

    @property
    def services(self) -> frozenset[str]:
        """Which of the functions for WinRM and for SSH the steps call."""
        ssh = any(step.code is BootstrapExit.SSH_SELF_TEST for step in self.steps)
        return frozenset({self.subject, *(("ssh",) if ssh else ())})


def powershell_file(name: str, script: ClosedScript, opening: Opening) -> NamedFile:
    """Give the batch file's counterpart. Raises ToolkitError for what only the batch file can do."""
    windows = opening.guest.windows
    if not windows.has_powershell:
        raise ToolkitError(
            f"Server Core of {windows.release.name} begins without PowerShell, so no script of it can run there",
            help='Remove bootstrap.language = "powershell"; the batch file, the default, turns PowerShell on first.',
        )
    frame = PowerShellScript(
        script.subject,
        script.hold_rule,
        script.ready,
        in_powershell(script.steps, opening),
        closer=script.closer,
        summary=script.summary,
        client=not windows.release.server,
    )
    return script_file(name, powershell_text(frame))


def powershell_text(script: PowerShellScript) -> str:
    r"""Fill in the frame. Lines end in `\n`."""
    return render(
        "bootstrap/closed.ps1.j2",
        script=script,
        steps=tuple(enumerate(script.steps, start=1)),
        summary=[literal(line) for line in script.summary],
        codes=BootstrapExit,
        network_list=NETWORK_LIST,
        identified_within=IDENTIFIED_WITHIN,
    )
