"""PowerShell's way of changing WinRM, as bootstrap scripts call it from a batch file: one statement after the other.

Modelled: `Set-Item` on the WSMan: drive, alone or in a loop over names and values, the WSManInstance cmdlets for
listeners, `if` a listener is there or on another port, and `Test-WSMan` against loopback, which the firewall does not
filter. What is tried, in a loop or not, is run once: no network of the guest is Public. A statement that is none of
these is taken to do nothing to WinRM; the first one that fails ends the script with 1, as
`$ErrorActionPreference='Stop'` has it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.simulator.console import powershell_script
from toolkit.simulator.machine import Transport
from toolkit.simulator.powershell_text import bracketed, statements, without_comments
from toolkit.simulator.service_settings import NOT_MODELLED, NOT_RUNNING, Effect, change_listener, set_values

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.simulator.machine import Machine

_SET = re.compile(
    r"set-item\s+(?:-path\s+)?'?wsman:\\localhost\\(?P<path>[\w\\]+)'?\s+(?:-value\s+)?'?(?P<value>[^'\s]+)'?",
    re.IGNORECASE,
)
# A loop that sets what its list says: 'Service\Auth\Basic=true', one after the other.
_SET_EACH = re.compile(r"foreach\s*\(\$\w+ in (?P<pairs>[^)]*)\)\s*\{.*\bset-item\b", re.IGNORECASE | re.DOTALL)
_PAIR = re.compile(r"'(?:[\w.]+\\)*(?P<name>\w+)=(?P<value>[^']*)'")
_TRIED = re.compile(r"try\s*\{|for\s*\([^)]*\)\s*\{", re.IGNORECASE)
_IF = re.compile(r"if\s*\(", re.IGNORECASE)
_ELSE = re.compile(r"else\s*\{", re.IGNORECASE)
_ELSE_IF = re.compile(r"else(?=if\s*\()", re.IGNORECASE)
_THERE = re.compile(
    r"(?P<negated>-not\s*\(\s*)?(?:test-listener\s+'|get-childitem\s+wsman:\\localhost\\listener\b.*'transport=)"
    r"(?P<transport>https?)'",
    re.IGNORECASE | re.DOTALL,
)
_ELSEWHERE = re.compile(
    r"\(get-wsmaninstance\s.*?transport\s*=\s*'(?P<transport>https?)'.*\)\.port\s+-ne\s+'(?P<port>\d+)'",
    re.IGNORECASE | re.DOTALL,
)
_INSTANCE = re.compile(
    r"(?P<verb>get|new|set|remove)-wsmaninstance\s+(?:-resourceuri\s+)?winrm/config/listener\s.*?transport\s*=\s*'?(?P<transport>https?)",
    re.IGNORECASE | re.DOTALL,
)
_PORT = re.compile(r"-valueset\s+@\{.*?\bport\s*=\s*'?(?P<port>\d{1,5})", re.IGNORECASE | re.DOTALL)
_SHOW = re.compile(r"\(?get-wsmaninstance\s+winrm/config\b", re.IGNORECASE)
_TEST = re.compile(r"test-wsman\b.*?-port\s+(?P<port>\d{1,5})", re.IGNORECASE | re.DOTALL)
_AS_IT_IS = "finds nothing to change"
_VERBS = {"get": "get", "new": "create", "set": "set", "remove": "delete"}


def powershell_effect(command: str, machine: Machine) -> Effect:
    """Run a powershell.exe command line. What has no part in WinRM is not modelled, and succeeds."""
    effect = _block(without_comments(powershell_script(command) or ""), machine)
    return effect if effect.text else replace(effect, text=NOT_MODELLED)


def statement_effect(statement: str, machine: Machine) -> Effect | None:
    """Run one statement; None for what has no part in WinRM."""
    return _effect(statement, machine)


def _block(text: str, machine: Machine) -> Effect:
    """Run statements up to the first that fails. Without a text, nothing in it was known."""
    told: list[str] = []
    for statement in statements(text):
        effect = _effect(statement, machine)
        if effect is None:
            continue
        machine = effect.machine
        told.append(effect.text)
        if effect.exit_code:
            return Effect(machine, _joined(told), 1)
    return Effect(machine, _joined(told))


def _joined(told: list[str]) -> str:
    return "; ".join(text for text in told if text)


def _effect(statement: str, machine: Machine) -> Effect | None:
    if _IF.match(statement):
        return _branch(statement, machine)
    if tried := _TRIED.match(statement):
        effect = _block(bracketed(statement, tried.end())[0], machine)
        return effect if effect.text else None
    known = _one_of(statement)
    if known is None:
        return None
    return known(machine) if machine.service_running else Effect(machine, NOT_RUNNING, 1)


def _one_of(statement: str) -> Callable[[Machine], Effect] | None:
    """Find out which of the known statements it is."""
    if setting := _SET.match(statement):
        values = {setting["path"].rpartition("\\")[2]: setting["value"].removeprefix("$")}
        return lambda machine: set_values(values, machine)
    if each := _SET_EACH.match(statement):
        pairs = {pair["name"]: pair["value"] for pair in _PAIR.finditer(each["pairs"])}
        return lambda machine: set_values(pairs, machine)
    if instance := _INSTANCE.match(statement):
        port = _PORT.search(statement)
        moved = {"port": port["port"]} if port else {}
        verb, resource = _VERBS[instance["verb"].casefold()], f"transport={instance['transport']}"
        return lambda machine: change_listener(verb, resource, moved, machine)
    if test := _TEST.match(statement):
        return lambda machine: _tested(int(test["port"]), machine)
    if _SHOW.match(statement):
        return lambda machine: Effect(machine, "shows the configuration")
    return None


def _branch(statement: str, machine: Machine) -> Effect | None:
    """Take one of two ways, where the condition is about listeners; other conditions are not modelled."""
    condition, rest = bracketed(statement, statement.index("(") + 1)
    holds = _holds(condition, machine)
    if holds is None or not rest.startswith("{"):
        return None
    then, rest = bracketed(rest, 1)
    if holds:
        return _block(then, machine)
    if another := _ELSE_IF.match(rest):
        return _branch(rest[another.end() :], machine) or Effect(machine, _AS_IT_IS)
    otherwise = _ELSE.match(rest)
    return _block(bracketed(rest, otherwise.end())[0], machine) if otherwise else Effect(machine, _AS_IT_IS)


def _holds(condition: str, machine: Machine) -> bool | None:
    if there := _THERE.match(condition):
        return (machine.listener(Transport(there["transport"].upper())) is None) == bool(there["negated"])
    if elsewhere := _ELSEWHERE.match(condition):
        found = machine.listener(Transport(elsewhere["transport"].upper()))
        return found is not None and found.port != int(elsewhere["port"])
    return None


def _tested(port: int, machine: Machine) -> Effect:
    if any(listener.port == port for listener in machine.listeners):
        return Effect(machine, f"WinRM answers on port {port} of the guest itself")
    return Effect(machine, f"fails: nothing answers on port {port} of the guest itself", 1)
