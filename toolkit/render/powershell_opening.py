"""What the PowerShell lines of a bootstrap are made for, and the forms that they share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from toolkit.render.https_steps import PFX, PFX_PASSWORD
from toolkit.render.powershell import literal, wire
from toolkit.spec.guest import Winrm
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.render.luggage import Luggage
    from toolkit.spec.guest import Guest, Ssh

Lines: TypeAlias = tuple[str, ...]

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9.]*")


@dataclass(frozen=True, slots=True)
class Pfx:
    """Where the script has the certificate's key from: two expressions, and the files that are spent after use."""

    data: str
    password: str
    spent: tuple[str, ...] = ()


ON_THE_MEDIUM = Pfx(
    data=f"[IO.File]::ReadAllBytes((Join-Path $Here {literal(PFX)}))",
    password=f"[IO.File]::ReadAllText((Join-Path $Here {literal(PFX_PASSWORD)})).Trim()",
    spent=(PFX, PFX_PASSWORD),
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What is opened, and with what."""

    guest: Guest
    communicator: Winrm | Ssh
    luggage: Luggage
    pfx: Pfx = ON_THE_MEDIUM

    @property
    def winrm(self) -> Winrm:
        """The communicator, for steps that only WinRM has."""
        if not isinstance(self.communicator, Winrm):
            raise TypeError(self.communicator)
        return self.communicator


def program(name: str, *arguments: str, accept: tuple[int, ...] = (0,)) -> Lines:
    """Run a program; any exit code but those in `accept` fails the step. An argument that begins with `$` is one."""
    words = " ".join(map(_argument, arguments))
    codes = "" if accept == (0,) else f" -Accept {', '.join(str(code) for code in accept)}"
    return (f"Invoke-Program {{ {name} {words} }}{codes}",)


def same_program(line: str, *, accept: tuple[int, ...] = (0,)) -> Lines:
    """Run the program of a batch line whose words are parted by blanks; quotes and carets in it are our own mistake."""
    if set(line) & set('"^%'):
        raise ValueError(line)
    name, *arguments = line.removesuffix(" >nul").split(" ")
    return program(f"{name}.exe", *arguments, accept=accept)


def registry_key(key: str) -> str:
    r"""Name a key (`HKLM\...`) as a literal path of the registry drive."""
    hive, _, path = key.partition("\\")
    return literal(f"{hive}:\\{path}")


def make_key(key: str) -> Lines:
    """Make a registry key. `New-Item -Force` on one that exists would empty it."""
    path = registry_key(key)
    return (f"if (-not (Test-Path {path})) {{", f"    New-Item -Path {path} -Force | Out-Null", "}")


def set_number(key: str, name: str, number: int) -> Lines:
    """Set a DWORD in a registry key, made first where it is not there."""
    value = f"-Name {name} -Value {number} -PropertyType DWord -Force"
    return (*make_key(key), f"New-ItemProperty -Path {registry_key(key)} {value} | Out-Null")


def wsman_values(folder: str, values: Mapping[str, int | bool | str]) -> Lines:
    r"""Set values below a folder of `WSMan:\localhost`, and see that they are what they should be."""
    prefix = f"{folder}\\" if folder else ""
    return tuple(f"Set-WSManValue {literal(prefix + name)} {literal(wire(value))}" for name, value in values.items())


def running(service: str) -> str:
    """Wait, a minute at most, until a service runs."""
    return f"(Get-Service {service}).WaitForStatus('Running', [TimeSpan] '00:01:00')"


def inside(condition: str, lines: Lines) -> Lines:
    """Run `lines` where `condition` holds."""
    return (f"if ({condition}) {{", *(f"    {line}" for line in lines), "}")


def _argument(argument: str) -> str:
    return argument if argument.startswith("$") or _WORD.fullmatch(argument) else literal(argument)
