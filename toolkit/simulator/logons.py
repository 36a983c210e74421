"""What brings a script back after a restart: automatic logons, and what is registered to run at a logon.

Modelled: Windows takes one off AutoLogonCount at every automatic logon, and none follows at 0; a task "at logon" runs
at each, a value of RunOnce at the next one only. As whom a task runs is not looked into.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.simulator.machine import LogonTask
from toolkit.simulator.service_settings import NOT_MODELLED, Effect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.simulator.machine import Machine

_WINLOGON = r"\windows nt\currentversion\winlogon"
_RUN_ONCE = r"\currentversion\runonce"


def shutdown(arguments: Sequence[str], machine: Machine) -> Effect:
    """Run shutdown.exe, of which only a restart matters to the boot."""
    folded = {argument.casefold().replace("-", "/") for argument in arguments}
    if folded & {"/r", "/g"}:
        return Effect(machine, "Windows restarts", restarts=True)
    return Effect(machine, NOT_MODELLED)


def schtasks(arguments: Sequence[str], machine: Machine) -> Effect:
    """Run schtasks.exe, of which only what runs at a logon matters."""
    options = _options(arguments)
    name, action = options.get("/tn", ""), arguments[0].casefold() if arguments else ""
    if action == "/create" and options.get("/sc", "").casefold() == "onlogon":
        task = LogonTask(name, options.get("/tr", ""))
        return Effect(_with_task(machine, task), f'the task "{name}" runs at every logon')
    if action == "/delete":
        return _without_task(machine, name)
    return Effect(machine, NOT_MODELLED)


def registry(arguments: Sequence[str], machine: Machine) -> Effect | None:
    """Run reg.exe on the keys that decide about logons; None for other keys."""
    if len(arguments) < 2:
        return None
    verb, key = arguments[0].casefold(), arguments[1].casefold()
    options = _options(arguments[2:])
    if key.endswith(_RUN_ONCE):
        return _run_once(verb, options, machine)
    if key.endswith(_WINLOGON):
        return _winlogon(verb, options, machine)
    return None


def _run_once(verb: str, options: Mapping[str, str], machine: Machine) -> Effect | None:
    name = options.get("/v", "")
    match verb:
        case "add":
            task = LogonTask(name, options.get("/d", ""), once=True)
            return Effect(_with_task(machine, task), f'"{name}" runs at the next logon')
        case "delete":
            return _without_task(machine, name)
        case _:
            return None


def _winlogon(verb: str, options: Mapping[str, str], machine: Machine) -> Effect | None:
    match verb, options.get("/v", "").casefold():
        case "add", "autologoncount":
            left = _number(options.get("/d", ""))
            return Effect(replace(machine, logons_left=left), f"{left} automatic logons are left")
        case "add", "autoadminlogon":
            on = options.get("/d") == "1"
            return Effect(replace(machine, logs_on=on), f"automatic logons are {'on' if on else 'off'}")
        case "delete", "defaultpassword":
            return Effect(replace(machine, logs_on=False), "automatic logons have no password any more")
        case _:
            return None


def _number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        return 0


def _with_task(machine: Machine, task: LogonTask) -> Machine:
    others = tuple(each for each in machine.logon_tasks if each.name.casefold() != task.name.casefold())
    return replace(machine, logon_tasks=(*others, task))


def _without_task(machine: Machine, name: str) -> Effect:
    kept = tuple(task for task in machine.logon_tasks if task.name.casefold() != name.casefold())
    if len(kept) == len(machine.logon_tasks):
        return Effect(machine, f'there is no "{name}" to run at a logon', 1)
    return Effect(replace(machine, logon_tasks=kept), f'"{name}" runs at no logon any more')


def _options(arguments: Sequence[str]) -> dict[str, str]:
    """Pair every option with the word behind it, which for a switch is another option."""
    return {option.casefold(): value for option, value in zip(arguments, (*arguments[1:], ""), strict=False)}
