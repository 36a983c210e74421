"""PowerShell's way of changing WinRM, as bootstrap scripts call it from a batch file: one statement after the other.

Modelled: `Set-Item` on the WSMan: drive, the WSManInstance cmdlets for listeners, and `Test-WSMan` against loopback,
which the firewall does not filter. A statement that is none of these is taken to do nothing to WinRM; the first one
that fails ends the script with 1, as `$ErrorActionPreference='Stop'` has it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from toolkit.simulator.console import powershell_script
from toolkit.simulator.powershell_text import statements, without_comments
from toolkit.simulator.service_settings import NOT_MODELLED, NOT_RUNNING, Effect, change_listener, set_values

if TYPE_CHECKING:
    from toolkit.simulator.machine import Machine

_SET = re.compile(
    r"set-item\s+(?:-path\s+)?'?wsman:\\localhost\\(?P<path>[\w\\]+)'?\s+(?:-value\s+)?'?(?P<value>[^'\s]+)'?",
    re.IGNORECASE,
)
_INSTANCE = re.compile(
    r"(?P<verb>get|new|set|remove)-wsmaninstance\s+winrm/config/listener\s.*?transport='?(?P<transport>https?)",
    re.IGNORECASE | re.DOTALL,
)
_PORT = re.compile(r"-valueset\s+@\{.*?\bport='?(?P<port>\d{1,5})", re.IGNORECASE | re.DOTALL)
_SHOW = re.compile(r"\(?get-wsmaninstance\s+winrm/config\b", re.IGNORECASE)
_TEST = re.compile(r"test-wsman\b.*?-port\s+(?P<port>\d{1,5})", re.IGNORECASE | re.DOTALL)
_VERBS = {"get": "get", "new": "create", "set": "set", "remove": "delete"}


def powershell_effect(command: str, machine: Machine) -> Effect:
    """Run a powershell.exe command line. What has no part in WinRM is not modelled, and succeeds."""
    script = powershell_script(command)
    told: list[str] = []
    for statement in statements(without_comments(script or "")):
        effect = _effect(statement, machine)
        if effect is None:
            continue
        machine = effect.machine
        told.append(effect.text)
        if effect.exit_code:
            return Effect(machine, "; ".join(told), 1)
    return Effect(machine, "; ".join(told) or NOT_MODELLED)


def _effect(statement: str, machine: Machine) -> Effect | None:
    changes = _SET.match(statement), _INSTANCE.match(statement), _TEST.match(statement)
    if not any(changes) and not _SHOW.match(statement):
        return None
    if not machine.service_running:
        return Effect(machine, NOT_RUNNING, 1)
    setting, instance, test = changes
    if setting:
        return set_values({setting["path"].rpartition("\\")[2]: setting["value"].removeprefix("$")}, machine)
    if instance:
        port = _PORT.search(statement)
        values = {"port": port["port"]} if port else {}
        resource = f"transport={instance['transport']}"
        return change_listener(_VERBS[instance["verb"].casefold()], resource, values, machine)
    if test:
        return _tested(int(test["port"]), machine)
    return Effect(machine, "shows the configuration")


def _tested(port: int, machine: Machine) -> Effect:
    if any(listener.port == port for listener in machine.listeners):
        return Effect(machine, f"WinRM answers on port {port} of the guest itself")
    return Effect(machine, f"fails: nothing answers on port {port} of the guest itself", 1)
