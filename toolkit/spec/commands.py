"""`[[commands]]`: the user's own command lines, each in its phase, in the order of the spec."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from toolkit.spec.guest import Command, Phase
from toolkit.spec.section import Findings, Section
from toolkit.spec.text import utf16_units

# Path in Microsoft-Windows-Setup (no number in the reference; 255 in practice, cschneegans/unattend-generator#213),
# Path in Microsoft-Windows-Deployment, CommandLine in FirstLogonCommands and LogonCommands. What runs after OOBE is a
# line of a batch file: cmd.exe's own limit (Microsoft support article 830473).
LONGEST = {
    Phase.WINDOWS_PE: 255,
    Phase.SPECIALIZE: 259,
    Phase.SETUP_COMPLETE: 8191,
    Phase.FIRST_LOGON: 1024,
    Phase.EVERY_LOGON: 1024,
}
LONGEST_DESCRIPTION = {
    Phase.WINDOWS_PE: 256,
    Phase.SPECIALIZE: 259,
    Phase.SETUP_COMPLETE: 256,
    Phase.FIRST_LOGON: 256,
    Phase.EVERY_LOGON: 256,
}


# for %x in (...): the variable has one percent sign on a command line and two in a batch file, and otherwise is none.
_LOOP = re.compile(r"\bfor\s+(?:/[dlrf]\s+)?(?:\"[^\"]*\"\s+)?(?P<signs>%+)(?P<name>[a-z])\s+in\b", re.IGNORECASE)


class CommandSection(Section):
    """One of `[[commands]]`."""

    run: str = Field(
        min_length=1,
        description="The command line. Not a shell: begin with cmd.exe /c for one. In the phase setup-complete it is a"
        " line of a batch file, in which a percent sign is written %%.",
    )
    phase: Annotated[Phase, Field(strict=False)] = Phase.FIRST_LOGON
    description: str | None = None
    requires_user_input: bool = Field(default=False, description="Show the desktop at once (first-logon only).")


def resolve_commands(sections: list[CommandSection], findings: Findings) -> tuple[Command, ...]:
    """Check every line against its setting's length limit. Nothing is ever truncated."""
    return tuple(_command(number, section, findings) for number, section in enumerate(sections))


def _command(number: int, section: CommandSection, findings: Findings) -> Command:
    path = ("commands", number)
    if not section.run.strip():
        findings.error((*path, "run"), "this command is blank")
    _check_length((*path, "run"), section.run, LONGEST[section.phase], section.phase, findings)
    if section.description is not None:
        limit = LONGEST_DESCRIPTION[section.phase]
        _check_length((*path, "description"), section.description, limit, section.phase, findings)
    if section.phase is Phase.SETUP_COMPLETE and not section.run.isascii():
        message = "this is to be a line of a batch file, which the guest reads in its own code page: ASCII only"
        findings.error((*path, "run"), message, help="Put it in a PowerShell script and name that in [[scripts]].")
    _check_loops((*path, "run"), section, findings)
    if section.requires_user_input and section.phase is not Phase.FIRST_LOGON:
        message = f"requires_user_input means nothing in the phase {section.phase}"
        findings.warning((*path, "requires_user_input"), message)
    return Command(section.phase, section.run, section.description, section.requires_user_input)


def _check_loops(path: tuple[str | int, ...], section: CommandSection, findings: Findings) -> None:
    """Warn only: what is no loop here may be one in a batch file that the command writes with echo."""
    late = section.phase is Phase.SETUP_COMPLETE
    right = "%%" if late else "%"
    for loop in _LOOP.finditer(section.run):
        if loop["signs"] != right:
            where = "a line of a batch file" if late else "a command line"
            message = f"{loop['signs']}{loop['name']} is no variable of a loop in the phase {section.phase}"
            findings.warning(path, message, help=f"In {where} it is written {right}{loop['name']}.")


def _check_length(path: tuple[str | int, ...], text: str, limit: int, phase: Phase, findings: Findings) -> None:
    size = utf16_units(text)
    if size > limit:
        findings.error(
            path,
            f"this is {size} characters long; Setup takes {limit} in the phase {phase}",
            help="Put the commands in a file and name that in [[scripts]].",
        )
