r"""PowerShell that reads and writes WinRM's configuration, for batch files: each function gives one statement.

The WSMan: drive and the WSManInstance cmdlets are in every Windows PowerShell since 2 (MicrosoftDocs/PowerShell-Docs,
Microsoft.WsMan.Management). `winrm` is not used for it: it is a VBScript, and VBScript is on its way out. Every start
of PowerShell takes a second or more, so a step joins its statements to one line. What the cmdlets accept is taken
from their documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from toolkit.render.powershell import hashtable, wire

if TYPE_CHECKING:
    from collections.abc import Mapping

Settings: TypeAlias = "Mapping[str, int | bool | str]"

# Folders below WSMan:\localhost\.
CONFIG = ""
SHELLS = "Shell\\"
SERVICE = "Service\\"
METHODS = "Service\\Auth\\"
REMOTING = "Plugin\\microsoft.powershell\\Quotas\\"

# For the log.
SHOW = ("Get-WSManInstance winrm/config/Listener -Enumerate", "(Get-WSManInstance winrm/config).OuterXml")


def change(*settings: tuple[str, Settings]) -> str:
    """Set the values of folders, and fail where one of them is not what it should be afterwards.

    What a policy has set cannot be changed (0x8033808A), and need not be where it is what is wanted. `-Force` answers
    the questions that some values ask.
    """
    pairs = (f"'{folder}{name}={wire(value)}'" for folder, values in settings for name, value in values.items())
    return (
        f"foreach ($w in {','.join(pairs)})"
        r" { $n,$v=$w.Split('='); $n='WSMan:\localhost\'+$n; if ((Get-Item $n).Value -ne $v) { Set-Item $n $v -Force };"
        " if ((Get-Item $n).Value -ne $v) { throw ($n+' stays '+(Get-Item $n).Value) } }"
    )


def http_listener(port: int) -> str:
    """Have an http listener for every address on `port`, made or moved there."""
    selected, table = _instance("HTTP"), hashtable({"Port": port})
    elsewhere, move = f"(Get-WSManInstance {selected}).Port -ne '{port}'", f"Set-WSManInstance {selected}"
    move_there = f"if ({elsewhere}) {{ {move} -ValueSet {table} }}"
    return f"if ({_there('HTTP')}) {{ {move_there} }} else {{ {new_listener('HTTP', table)} }}"


def new_listener(transport: str, table: str) -> str:
    """Make a listener that is not there yet; `table` is PowerShell's."""
    return f"New-WSManInstance {_instance(transport)} -ValueSet {table}"


def no_listener(transport: str) -> str:
    return f"if ({_there(transport)}) {{ Remove-WSManInstance {_instance(transport)} }}"


def identify(port: int) -> str:
    """Fail where no WinRM answers on loopback over http. It needs no user: Test-WSMan authenticates only when told."""
    return f"Test-WSMan -ComputerName 127.0.0.1 -Port {port}"


def _there(transport: str) -> str:
    # The drive names listeners by a hash; asking for one that is not there by its selectors would be an error.
    keys = f"$_.Keys -contains 'Transport={transport}' -and $_.Keys -contains 'Address=*'"
    return rf"Get-ChildItem WSMan:\localhost\Listener | Where-Object {{ {keys} }}"


def _instance(transport: str) -> str:
    return f"winrm/config/Listener -SelectorSet @{{Address='*';Transport='{transport}'}}"
