"""An HTTP proxy on the way to a guest: its address, and asking it for a connection (RFC 9110, 9.3.6)."""

from __future__ import annotations

import base64
import re
import socket
import time
import urllib.parse
from typing import TYPE_CHECKING

from toolkit.communicators.errors import ProxyError
from toolkit.communicators.location import bracketed
from toolkit.secret import Secret
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import Endpoint

_PORT = 80  # where the variable names none, as requests has it
HTTP_SYS = "Microsoft-HTTPAPI"  # in whose name all of WinRM's answers go out
_REFUSALS = frozenset({403, 407, 500, 502, 503, 504})  # tinyproxy says 500 of a guest that it does not reach
_LARGEST_HEAD = 16 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] (?P<status>\d{3})(?: (?P<reason>[^\r\n]*))?\r\n")


@dataclass(frozen=True, slots=True)
class Proxy:
    """`variable` is what names it. `authorization` is the header's value where it holds a user and a password."""

    host: str
    port: int
    variable: str
    authorization: Secret | None = None

    @property
    def shown(self) -> str:
        """The variable and the address, without any credentials."""
        return f"{self.variable}={bracketed(self.host)}:{self.port}"

    @property
    def headers(self) -> dict[str, str]:
        return {"Proxy-Authorization": self.authorization.reveal()} if self.authorization else {}


def read_proxy(variable: str, url: str) -> Proxy | None:
    """Read a variable's value; None for a proxy of another kind than http, or no address at all."""
    try:
        parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port or _PORT
    except ValueError:
        return None
    if parts.scheme != "http" or not host:
        return None
    return Proxy(host, port, variable, _authorization(parts))


def speaks_itself(status: int, server: str) -> bool:
    """Tell whether an answer that came by a relay is its own refusal: WinRM's all bear the name of http.sys."""
    return status in _REFUSALS and not server.startswith(HTTP_SYS)


def connected(endpoint: Endpoint, timeout: float) -> socket.socket:
    """Connect to the guest, or to the proxy before it, which leads TLS on. Raises OSError and ProxyError."""
    proxy = endpoint.proxy
    if proxy is None:
        return socket.create_connection((endpoint.address or endpoint.host, endpoint.port), timeout)
    connection = socket.create_connection((proxy.host, proxy.port), timeout)
    if endpoint.ssl:
        lead(connection, proxy, endpoint.authority, timeout)
    return connection


def lead(connection: socket.socket, proxy: Proxy, authority: str, timeout: float) -> None:
    """Have the proxy lead the connection on to `authority`. Closes it, and raises OSError or ProxyError, if not."""
    fields = {"Host": authority, "User-Agent": "unattend", **proxy.headers}
    lines = (f"CONNECT {authority} HTTP/1.1", *(f"{key}: {value}" for key, value in fields.items()), "", "")
    try:
        connection.settimeout(timeout)
        connection.sendall("\r\n".join(lines).encode("latin-1"))
        _check(_head(connection, time.monotonic() + timeout), proxy)
        connection.settimeout(timeout)
    except BaseException:
        connection.close()
        raise


def _check(head: bytes, proxy: Proxy) -> None:
    found = _STATUS.match(head)
    status = int(found["status"]) if found else 0
    if not 200 <= status < 300:
        reason = (found["reason"] or b"") if found else b""
        raise ProxyError(proxy.shown, status, reason.decode("ascii", "replace").strip())


def _head(connection: socket.socket, deadline: float) -> bytes:
    """Read byte by byte: what follows the head is the guest's."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n") and len(head) < _LARGEST_HEAD:
        if (left := deadline - time.monotonic()) <= 0:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(1)
        if not piece:
            break
        head += piece
    return bytes(head)


def _authorization(parts: urllib.parse.SplitResult) -> Secret | None:
    if parts.username is None:
        return None
    pair = ":".join(urllib.parse.unquote(part or "") for part in (parts.username, parts.password))
    return Secret(f"Basic {base64.b64encode(pair.encode()).decode('ascii')}")
