"""WinRM's settings in the guest, held against those that the spec declares.

Read by WS-Transfer, without a process in the guest. Windows 7 and Server 2008 R2 do not show them to other hosts
(WinRb/WinRM#197): there the guest's own `winrm get` is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.communicators.errors import FaultError
from toolkit.communicators.soap import CONFIG
from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, UnaskableError, error, warning
from toolkit.verify.checks.management import elements, from_policy, local_name, parsed
from toolkit.verify.remedy import POLICIES, Remedy, failed
from toolkit.verify.rung import Rung, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from toolkit.verify.rung import Failure
    from toolkit.verify.wanted import Wanted

OWNED = "A policy sets it: what the bootstrap writes has no effect."
_FALLBACK = "winrm get winrm/config -format:pretty"
_OPENING = frozenset(
    {"Service/AllowUnencrypted", "Service/Auth/Basic", "Service/Auth/CredSSP", "Service/Auth/Certificate"}
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting by its path below winrm/config, as Windows writes it. `policy`: set by policy, not to be changed."""

    path: str
    value: str
    policy: bool

    @property
    def shown(self) -> str:
        """The setting as `winrm get` shows it."""
        return f"winrm/config/{self.path} = {self.value}{' [Source=GPO]' if self.policy else ''}"


@dataclass(frozen=True, slots=True)
class Configuration:
    """All settings, in the guest's order. `asked`: `wsman` or, on old Windows, `winrm`."""

    settings: tuple[Setting, ...]
    asked: str

    def find(self, path: str) -> Setting | None:
        """Find a setting; Windows does not distinguish case in their names."""
        return next((one for one in self.settings if one.path.casefold() == path.casefold()), None)

    def on(self, path: str) -> bool | None:
        """Read a switch; None where the guest does not show it."""
        setting = self.find(path)
        return None if setting is None else setting.value.casefold() == "true"


def _ask(bench: Bench) -> Configuration:
    try:
        return Configuration(parse_configuration(bench.communicator.get(CONFIG)), "wsman")
    except FaultError:
        done = bench.communicator.run(_FALLBACK)
        if done.exit_code != 0:
            raise
        return Configuration(parse_configuration(done.stdout), "winrm")


def parse_configuration(data: bytes) -> tuple[Setting, ...]:
    """Read the settings out of an envelope, or out of what `winrm get` prints. Raises UnaskableError."""
    root = next(elements(parsed(data), CONFIG, "Config"), None)
    if root is None:
        raise UnaskableError("The guest's answer holds no configuration.")
    return tuple(_settings(root, ""))


def _settings(parent: Element, path: str) -> Iterator[Setting]:
    for child in parent:
        name = f"{path}{local_name(child)}"
        if len(child):
            yield from _settings(child, f"{name}/")
        else:
            yield Setting(name, (child.text or "").strip(), from_policy(child))


def _tell(facts: Configuration) -> str:
    owned = sum(setting.policy for setting in facts.settings)
    return f"{len(facts.settings)} settings read{f', {owned} of them set by policy' if owned else ''}"


def _judge(facts: Configuration, wanted: Wanted) -> tuple[Finding, ...]:
    """Compare the switches. More open than declared is an error; less open is worth a word: the client did get in."""
    if wanted.declared is None:
        return ()
    found = ((path, want, facts.find(path)) for path, want in wanted.declared.switches.items())
    return tuple(
        error(_drift(setting, want=want)) if not want and path in _OPENING else warning(_drift(setting, want=want))
        for path, want, setting in found
        if setting and (setting.value.casefold() == "true") is not want
    )


def _drift(setting: Setting, *, want: bool) -> Failure:
    declared = str(want).lower()
    name = setting.path.rpartition("/")[2]
    return failed(
        Rung.POSTURE,
        "setting-differs",
        Verdict.FATAL,
        f"{name}: declared {declared}, effective {setting.value}{', by policy' if setting.policy else ''}.",
        evidence=(setting.shown,),
        causes=(OWNED if setting.policy else "Something changed it after the bootstrap, or the guest is another one.",),
        remedies=(correction(setting.path, declared, policy=setting.policy),),
    )


def correction(path: str, value: str, *, policy: bool = False) -> Remedy:
    """Give the lines that set a value in the guest, or those that find the policy which owns it."""
    if policy:
        return POLICIES
    section, _, name = path.rpartition("/")
    resource = "/".join(("winrm/config", *section.lower().split("/"))).rstrip("/")
    drive = path.replace("/", "\\").replace("Winrs\\", "Shell\\")
    switch = {"true": "$true", "false": "$false"}.get(value, value)
    return Remedy(
        cmd=f'winrm set {resource} @{{{name}="{value}"}}',
        powershell=rf"Set-Item WSMan:\localhost\{drive} {switch} -Force",
    )


CHECK = Question("configuration", (), _ask, _tell, _judge)
