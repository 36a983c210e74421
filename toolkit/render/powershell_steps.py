"""The bootstrap's steps in PowerShell: the batch file's own table, with other lines to do each of them.

Windows PowerShell 2 and later. Names, order and exit codes come from the steps of the batch file, and their reasons
with them, so that the two languages cannot disagree.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.errors import ToolkitError
from toolkit.render import powershell_ssh, powershell_winrm
from toolkit.render.powershell_opening import same_program
from toolkit.render.steps import BootstrapExit
from toolkit.spec.guest import Ssh

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.render.powershell_opening import Lines, Opening
    from toolkit.render.steps import Step


def in_powershell(steps: tuple[Step, ...], opening: Opening) -> tuple[Step, ...]:
    """Give the same steps with PowerShell lines. Raises ToolkitError for one that only the batch file can do."""
    return tuple(replace(step, why=_WHY.get(step.code, step.why), lines=_lines(step, opening)) for step in steps)


def _lines(step: Step, opening: Opening) -> Lines:
    match step.code:
        case BootstrapExit.CLOSE:
            return same_program(step.lines[0])
        case BootstrapExit.RULES:
            return same_program(step.lines[0])
        case BootstrapExit.ALLOW | BootstrapExit.SSH_ALLOW:
            delete, add, *_ = step.lines
            # 1: there was none.
            return (*same_program(delete, accept=(0, 1)), *same_program(add))
        case BootstrapExit.DONE:
            of_ssh = step.name.startswith("ssh ") or isinstance(opening.communicator, Ssh)
            return powershell_ssh.evidence(opening) if of_ssh else powershell_winrm.evidence(opening)
        case _:
            return _known(step)(opening)


def _known(step: Step) -> Callable[[Opening], Lines]:
    lines = _LINES.get(step.code)
    if lines is None:
        raise ToolkitError(
            f'the bootstrap in PowerShell has no step "{step.name}"',
            help='Remove bootstrap.language = "powershell"; the batch file, the default, has it.',
        )
    return lines


# Reasons that speak of the batch file's own programs.
_STARTED = ("Start-Service does nothing where the service runs already, so the state decides.",)
_WHY = {BootstrapExit.START: _STARTED, BootstrapExit.SSH_START: _STARTED}

_LINES: dict[BootstrapExit, Callable[[Opening], Lines]] = {
    BootstrapExit.TOKEN: powershell_winrm.token,
    BootstrapExit.FLYOUT: powershell_winrm.flyout,
    BootstrapExit.TLS: powershell_winrm.tls,
    BootstrapExit.START_TYPE: powershell_winrm.start_type,
    BootstrapExit.START: powershell_winrm.start,
    BootstrapExit.REMOTING: powershell_winrm.remoting,
    BootstrapExit.CERTIFICATE: powershell_winrm.certificate,
    BootstrapExit.LISTENER: powershell_winrm.listener,
    BootstrapExit.QUOTAS: powershell_winrm.quotas,
    BootstrapExit.AUTHENTICATION: powershell_winrm.authentication,
    BootstrapExit.CLIENT_CERTIFICATE: powershell_winrm.client_certificate,
    BootstrapExit.SELF_TEST: powershell_winrm.self_test,
    BootstrapExit.CAPABILITY: powershell_ssh.capability,
    BootstrapExit.PACKAGE: powershell_ssh.package,
    BootstrapExit.SSH_START_TYPE: powershell_ssh.start_type,
    BootstrapExit.SSH_START: powershell_ssh.start,
    BootstrapExit.PORT: powershell_ssh.port,
    BootstrapExit.KEYS: powershell_ssh.keys,
    BootstrapExit.SHELL: powershell_ssh.shell,
    BootstrapExit.SSH_SELF_TEST: powershell_ssh.self_test,
    BootstrapExit.SSH_RULES: powershell_ssh.rules,
}
