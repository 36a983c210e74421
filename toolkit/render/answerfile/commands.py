"""Command lines in their phases: ours and the user's, ours first where doors are shut and last where they open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.render.answerfile.contribution import DEPLOYMENT, SETUP, SHELL, Contribution, Pass
from toolkit.render.bootstrap import first_logon_command, hold_command
from toolkit.spec.guest import Phase, Style, Winrm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

# Exactly one logon is LogonCount 1, to which Windows adds one, and this (knowledge of the field: the count is spent
# before the first logon's commands run, so what is left is the one too many).
_LAST_LOGON = (
    r'cmd.exe /c reg add "HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon" '
    r"/v AutoLogonCount /t REG_DWORD /d 0 /f"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a command list. Its Order comes late, in one place."""

    text: str
    description: str | None = None
    requires_user_input: bool = False


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give the three command lists, where they hold anything."""
    pe = _own(guest, Phase.WINDOWS_PE)
    specialize = [*_hold(guest), *_own(guest, Phase.SPECIALIZE)]
    first_logon = [*_once(guest), *_own(guest, Phase.FIRST_LOGON), *_bootstrap(guest)]
    if pe:
        yield Contribution(Pass.WINDOWS_PE, SETUP, "run_synchronous.xml.j2", {"lines": pe})
    if specialize:
        yield Contribution(Pass.SPECIALIZE, DEPLOYMENT, "run_synchronous.xml.j2", {"lines": specialize})
    if first_logon:
        yield Contribution(Pass.OOBE_SYSTEM, SHELL, "first_logon_commands.xml.j2", {"lines": first_logon})


def _own(guest: Guest, phase: Phase) -> list[Line]:
    return [
        Line(command.line, command.description, command.requires_user_input)
        for command in guest.commands
        if command.phase is phase
    ]


def _hold(guest: Guest) -> list[Line]:
    command = hold_command(guest)
    return [Line(command, "Keep remote access shut until the bootstrap is done")] if command else []


def _once(guest: Guest) -> list[Line]:
    if guest.autologon is None or guest.autologon.count != 1:
        return []
    return [Line(_LAST_LOGON, "Log on automatically this once only")]


def _bootstrap(guest: Guest) -> list[Line]:
    command = first_logon_command(guest)
    if command is None:
        return []
    name = "WinRM" if isinstance(guest.communicator, Winrm) else "SSH"
    return [Line(command, f"Configure {name}", requires_user_input=guest.bootstrap.style is Style.PLAIN)]
