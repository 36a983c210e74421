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

    from toolkit.catalog.releases import Release

Settings: TypeAlias = "Mapping[str, int | bool | str]"

# Folders below WSMan:\localhost\.
CONFIG = ""
SHELLS = "Shell\\"
SERVICE = "Service\\"
METHODS = "Service\\Auth\\"
REMOTING = "Plugin\\microsoft.powershell\\Quotas\\"

# The manager of the network list, the one way to a network's category in every release
# (devblogs.microsoft.com/powershell, "Setting Network Location to Private"); 0 is Public, 1 Private.
NETWORK_LIST = "{DCB00C01-570F-4A9B-8D69-199FDBA5723B}"
IDENTIFIED_WITHIN = 30  # tries, two seconds apart: a network that just came up is Public until it is identified

# For the log.
SHOW = ("Get-WSManInstance winrm/config/Listener -Enumerate", "(Get-WSManInstance winrm/config).OuterXml")


def change(release: Release, *settings: tuple[str, Settings]) -> str:
    """Set the values of folders, and fail where one of them is not what it should be afterwards.

    What a policy has set cannot be changed (0x8033808A), and need not be where it is what is wanted. `-Force` answers
    the questions that some values ask.
    """
    pairs = (f"'{folder}{name}={wire(value)}'" for folder, values in settings for name, value in values.items())
    return despite_public_networks(
        f"foreach ($w in {','.join(pairs)})"
        r" { $n,$v=$w.Split('='); $n='WSMan:\localhost\'+$n; if ((Get-Item $n).Value -ne $v) { Set-Item $n $v -Force };"
        " if ((Get-Item $n).Value -ne $v) { throw ($n+' stays '+(Get-Item $n).Value) } }",
        release,
    )


def despite_public_networks(statement: str, release: Release) -> str:
    """Run `statement`, and where it fails on a client, again while no network is Public; then they are Public again.

    WinRM of a client changes its service's settings on no Public network, not even AllowUnencrypted to false
    (0x80338169: PowerShell/PowerShell#13654, Wintus/Ansible-WSL#14, siemens/fluffi#154), and a network that nobody was
    asked about is Public. Servers do not mind.
    """
    if release.server:
        return statement
    networks = f"[Activator]::CreateInstance([Type]::GetTypeFromCLSID([Guid]'{NETWORK_LIST}')).GetNetworkConnections()"
    make_private = "try { $k.SetCategory(1); $public+=$k } catch { $_.Exception.Message }"
    return (
        "$public=@(); try { for ($i=1; $true; $i++) {"
        f" try {{ {statement}; break }}"
        f" catch {{ if ($i -ge {IDENTIFIED_WITHIN}) {{ throw }}; $_.Exception.Message }};"
        f" foreach ($c in {networks}) {{ $k=$c.GetNetwork(); if ($k.GetCategory() -eq 0) {{ {make_private} }} }};"
        " Start-Sleep 2 } }"
        " finally { foreach ($k in $public) { try { $k.SetCategory(0) } catch { $_.Exception.Message } } }"
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
