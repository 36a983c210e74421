"""OpenSSH's server as a service of the guest: put on it, started and stopped. Sessions are not modelled."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.simulator.service_settings import Effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.simulator.machine import Machine

# The capability, the package, and the zip's own script, as bootstrap scripts call for them.
_INSTALLS = re.compile(r"openssh\.server|\bopenssh\S*\.msi\b|install-sshd\.ps1", re.IGNORECASE)
_NO_SUCH_SERVICE = 1060


def sshd(name: str, arguments: Sequence[str], machine: Machine) -> Effect | None:
    """Run a program as far as it is about sshd; None where it is about something else."""
    folded = [argument.casefold() for argument in arguments]
    match name, folded:
        case (("dism" | "msiexec" | "powershell"), _):
            return installed(" ".join(arguments), machine)
        case (("net" | "sc"), ["start" | "stop" as verb, "sshd"]):
            return _switched(machine, on=verb == "start")
        case "sc", ["config", "sshd", "start=", kind]:
            return _there(replace(machine, sshd_automatic="auto" in kind), f"sshd's start type is {kind}")
        case "sc", [_, "sshd"]:
            return _there(machine, f"sshd is {'running' if machine.sshd_running else 'stopped'}")
        case _:
            return None


def installed(text: str, machine: Machine) -> Effect | None:
    """Install it where the text of a command or a block says so."""
    if not _INSTALLS.search(text):
        return None
    return Effect(replace(machine, sshd_installed=True), "OpenSSH's server is installed")


def _switched(machine: Machine, *, on: bool) -> Effect:
    if machine.sshd_installed and machine.sshd_running == on:
        return Effect(machine, f"sshd is {'running' if on else 'stopped'} already", 2)
    return _there(replace(machine, sshd_running=on), f"sshd is {'started' if on else 'stopped'}")


def _there(machine: Machine, text: str) -> Effect:
    if machine.sshd_installed:
        return Effect(machine, text)
    return Effect(replace(machine, sshd_running=False, sshd_automatic=False), "there is no sshd", _NO_SUCH_SERVICE)
