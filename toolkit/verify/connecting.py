"""Communicators for verification, as patient as its limits say."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import Endpoint
    from toolkit.communicators.winrm import Timeouts, WinrmCommunicator
    from toolkit.verify.limits import Limits


def communicator(endpoint: Endpoint, limits: Limits, *, seal: bool = True, profile: bool = False) -> WinrmCommunicator:
    """Make one, which connects when it is first used."""
    # Loads pywinrm: waiting for a guest that is not up does without.
    from toolkit.communicators.winrm import WinrmCommunicator  # noqa: PLC0415

    return WinrmCommunicator(endpoint, timeouts(limits), seal=seal, profile=profile)


def timeouts(limits: Limits) -> Timeouts:
    from toolkit.communicators.winrm import Timeouts  # noqa: PLC0415  (see communicator)

    usual = Timeouts()
    operation = max(1, min(usual.operation, math.ceil(limits.command)))
    return Timeouts(limits.connect, operation, limits.command, grace=min(usual.grace, limits.command))
