"""Lines that read and write WinRM's configuration: by the `winrm` command, or by PowerShell's WSMan cmdlets.

`winrm` is a VBScript; PowerShell's cmdlets are not, and take over where a release outlives VBScript. Both speak to the
same service about the same resources (MicrosoftDocs/win32 desktop-src/WinRM). That the cmdlets accept what is written
here is taken from Microsoft's documentation of them; that `winrm` does is the practice of twenty years.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from toolkit.render.abilities import outlives_vbscript
from toolkit.render.steps import powershell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.catalog.releases import Release

Settings: TypeAlias = "Mapping[str, int | bool | str]"

CONFIG = "winrm/config"
SHELLS = "winrm/config/winrs"
SERVICE = "winrm/config/service"
METHODS = "winrm/config/service/auth"

# Where the WSMan: drive has what the service calls by these names.
_FOLDERS = {
    CONFIG: r"WSMan:\localhost",
    SHELLS: r"WSMan:\localhost\Shell",
    SERVICE: r"WSMan:\localhost\Service",
    METHODS: r"WSMan:\localhost\Service\Auth",
}


class Wsman(Protocol):
    """The two ways. `transport` is HTTP or HTTPS: a listener stands for every address."""

    def find_listener(self, transport: str) -> str:
        """Give a line that fails where there is no such listener."""

    def create_listener(self, transport: str, values: Settings) -> str: ...

    def change_listener(self, transport: str, values: Settings) -> str: ...

    def delete_listener(self, transport: str) -> str: ...

    def change(self, resource: str, values: Settings) -> str: ...

    def show(self) -> tuple[str, str]:
        """Give the lines that print listeners and configuration."""

    def identify(self, port: int) -> str:
        """Give a line that fails where no WinRM answers on loopback over http. It needs no user."""


def wsman(release: Release) -> Wsman:
    """Choose the way for a release."""
    return Cmdlets() if outlives_vbscript(release) else WinrmCommand()


class WinrmCommand:
    """`winrm`, run by a cmd.exe of its own because it is a batch file."""

    def find_listener(self, transport: str) -> str:
        return f"cmd.exe /c winrm get {_listener(transport)}"

    def create_listener(self, transport: str, values: Settings) -> str:
        line = f"cmd.exe /c winrm create {_listener(transport)}"
        return f"{line} {_pairs(values)}" if values else line

    def change_listener(self, transport: str, values: Settings) -> str:
        return f"cmd.exe /c winrm set {_listener(transport)} {_pairs(values)}"

    def delete_listener(self, transport: str) -> str:
        return f"cmd.exe /c winrm delete {_listener(transport)}"

    def change(self, resource: str, values: Settings) -> str:
        return f"cmd.exe /c winrm set {resource} {_pairs(values)}"

    def show(self) -> tuple[str, str]:
        return ("cmd.exe /c winrm enumerate winrm/config/Listener", "cmd.exe /c winrm get winrm/config")

    def identify(self, port: int) -> str:
        return f"cmd.exe /c winrm identify -r:http://127.0.0.1:{port} -auth:none"


class Cmdlets:
    """The WSMan: drive for settings, and the WSManInstance cmdlets for listeners, which the drive names by a hash."""

    def find_listener(self, transport: str) -> str:
        return powershell(f"Get-WSManInstance {_instance(transport)}")

    def create_listener(self, transport: str, values: Settings) -> str:
        return powershell(f"New-WSManInstance {_instance(transport)} -ValueSet {_table(values or {'Enabled': True})}")

    def change_listener(self, transport: str, values: Settings) -> str:
        return powershell(f"Set-WSManInstance {_instance(transport)} -ValueSet {_table(values)}")

    def delete_listener(self, transport: str) -> str:
        return powershell(f"Remove-WSManInstance {_instance(transport)}")

    def change(self, resource: str, values: Settings) -> str:
        folder = _FOLDERS[resource]
        # -Force answers the questions that some of them ask.
        lines = (f"Set-Item {folder}\\{name} '{_word(value)}' -Force" for name, value in values.items())
        return powershell("; ".join(lines))

    def show(self) -> tuple[str, str]:
        return (
            powershell("Get-WSManInstance winrm/config/Listener -Enumerate"),
            powershell("(Get-WSManInstance winrm/config).OuterXml"),
        )

    def identify(self, port: int) -> str:
        return powershell(f"Test-WSMan -ComputerName 127.0.0.1 -Port {port}")


def _listener(transport: str) -> str:
    return f"winrm/config/Listener?Address=*+Transport={transport}"


def _instance(transport: str) -> str:
    return f"winrm/config/Listener -SelectorSet @{{Address='*';Transport='{transport}'}}"


def _pairs(values: Settings) -> str:
    return "@{" + ";".join(f'{name}="{_word(value)}"' for name, value in values.items()) + "}"


def _table(values: Settings) -> str:
    return "@{" + ";".join(f"{name}='{_word(value)}'" for name, value in values.items()) + "}"


def _word(value: int | bool | str) -> str:  # noqa: FBT001  (a setting's value, whatever it is)
    # str(True) is "True"; the documentation writes true.
    return str(value).lower() if isinstance(value, bool) else str(value)
