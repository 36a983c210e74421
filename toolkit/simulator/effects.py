"""What one command does to a machine, for the programs that bootstrap scripts use to open WinRM."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.simulator.commandline import program, words
from toolkit.simulator.firewall import netsh
from toolkit.simulator.logons import registry, schtasks, shutdown
from toolkit.simulator.machine import BUILT_IN, PORTS, Listener, Machine, Transport
from toolkit.simulator.service_settings import NOT_MODELLED, NOT_RUNNING, Effect, change_listener, set_values
from toolkit.simulator.sshd import sshd
from toolkit.simulator.wsman_cmdlets import powershell_effect

if TYPE_CHECKING:
    from collections.abc import Callable


_SETTINGS = re.compile(r"@\{(?P<pairs>.*)\}", re.DOTALL)
_PAIR = re.compile(r"(?P<name>\w+)\s*=\s*\"?(?P<value>[^\";]*)\"?")
_QUIET = {"-q", "-quiet", "/q", "/quiet", "-force", "/force"}
_HTTP = Listener(Transport.HTTP, PORTS[Transport.HTTP])


def apply(command: str, machine: Machine) -> Effect:
    """Run a command that is already freed of `call` and `cmd /c`."""
    name = program(command)
    if about_sshd := sshd(name, words(command)[1:], machine):
        return about_sshd
    known = _PROGRAMS.get(name)
    if known is None:
        return Effect(machine, NOT_MODELLED)
    return known(command, machine)


def _winrm(command: str, machine: Machine) -> Effect:
    arguments = [word.casefold() for word in words(command)[1:]]
    verb = arguments[0] if arguments else ""
    if verb in {"quickconfig", "qc"}:
        return _quickconfig(arguments, machine)
    if not machine.service_running:
        return Effect(machine, NOT_RUNNING, 1)
    resource = arguments[1] if len(arguments) > 1 else ""
    if "config/listener?" in resource:
        return change_listener(verb, resource, _pairs(command), machine)
    match verb:
        case "set":
            return set_values(_pairs(command), machine)
        case "get" | "g" | "enumerate" | "e" | "enum":
            return Effect(machine, "shows the configuration")
        case _:
            return Effect(machine, NOT_MODELLED)


def _quickconfig(arguments: list[str], machine: Machine) -> Effect:
    """Do what `winrm quickconfig` documents: service, listener, firewall exception, and the token filter policy."""
    if any("https" in argument for argument in arguments):
        return Effect(machine, "refuses: https needs a certificate that is not self-signed", 1)
    opened = replace(
        machine,
        service_running=True,
        service_disabled=False,
        service_automatic=True,
        listeners=machine.listeners if machine.listener(Transport.HTTP) else (*machine.listeners, _HTTP),
        rules=machine.rules if BUILT_IN in machine.rules else (*machine.rules, BUILT_IN),
        remote_elevation=True,
    )
    if opened == machine:
        return Effect(machine, "finds WinRM set up already")
    if not _QUIET & set(arguments):
        return Effect(machine, "asks whether to make the changes, and waits", hangs=True)
    return Effect(opened, "starts WinRM, makes the http listener and opens the firewall for it")


def _pairs(command: str) -> dict[str, str]:
    """Read the settings of `@{Name="value";...}`, names as they are written."""
    settings = _SETTINGS.search(command)
    found = _PAIR.finditer(settings["pairs"]) if settings else ()
    return {match["name"]: match["value"].strip() for match in found}


def _net(command: str, machine: Machine) -> Effect:
    arguments = [word.casefold() for word in words(command)[1:3]]
    match arguments:
        case ["start", "winrm"]:
            return _started(machine, already=2)
        case ["stop", "winrm"]:
            return _stopped(machine, already=2)
        case _:
            return Effect(machine, NOT_MODELLED)


def _sc(command: str, machine: Machine) -> Effect:
    arguments = [word.casefold() for word in words(command)[1:]]
    match arguments:
        case ["start", "winrm", *_]:
            return _started(machine, already=1056)
        case ["stop", "winrm", *_]:
            return _stopped(machine, already=1062)
        case ["config", "winrm", "start=", kind, *_]:
            changed = replace(machine, service_disabled=kind == "disabled", service_automatic="auto" in kind)
            return Effect(changed, f"WinRM's start type is {kind}")
        case ["config", "winrm", option, *_] if option.startswith("start="):
            return Effect(machine, "fails: sc.exe wants a blank after start=", 1639)
        case ["query" | "queryex", "winrm"]:
            return Effect(machine, f"WinRM is {'running' if machine.service_running else 'stopped'}")
        case _:
            return Effect(machine, NOT_MODELLED)


def _started(machine: Machine, *, already: int) -> Effect:
    if machine.service_running:
        return Effect(machine, "WinRM runs already", already)
    if machine.service_disabled:
        return Effect(machine, "fails: WinRM's start type is disabled", 1058)
    return Effect(replace(machine, service_running=True), "WinRM is started")


def _stopped(machine: Machine, *, already: int) -> Effect:
    if not machine.service_running:
        return Effect(machine, "WinRM does not run", already)
    return Effect(replace(machine, service_running=False), "WinRM is stopped")


def _reg(command: str, machine: Machine) -> Effect:
    """Run reg for LocalAccountTokenFilterPolicy and automatic logons; other values have no part in WinRM."""
    arguments = words(command)[1:]
    if logon := registry(arguments, machine):
        return logon
    folded = [word.casefold() for word in arguments]
    if "localaccounttokenfilterpolicy" not in folded:
        return Effect(machine, "has no part in WinRM")
    match folded[0]:
        case "add":
            value = folded[folded.index("/d") + 1] if "/d" in folded[:-1] else "0"
            elevated = value in {"1", "0x1"}
        case "delete":
            elevated = False
        case _:
            return Effect(machine, "shows the policy")
    text = "remote administrators are elevated" if elevated else "remote administrators are filtered by UAC"
    return Effect(replace(machine, remote_elevation=elevated), text)


def _certutil(command: str, machine: Machine) -> Effect:
    """Model the machine's store as empty until something is imported into it."""
    arguments = [word.casefold() for word in words(command)[1:]]
    if "-importpfx" in arguments:
        pfx = arguments[-1].replace("\\", "/").rpartition("/")[2].rpartition(":")[2]
        if pfx not in machine.files:
            return Effect(machine, f"fails: there is no {pfx}", 1)
        return Effect(replace(machine, certificate_imported=True), "imports the certificate")
    if "-store" in arguments and not machine.certificate_imported:
        return Effect(machine, "finds no certificate", 1)
    return Effect(machine, "shows the certificate")


def _shutdown(command: str, machine: Machine) -> Effect:
    return shutdown(words(command)[1:], machine)


def _schtasks(command: str, machine: Machine) -> Effect:
    return schtasks(words(command)[1:], machine)


def _netsh(command: str, machine: Machine) -> Effect:
    changed, text, code = netsh(words(command)[1:], machine)
    return Effect(changed, text, code)


_PROGRAMS: dict[str, Callable[[str, Machine], Effect]] = {
    "winrm": _winrm,
    "net": _net,
    "net1": _net,
    "sc": _sc,
    "reg": _reg,
    "netsh": _netsh,
    "certutil": _certutil,
    "powershell": powershell_effect,
    "shutdown": _shutdown,
    "schtasks": _schtasks,
}
