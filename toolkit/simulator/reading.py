"""Reading by WS-Transfer and WS-Enumeration: WinRM's configuration, its listeners, and the shells that are open.

Modelled: on Windows 7 and Server 2008 R2 the configuration cannot be read from outside (WinRb/WinRM#197).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from toolkit.simulator.configuration import config_xml, listeners_xml
from toolkit.simulator.faults import ACCESS_DENIED, INVALID_ACTION, WsmanFault
from toolkit.simulator.soap import NAMESPACES

if TYPE_CHECKING:
    from toolkit.simulator.shells import Shells
    from toolkit.simulator.soap import Request
    from toolkit.simulator.state import GuestState, LocalUser

CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"
LISTENERS = f"{CONFIG}/listener"
SHELLS = NAMESPACES["rsp"]

_GET = f"{NAMESPACES['x']}/Get"
_ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
_WINDOWS_8 = 9200


def read(request: Request, user: LocalUser, state: GuestState, shells: Shells) -> tuple[str, str] | None:
    """Give the reply's action and body, or None for a request that reads nothing. Only administrators may read."""
    answer: tuple[str, str] | None
    match request.action, request.resource_uri:
        case (action, resource) if action == _GET and resource == CONFIG:
            answer = f"{_GET}Response", config_xml(state)
        case (action, resource) if action.startswith(_ENUMERATION) and resource == LISTENERS:
            answer = _enumerated("".join(listeners_xml(state)))
        case (action, resource) if action.startswith(_ENUMERATION) and resource == SHELLS:
            answer = _enumerated("".join(map(_shell_xml, shells.open_ones())))
        case _:
            return None
    if not state.elevated(user):
        raise WsmanFault(ACCESS_DENIED)
    if state.windows.build < _WINDOWS_8 and request.resource_uri != SHELLS:
        raise WsmanFault(INVALID_ACTION)
    return answer


def _enumerated(items: str) -> tuple[str, str]:
    return f"{_ENUMERATION}/EnumerateResponse", (
        f'<n:EnumerateResponse xmlns:n="{_ENUMERATION}"><w:Items>{items}</w:Items>'
        "<n:EnumerationContext/><w:EndOfSequence/></n:EnumerateResponse>"
    )


def _shell_xml(shell: tuple[str, str]) -> str:
    shell_id, owner = shell
    return (
        f"<rsp:Shell><rsp:ShellId>{escape(shell_id)}</rsp:ShellId><rsp:ResourceUri>{SHELLS}/cmd</rsp:ResourceUri>"
        f"<rsp:Owner>{escape(owner)}</rsp:Owner><rsp:ClientIP>127.0.0.1</rsp:ClientIP>"
        "<rsp:IdleTimeOut>PT7200.000S</rsp:IdleTimeOut><rsp:State>Connected</rsp:State></rsp:Shell>"
    )
