"""What one concern adds to an answer file: a template with its data, for a component in a pass."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Any

from toolkit.values import dataclass


class Pass(StrEnum):
    """Configuration passes, in the order in which Setup runs them."""

    WINDOWS_PE = "windowsPE"
    OFFLINE_SERVICING = "offlineServicing"
    GENERALIZE = "generalize"
    SPECIALIZE = "specialize"
    OOBE_SYSTEM = "oobeSystem"


PE_INTERNATIONAL = "Microsoft-Windows-International-Core-WinPE"
SETUP = "Microsoft-Windows-Setup"
DEPLOYMENT = "Microsoft-Windows-Deployment"
INTERNATIONAL = "Microsoft-Windows-International-Core"
SHELL = "Microsoft-Windows-Shell-Setup"
RECOVERY = "Microsoft-Windows-WinRE-RecoveryAgent"

# What a concern's commands have to do with those of toolkit.render.answerfile.commands, which come in between.
BEFORE_COMMANDS = -1
AFTER_COMMANDS = 1


@dataclass(frozen=True, slots=True)
class Contribution:
    """`template` is a partial in templates/answerfile, printed inside `component` of pass `during` with `data`.

    Those of one component come in the order of their `rank`. Several may hold the same list; a late pass makes it one.
    """

    during: Pass
    component: str
    template: str
    data: dict[str, Any] = field(default_factory=dict, repr=False)
    rank: int = 0


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One entry of a command list, as its template prints it. Its Order comes late, in one place.

    Setup restarts Windows when a command that `may_restart` ends with 1 or 2 (2: and runs it again), and gives up when
    it ends with anything else but 0.
    """

    text: str
    description: str = ""
    requires_user_input: bool = False
    may_restart: bool = False
