"""What changing WinRM's settings and listeners does to a machine, whichever program is told to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.numbers import unsigned
from toolkit.simulator.machine import PORTS, Listener, Machine, Transport
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

NOT_MODELLED = "is not modelled"
NOT_RUNNING = "fails: the WinRM service does not run"

_TRANSPORT = re.compile(r"transport=(?P<transport>https?)", re.IGNORECASE)
_SWITCHES: dict[str, Callable[[Machine, bool], Machine]] = {
    "basic": lambda machine, on: replace(machine, basic=on),
    "kerberos": lambda machine, on: replace(machine, kerberos=on),
    "negotiate": lambda machine, on: replace(machine, negotiate=on),
    "certificate": lambda machine, on: replace(machine, certificate=on),
    "credssp": lambda machine, on: replace(machine, credssp=on),
    "allowunencrypted": lambda machine, on: replace(machine, allow_unencrypted=on),
}
_QUOTAS: dict[str, Callable[[Machine, int], Machine]] = {
    "maxtimeoutms": lambda machine, number: replace(machine, max_timeout_ms=number),
    "maxenvelopesizekb": lambda machine, number: replace(machine, max_envelope_kb=number),
    "maxshellsperuser": lambda machine, number: replace(machine, max_shells_per_user=number),
    "maxmemorypershellmb": lambda machine, number: replace(machine, max_memory_per_shell_mb=number),
    "maxprocessespershell": lambda machine, number: replace(machine, max_processes_per_shell=number),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """The machine afterwards, what happened in words, and the exit code.

    `hangs`: it waits for somebody's answer. `restarts`: Windows restarts, and nothing after it runs before that.
    """

    machine: Machine
    text: str
    exit_code: int = 0
    hangs: bool = False
    restarts: bool = False


def set_values(pairs: dict[str, str], machine: Machine) -> Effect:
    if not pairs:
        return Effect(machine, "fails: Invalid use of command line", 1)
    for name, value in pairs.items():
        machine = _with_setting(name.casefold(), value, machine)
    return Effect(machine, ", ".join(f"{name} is {value}" for name, value in pairs.items()))


def _with_setting(name: str, value: str, machine: Machine) -> Machine:
    if switch := _SWITCHES.get(name):
        return switch(machine, value.casefold() == "true")
    quota = _QUOTAS.get(name)
    number = unsigned(value)
    return quota(machine, number) if quota and number else machine


def change_listener(verb: str, resource: str, pairs: dict[str, str], machine: Machine) -> Effect:
    match = _TRANSPORT.search(resource)
    if match is None:
        return Effect(machine, "fails: the listener's transport is not given", 1)
    transport = Transport(match["transport"].upper())
    there = machine.listener(transport)
    others = tuple(listener for listener in machine.listeners if listener != there)
    wanted = {name.casefold(): value for name, value in pairs.items()}.get("port", "")
    given = unsigned(wanted)
    port = PORTS[transport] if given is None else given
    match verb:
        case "create" if there:
            return Effect(machine, f"fails: the {transport} listener exists already", 1)
        case "create":
            listeners = (*others, Listener(transport, port))
            return Effect(replace(machine, listeners=listeners), f"makes the {transport} listener on port {port}")
        case _ if there is None:
            return Effect(machine, f"finds no {transport} listener", 1)
        case "delete" | "d":
            return Effect(replace(machine, listeners=others), f"deletes the {transport} listener")
        case "set" | "s" if wanted:
            listeners = (*others, Listener(transport, port))
            return Effect(replace(machine, listeners=listeners), f"moves the {transport} listener to port {port}")
        case _:
            return Effect(machine, f"shows the {transport} listener")
