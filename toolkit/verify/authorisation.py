"""Seventh rung: the user may open a command shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.communicators.errors import CommunicatorError
from toolkit.verify.judgement import judged
from toolkit.verify.rung import Rung, RungError

if TYPE_CHECKING:
    from toolkit.communicators.communicator import Communicator
    from toolkit.communicators.endpoint import Endpoint


def open_shell(endpoint: Endpoint, communicator: Communicator) -> None:
    """Open the shell in which everything else runs."""
    try:
        communicator.connect()
    except CommunicatorError as err:
        raise RungError(judged(err, Rung.AUTHORISATION, endpoint.host, endpoint.username)) from err
