"""What one concern adds to an answer file: a template with its data, for a component in a pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Pass(StrEnum):
    """Configuration passes, in the order in which Setup runs them."""

    WINDOWS_PE = "windowsPE"
    OFFLINE_SERVICING = "offlineServicing"
    SPECIALIZE = "specialize"
    OOBE_SYSTEM = "oobeSystem"


PE_INTERNATIONAL = "Microsoft-Windows-International-Core-WinPE"
SETUP = "Microsoft-Windows-Setup"
DEPLOYMENT = "Microsoft-Windows-Deployment"
INTERNATIONAL = "Microsoft-Windows-International-Core"
SHELL = "Microsoft-Windows-Shell-Setup"


@dataclass(frozen=True, slots=True)
class Contribution:
    """`template` is a partial in templates/answerfile, printed inside `component` of pass `during` with `data`."""

    during: Pass
    component: str
    template: str
    data: dict[str, Any] = field(default_factory=dict, repr=False)
