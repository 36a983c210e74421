"""Command lines in their phases: ours and the user's, ours first where doors are shut and last where they open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.answerfile.account_commands import clean_lines, cleans
from toolkit.render.answerfile.contribution import DEPLOYMENT, SETUP, SHELL, CommandLine, Contribution, Pass
from toolkit.render.autologon_traces import WINLOGON
from toolkit.render.bootstrap import first_logon_command, hold_command, script_name
from toolkit.render.powershell import RUN
from toolkit.render.runner.carried import install_command, pe_command
from toolkit.render.runner.last_logon import battery_command, cleans_later, register_command
from toolkit.render.runner.phases import runner_name, steps_of
from toolkit.render.runner.step import FOLDER
from toolkit.render.tweak_commands import tweak_commands
from toolkit.spec.guest import Language, Phase, Style, Winrm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

# Exactly one logon is LogonCount 1, to which Windows adds one, and this (knowledge of the field: the count is spent
# before the first logon's commands run, so what is left is the one too many).
_LAST_LOGON = f'cmd.exe /c reg add "{WINLOGON}" /v AutoLogonCount /t REG_DWORD /d 0 /f'


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give the four command lists, where they hold anything: the user's commands first, then the steps of scripts."""
    pe = [*_own(guest, Phase.WINDOWS_PE), *_in_pe(guest)]
    specialize = [*_hold(guest), *_install(guest), *_tweaks(guest), *_own(guest, Phase.SPECIALIZE), *_specialize(guest)]
    first_logon = [*_once(guest), *_own(guest, Phase.FIRST_LOGON), *(_steps(guest) or _last(guest))]
    every_logon = [*_own(guest, Phase.EVERY_LOGON), *_every_logon(guest)]
    if pe:
        yield Contribution(Pass.WINDOWS_PE, SETUP, "run_synchronous.xml.j2", {"lines": pe})
    if specialize:
        yield Contribution(Pass.SPECIALIZE, DEPLOYMENT, "run_synchronous.xml.j2", {"lines": specialize})
    if first_logon:
        yield Contribution(Pass.OOBE_SYSTEM, SHELL, "first_logon_commands.xml.j2", {"lines": first_logon})
    if every_logon:
        yield Contribution(Pass.OOBE_SYSTEM, SHELL, "logon_commands.xml.j2", {"lines": every_logon})


def reopening(guest: Guest) -> Iterator[Contribution]:
    """Give the commands by which a copy of the guest is held shut and then opened from its own disk."""
    hold = _hold(guest)
    if hold:
        yield Contribution(Pass.SPECIALIZE, DEPLOYMENT, "run_synchronous.xml.j2", {"lines": hold})
    command = _copied_bootstrap(guest)
    opening = [CommandLine(command, "Open the guest")] if command else []
    lines = [*_once(guest), *clean_lines(guest), *_clean_later(guest), *opening]
    if lines:
        yield Contribution(Pass.OOBE_SYSTEM, SHELL, "first_logon_commands.xml.j2", {"lines": lines})


def _clean_later(guest: Guest) -> list[CommandLine]:
    """The script is on the copy's disk already. Through cmd.exe, which knows %SystemRoot%."""
    if not cleans_later(guest):
        return []
    battery = battery_command(guest)
    return [
        CommandLine(f"cmd.exe /d /c {register_command()}", "The last automatic logon cleans up"),
        *([CommandLine(battery, "It does so on battery too")] if battery else []),
    ]


def _copied_bootstrap(guest: Guest) -> str | None:
    """Through cmd.exe, which knows %SystemRoot%, in either language."""
    name = script_name(guest)
    if name is None:
        return None
    runner = f"{RUN} " if guest.bootstrap.language is Language.POWERSHELL else ""
    return rf"cmd.exe /d /c {runner}{FOLDER}\{name}"


def _own(guest: Guest, phase: Phase) -> list[CommandLine]:
    return [
        CommandLine(command.line, command.description or "", command.requires_user_input)
        for command in guest.commands
        if command.phase is phase
    ]


def _hold(guest: Guest) -> list[CommandLine]:
    command = hold_command(guest)
    return [CommandLine(command, "Keep remote access shut until the bootstrap is done")] if command else []


def _once(guest: Guest) -> list[CommandLine]:
    if guest.autologon is None or guest.autologon.count != 1:
        return []
    if cleans(guest) and not steps_of(guest, Phase.FIRST_LOGON):
        return []  # what is cleaned up needs no counting
    return [CommandLine(_LAST_LOGON, "Log on automatically this once only")]


def _in_pe(guest: Guest) -> list[CommandLine]:
    command = pe_command(guest)
    return [CommandLine(command, "Run the scripts of this phase")] if command else []


def _install(guest: Guest) -> list[CommandLine]:
    command = install_command(guest)
    return [CommandLine(command, "Put the scripts in their place", may_restart=True)] if command else []


def _tweaks(guest: Guest) -> list[CommandLine]:
    return [CommandLine(command, description) for command, description in tweak_commands(guest)]


def _specialize(guest: Guest) -> list[CommandLine]:
    """Without the runner Setup must not go on as if it had run: a missing command's own exit code, 1, says restart."""
    if not steps_of(guest, Phase.SPECIALIZE):
        return []
    runner = rf"{FOLDER}\{runner_name(Phase.SPECIALIZE)}"
    command = f'cmd.exe /d /c "if exist {runner} ({runner}) else exit 3"'
    return [CommandLine(command, "Run the scripts of this phase", may_restart=True)]


def _steps(guest: Guest) -> list[CommandLine]:
    """Give the runner of the first logon, of which the bootstrap is the last step."""
    if not steps_of(guest, Phase.FIRST_LOGON):
        return []
    return [
        CommandLine(rf"cmd.exe /d /c {FOLDER}\{runner_name(Phase.FIRST_LOGON)}", "Run the scripts of the first logon")
    ]


def _every_logon(guest: Guest) -> list[CommandLine]:
    if not steps_of(guest, Phase.EVERY_LOGON):
        return []
    return [CommandLine(rf"cmd.exe /d /c {FOLDER}\{runner_name(Phase.EVERY_LOGON)}", "Run the scripts of every logon")]


def _last(guest: Guest) -> list[CommandLine]:
    return [*clean_lines(guest), *_bootstrap(guest)]


def _bootstrap(guest: Guest) -> list[CommandLine]:
    command = first_logon_command(guest)
    if command is None:
        return []
    name = "WinRM" if isinstance(guest.communicator, Winrm) else "SSH"
    return [CommandLine(command, f"Configure {name}", requires_user_input=guest.bootstrap.style is Style.PLAIN)]
