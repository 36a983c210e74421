"""SOAP envelopes of WS-Management: read with suspicion, written as Windows writes them."""

from __future__ import annotations

import re
import uuid
from html import escape
from typing import TYPE_CHECKING

from toolkit.simulator.documents import DocumentError, parsed
from toolkit.simulator.faults import INVALID_XML, UNSUPPORTED_TIMEOUT, Fault, WsmanFault
from toolkit.values import dataclass

if TYPE_CHECKING:
    from lxml.etree import _Element

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "wsmid": "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd",
}
FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"

_OPENING = '<s:Envelope xml:lang="en-US" ' + " ".join(f'xmlns:{key}="{uri}"' for key, uri in NAMESPACES.items()) + ">"
_ANONYMOUS = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
_DURATION = re.compile(
    r"P(?:(?P<days>\d{1,5})D)?(?:T(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,8})M)?"
    r"(?:(?P<seconds>\d{1,9}(?:\.\d{1,9})?)S)?)?"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks. `timeout` in seconds and `max_envelope` in bytes; None where the client left it open."""

    action: str
    message_id: str
    resource_uri: str
    shell_id: str
    timeout: float | None
    max_envelope: int | None
    options: dict[str, str]
    body: _Element

    def texts(self, path: str) -> list[str]:
        """Give the texts of the body's elements at `path`, with the prefixes of NAMESPACES."""
        return [element.text or "" for element in self.body.iterfind(path, NAMESPACES)]

    @property
    def identify(self) -> bool:
        return self.body.find("wsmid:Identify", NAMESPACES) is not None


def read_request(data: bytes, *, at_most: int) -> Request:
    """Read an envelope. Raises WsmanFault for XML that is none, or no SOAP, and for a malformed OperationTimeout."""
    try:
        root = parsed(data, at_most=at_most)
    except DocumentError as err:
        raise WsmanFault(INVALID_XML) from err
    body = root.find("s:Body", NAMESPACES)
    if body is None:
        raise WsmanFault(INVALID_XML)
    envelope = _header(root, "w:MaxEnvelopeSize")
    return Request(
        action=_header(root, "a:Action"),
        message_id=_header(root, "a:MessageID"),
        resource_uri=_header(root, "w:ResourceURI"),
        shell_id=_header(root, "w:SelectorSet/w:Selector[@Name='ShellId']"),
        timeout=_seconds(_header(root, "w:OperationTimeout")),
        max_envelope=int(envelope) if re.fullmatch(r"[0-9]{1,9}", envelope) else None,
        options={
            option.get("Name", ""): option.text or ""
            for option in root.iterfind("s:Header/w:OptionSet/w:Option", NAMESPACES)
        },
        body=body,
    )


def envelope(action: str, body: str, *, relates_to: str = "") -> bytes:
    """Write a reply. `body` is XML that may use the prefixes of NAMESPACES."""
    return (
        f"{_OPENING}<s:Header><a:Action>{action}</a:Action>"
        f"<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID><a:To>{_ANONYMOUS}</a:To>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def fault_envelope(fault: Fault, *, machine: str, relates_to: str = "") -> bytes:
    """Write a fault reply ([MS-WSMV] 2.2.4.43, WSManFault)."""
    reason = f"{escape(fault.reason)} "
    return envelope(
        FAULT_ACTION,
        f"<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>{fault.subcode}</s:Value></s:Subcode>"
        f'</s:Code><s:Reason><s:Text xml:lang="en-US">{reason}</s:Text></s:Reason><s:Detail>'
        f'<f:WSManFault Code="{fault.code}" Machine="{escape(machine)}"><f:Message>{reason}</f:Message>'
        "</f:WSManFault></s:Detail></s:Fault>",
        relates_to=relates_to,
    )


def _header(root: _Element, path: str) -> str:
    return (root.findtext(f"s:Header/{path}", default="", namespaces=NAMESPACES)).strip()


def _seconds(text: str) -> float | None:
    """Read an xs:duration of days and below. Packer sends the bare `PT` for a winrm_timeout under one second."""
    if not text:
        return None
    match = _DURATION.fullmatch(text)
    parts = {name: float(value) for name, value in match.groupdict().items() if value} if match else {}
    if not parts:
        raise WsmanFault(UNSUPPORTED_TIMEOUT)
    weights = {"days": 86400.0, "hours": 3600.0, "minutes": 60.0, "seconds": 1.0}
    return sum(value * weights[name] for name, value in parts.items())
