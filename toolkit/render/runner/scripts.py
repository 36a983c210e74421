"""The user's own scripts and late commands as steps: under names of ours, which need no quoting anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from toolkit.files import NamedFile
from toolkit.render.runner.step import RunnerStep, plain_name
from toolkit.spec.guest import Phase
from toolkit.spec.work import ScriptKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest
    from toolkit.spec.work import Script


def script_steps(guest: Guest, phase: Phase) -> Iterator[RunnerStep]:
    """Give a step for each script of the phase, in the order of the spec."""
    scripts = [script for script in guest.scripts if script.phase is phase]
    for number, script in enumerate(scripts, start=1):
        yield _step(script, f"{phase}-{number:02}-{plain_name(script.name)}")


def command_steps(guest: Guest) -> Iterator[RunnerStep]:
    """Give a step for each command after OOBE: a batch file of that one line, so that no line can end another's."""
    commands = [command for command in guest.commands if command.phase is Phase.SETUP_COMPLETE]
    for number, command in enumerate(commands, start=1):
        name = f"{Phase.SETUP_COMPLETE}-command-{number:02}.cmd"
        data = f"@echo off\r\n{command.line}\r\n".encode("ascii")
        title = plain_name(command.description or f"command {number}")
        yield RunnerStep(title, f'cmd.exe /d /c "%HERE%{name}"', (NamedFile(name, data),))


def _step(script: Script, name: str) -> RunnerStep:
    return RunnerStep(
        plain_name(script.name),
        _line(script.kind, name),
        (NamedFile(name, script.data),),
        script.reboot,
        script.optional,
    )


def _line(kind: ScriptKind, name: str) -> str:
    path = f'"%HERE%{name}"'
    match kind:
        case ScriptKind.BATCH:
            return f"cmd.exe /d /c {path}"
        case ScriptKind.POWERSHELL:
            return f"powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -File {path}"
        case ScriptKind.REGISTRY:
            return f"reg.exe import {path}"
        case ScriptKind.VBSCRIPT:
            return f"cscript.exe //nologo //b {path}"
        case _:
            assert_never(kind)
