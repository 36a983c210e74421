"""WS-Management requests that pywinrm has no method for: reading configuration, asking who may do what."""

from __future__ import annotations

import uuid
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SHELLS = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
CONFIG = "http://schemas.microsoft.com/wbem/wsman/1/config"
POWERSHELL = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"

_TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
_ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
_ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
_SPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "n": _ENUMERATION,
    "rsp": SHELLS,
}
_OPENING = "<s:Envelope " + " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _SPACES.items()) + ">"
_MAX_ENVELOPE = 153_600

IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    "<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>"
)


def get(resource: str, selectors: Mapping[str, str], seconds: int) -> str:
    """Ask for one instance (WS-Transfer)."""
    return _request(f"{_TRANSFER}/Get", resource, selectors, "", seconds)


def enumerate_all(resource: str, seconds: int) -> str:
    """Ask for every instance in one answer (WS-Enumeration, optimised as DSP0226 8.2.3 has it)."""
    body = "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>200</w:MaxElements></n:Enumerate>"
    return _request(f"{_ENUMERATION}/Enumerate", resource, {}, body, seconds)


def delete(resource: str, selectors: Mapping[str, str], seconds: int) -> str:
    """Ask for the end of one instance, such as a shell that a client left behind."""
    return _request(f"{_TRANSFER}/Delete", resource, selectors, "", seconds)


def create_empty_shell(resource: str, seconds: int) -> str:
    """Ask for a shell without saying what is to be in it, which no service grants and some users may ask."""
    body = "<rsp:Shell><rsp:InputStreams>stdin pr</rsp:InputStreams></rsp:Shell>"
    return _request(f"{_TRANSFER}/Create", resource, {}, body, seconds)


def _request(action: str, resource: str, selectors: Mapping[str, str], body: str, seconds: int) -> str:
    chosen = "".join(
        f'<w:Selector Name="{escape(name)}">{escape(value)}</w:Selector>' for name, value in selectors.items()
    )
    return (
        f"{_OPENING}<s:Header><a:To>http://windows-host:5985/wsman</a:To>"
        f"<a:ReplyTo><a:Address s:mustUnderstand='true'>{_ANONYMOUS}</a:Address></a:ReplyTo>"
        f"<w:MaxEnvelopeSize s:mustUnderstand='true'>{_MAX_ENVELOPE}</w:MaxEnvelopeSize>"
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>"
        f"<w:OperationTimeout>PT{seconds}S</w:OperationTimeout>"
        f"<w:ResourceURI s:mustUnderstand='true'>{escape(resource)}</w:ResourceURI>"
        f"<a:Action s:mustUnderstand='true'>{action}</a:Action>"
        f"{f'<w:SelectorSet>{chosen}</w:SelectorSet>' if chosen else ''}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )
