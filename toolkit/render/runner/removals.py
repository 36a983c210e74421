"""Apps and capabilities: those that go before anybody logs on, and the SSH client that comes after.

The cmdlets are those of the DISM module (Get-AppxProvisionedPackage, Remove-WindowsCapability). Modelled: what they do
to a Windows guest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.powershell import literal, script_file
from toolkit.render.runner.step import RunnerStep
from toolkit.render.templating import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

_REMOVE = "remove.ps1"
_SSH_CLIENT = "OpenSSH.Client~~~~0.0.1.0"


def removal_steps(guest: Guest) -> Iterator[RunnerStep]:
    """Give the step that removes what is named; a name that the image lacks is a line in the log.

    So is one that Windows keeps: in specialize a step that fails would end Setup, for an app too many.
    """
    apps, capabilities = guest.tweaks.remove_apps, guest.tweaks.remove_capabilities
    if not apps and not capabilities:
        return
    text = render(
        "runner/remove.ps1.j2",
        apps=[literal(name) for name in apps],
        capabilities=[literal(name.partition("~")[0]) for name in capabilities],
    )
    line = f'powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File "%HERE%{_REMOVE}"'
    yield RunnerStep("remove apps and capabilities", line, (script_file(_REMOVE, text),), optional=True)


def ssh_client_steps(guest: Guest) -> Iterator[RunnerStep]:
    """Give the step that installs the SSH client. It comes from Windows Update, which may not be reachable."""
    if guest.tweaks.openssh_client:
        line = f"dism.exe /Online /NoRestart /Add-Capability /CapabilityName:{_SSH_CLIENT}"
        yield RunnerStep("OpenSSH client", line, optional=True)
