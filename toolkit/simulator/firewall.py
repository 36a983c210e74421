"""netsh, as far as it decides about WinRM's ports."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from toolkit.numbers import unsigned
from toolkit.simulator.machine import BUILT_IN, Machine, Rule

Outcome: TypeAlias = tuple[Machine, str, int]

_ANY_PORT = ((0, 65535),)
_WINRM_GROUPS = {"windows remote management", "@firewallapi.dll,-30267"}
_REMOTE_ADMINISTRATION = {"remote administration", "windows remote administration"}


def netsh(arguments: list[str], machine: Machine) -> Outcome:
    """Run netsh: the machine afterwards, what happened, and the exit code."""
    folded = [argument.casefold() for argument in arguments]
    match folded:
        case ["advfirewall", "firewall", "add", "rule", *_]:
            return _add(_options(arguments[4:]), machine)
        case ["advfirewall", "firewall", "delete", "rule", *_]:
            return _delete(_options(arguments[4:]), machine)
        case ["advfirewall", "firewall", "set", "rule", *_]:
            return _set(_options(arguments[4:]), machine)
        case ["advfirewall", "set", _, "state", ("on" | "off") as state]:
            return replace(machine, firewall_on=state == "on"), f"the firewall is {state}", 0
        case ["firewall", "add" | "set", "portopening", *_]:
            return _port_opening(folded[3:], machine)
        case _:
            return machine, "has no part in WinRM", 0


def _options(arguments: list[str]) -> dict[str, str]:
    pairs = (argument.partition("=") for argument in arguments)
    return {name.casefold(): value for name, _, value in pairs}


def _add(options: dict[str, str], machine: Machine) -> Outcome:
    name, action = options.get("name", ""), options.get("action", "").casefold()
    if not name or action not in {"allow", "block"} or options.get("dir", "").casefold() not in {"in", "out"}:
        return machine, "fails: a rule needs a name, dir and action", 1
    ranges = _ranges(options)
    if options["dir"].casefold() == "out" or not ranges or options.get("enable", "yes").casefold() == "no":
        return machine, "has no part in WinRM", 0
    rule = Rule(name, action == "allow", ranges)
    return (
        replace(machine, rules=(*machine.rules, rule)),
        f'"{name}" {action}s {options.get("localport", "any port")}',
        0,
    )


def _delete(options: dict[str, str], machine: Machine) -> Outcome:
    name = options.get("name", "")
    kept = tuple(rule for rule in machine.rules if name.casefold() not in {"all", rule.name.casefold()})
    if len(kept) == len(machine.rules):
        return machine, f'there is no rule "{name}"', 1
    return replace(machine, rules=kept), f'"{name}" is gone', 0


def _set(options: dict[str, str], machine: Machine) -> Outcome:
    """Switch a rule or a group. Only the built-in WinRM group is known; `remote administration` never covered it."""
    group, on = options.get("group", "").casefold(), options.get("enable", "").casefold() == "yes"
    if group in _REMOTE_ADMINISTRATION:
        return machine, "has no part in WinRM: this group has other ports, and is gone since Windows Server 2012", 1
    if group not in _WINRM_GROUPS and options.get("name", "").casefold() != BUILT_IN.name.casefold():
        return machine, "has no part in WinRM", 0
    others = tuple(rule for rule in machine.rules if rule != BUILT_IN)
    return (
        replace(machine, rules=(*others, *((BUILT_IN,) if on else ()))),
        f"the built-in rule is {'on' if on else 'off'}",
        0,
    )


def _port_opening(arguments: list[str], machine: Machine) -> Outcome:
    """Take the old form, `tcp 5985 "name"` or `protocol=tcp port=5985`, which newer Windows still carries out."""
    plain = [argument.rpartition("=")[2] for argument in arguments]
    port = next((number for word in plain if (number := unsigned(word)) is not None), None)
    if port is None:
        return machine, "fails: the port is missing", 1
    rule = Rule(f"port {port}", allow=True, ranges=((port, port),))
    return replace(machine, rules=(*machine.rules, rule)), f"port {port} is open", 0


def _ranges(options: dict[str, str]) -> tuple[tuple[int, int], ...]:
    """Give the TCP ports of a rule; none for another protocol."""
    if options.get("protocol", "any").casefold() not in {"tcp", "any", "6"}:
        return ()
    wanted = options.get("localport", "any")
    if wanted.casefold() == "any":
        return _ANY_PORT
    return tuple(found for piece in wanted.split(",") if (found := _range(piece.strip())))


def _range(piece: str) -> tuple[int, int] | None:
    begin, _, end = piece.partition("-")
    first, last = unsigned(begin), unsigned(end or begin)
    return None if first is None or last is None else (first, last)
