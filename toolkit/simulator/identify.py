"""The answer to Identify, which a guest gives to anybody and more fully to whom it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.simulator.soap import NAMESPACES

if TYPE_CHECKING:
    from toolkit.simulator.state import WindowsVersion

_WINDOWS_8 = 9200
_SERVICE_PACK_1 = 7601


def identify_response(windows: WindowsVersion, *, authenticated: bool) -> bytes:
    """Name the stack: 2.0 on Windows 7 and Server 2008 R2, 3.0 since. Strangers are told no Windows version."""
    service_pack = "1.0" if windows.build == _SERVICE_PACK_1 else "0.0"
    system = f"OS: {windows.version} SP: {service_pack}" if authenticated else "OS: 0.0.0 SP: 0.0"
    stack = "3.0" if windows.build >= _WINDOWS_8 else "2.0"
    return (
        f'<s:Envelope xml:lang="en-US" xmlns:s="{NAMESPACES["s"]}"><s:Header/><s:Body>'
        f'<wsmid:IdentifyResponse xmlns:wsmid="{NAMESPACES["wsmid"]}">'
        f"<wsmid:ProtocolVersion>{NAMESPACES['w']}</wsmid:ProtocolVersion>"
        "<wsmid:ProductVendor>Microsoft Corporation</wsmid:ProductVendor>"
        f"<wsmid:ProductVersion>{system} Stack: {stack}</wsmid:ProductVersion>"
        "</wsmid:IdentifyResponse></s:Body></s:Envelope>"
    ).encode()
