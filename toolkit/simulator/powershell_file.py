"""A bootstrap script in PowerShell, run for what it does to WinRM: one statement of the script after the other.

Modelled: what `wsman_cmdlets` knows, values set and read back, programs that the script runs, services that it starts,
and the token policy. Definitions, and whatever else has no part in WinRM, are taken to succeed. The first statement
that fails ends the script.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.simulator.effects import apply
from toolkit.simulator.powershell_text import bracketed, statements, without_comments
from toolkit.simulator.service_settings import Effect, set_values
from toolkit.simulator.sshd import installed
from toolkit.simulator.wsman_cmdlets import statement_effect
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.simulator.machine import Machine

_PROGRAM = re.compile(r"invoke-program\s*\{", re.IGNORECASE)
_ANSWER = re.compile(r"wait-answer\s*\{\s*\(?(?=test-wsman)", re.IGNORECASE)
_NO_SSHD = re.compile(r"if\s*\(-not\s*\(get-service\s+sshd\b", re.IGNORECASE)
_VALUE = re.compile(r"set-wsmanvalue\s+'(?:\w+\\)*(?P<name>\w+)'\s+'(?P<value>[^']*)'", re.IGNORECASE)
_SERVICE = re.compile(r"start-service\s+(?P<name>\w+)", re.IGNORECASE)
_TOKEN = re.compile(r"new-itemproperty\s.*LocalAccountTokenFilterPolicy\s+-value\s+(?P<value>\d)", re.IGNORECASE)
_ALREADY = {2, 1056}  # what starting a service says that runs


@dataclass(frozen=True, slots=True)
class PowerShellFile:
    name: str
    text: str


def read_powershell(name: str, data: bytes) -> PowerShellFile:
    return PowerShellFile(name, data.decode("utf-8-sig", "replace").replace("\r\n", "\n"))


@dataclass(frozen=True, slots=True)
class Done:
    """A statement that had a part in WinRM, and what it did."""

    line: int
    statement: str
    effect: Effect


def run_file(script: PowerShellFile, machine: Machine) -> Iterator[Done]:
    """Run a script to its end, or to the first statement that fails."""
    text = script.text
    for statement in statements(without_comments(text)):
        effect = _effect(statement, machine)
        if effect is None:
            continue
        first = statement.splitlines()[0]
        yield Done(text[: max(text.find(statement), 0)].count("\n") + 1, first, effect)
        if effect.exit_code or effect.restarts:
            return
        machine = effect.machine


def _effect(statement: str, machine: Machine) -> Effect | None:
    if program := _PROGRAM.match(statement):
        inner, rest = bracketed(statement, program.end())
        effect = apply(inner.replace("'", ""), machine)
        return replace(effect, exit_code=0) if "-Accept" in rest else effect
    if absent := _NO_SSHD.match(statement):
        return None if machine.sshd_installed else installed(statement[absent.end() :], machine)
    if answer := _ANSWER.match(statement):
        return statement_effect(statement[answer.end() :], machine)
    if value := _VALUE.match(statement):
        return set_values({value["name"]: value["value"]}, machine)
    if service := _SERVICE.match(statement):
        effect = apply(f"net start {service['name']}", machine)
        return replace(effect, exit_code=0) if effect.exit_code in _ALREADY else effect
    if token := _TOKEN.match(statement):
        return apply(
            f"reg add LocalAccountTokenFilterPolicy /v LocalAccountTokenFilterPolicy /d {token['value']}", machine
        )
    return statement_effect(statement, machine)
