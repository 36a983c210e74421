"""The rung of authorisation: the user may open a command shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.communicators.errors import CommunicatorError, FaultError
from toolkit.verify.fault import ACCESS_DENIED, denied
from toolkit.verify.judgement import judged
from toolkit.verify.rung import Rung, RungError

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import Endpoint
    from toolkit.communicators.winrm import WinrmCommunicator


def open_shell(endpoint: Endpoint, communicator: WinrmCommunicator) -> None:
    """Open the shell in which everything else runs."""
    try:
        communicator.connect()
    except FaultError as err:
        if err.fault != ACCESS_DENIED:
            raise RungError(judged(err, Rung.AUTHORISATION, endpoint)) from err
        evidence = (f"fault {err.fault:#x} ({err.fault}): {err.reason}",)
        admitted = _powershell_admits(communicator)
        raise RungError(denied(endpoint, evidence, powershell=admitted)) from err
    except CommunicatorError as err:
        raise RungError(judged(err, Rung.AUTHORISATION, endpoint)) from err


def _powershell_admits(communicator: WinrmCommunicator) -> bool | None:
    """Ask the other door, which is open to Remote Management Users too; None where it does not answer."""
    try:
        return communicator.admits_powershell()
    except CommunicatorError:
        return None
