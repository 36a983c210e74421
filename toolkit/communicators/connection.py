"""One HTTP connection to one guest: everything about it bounded, and never replaced behind the caller's back."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from typing import TYPE_CHECKING, cast

from toolkit.communicators.errors import (
    CertificateError,
    CommunicatorError,
    GarbledError,
    TlsError,
    UnreachableError,
)
from toolkit.communicators.proxy import connected
from toolkit.communicators.trust import check_pin, secure_context
from toolkit.communicators.wire import Wire
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.communicators.endpoint import Endpoint

# A guest's answer is bounded by MaxEnvelopeSizekb (500 kB by default, 8 MB at most: MicrosoftDocs/win32
# desktop-src/WinRM/installation-and-configuration-for-windows-remote-management.md); base64 and sealing add to it.
LARGEST_ANSWER = 16 * 1024 * 1024
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, whole."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    def header(self, name: str) -> str:
        return next(iter(self.all(name)), "")


class Connection:
    """Open from the first `post` until `close`, or until the guest ends it.

    The guest is reached directly, save where the endpoint names a proxy: the environment's are not looked at here.
    """

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext | None, connect_timeout: float) -> None:
        self._endpoint = endpoint
        self._context = context
        self._connect_timeout = connect_timeout
        self._socket: socket.socket | None = None

    @property
    def certificate(self) -> bytes | None:
        """The guest's certificate (DER), None without TLS."""
        return self._socket.getpeercert(binary_form=True) if isinstance(self._socket, ssl.SSLSocket) else None

    def usable(self) -> bool:
        """Tell whether the guest still holds the connection: http.sys closes an idle one after two minutes."""
        if self._socket is None:
            return False
        try:
            self._socket.setblocking(False)
            # Under TLS this takes in what is not for us, such as tickets; anything that is for us was not asked for.
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except (OSError, ValueError):
            return False
        return False

    def open(self) -> None:
        """Connect anew, with TLS where the endpoint says so. Raises CommunicatorError."""
        self.close()
        endpoint = self._endpoint
        try:
            self._socket = connected(endpoint, self._connect_timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                self._socket = self._context.wrap_socket(self._socket, server_hostname=endpoint.name)
            check_pin(endpoint, self.certificate)
        except BaseException as err:
            self.close()
            if isinstance(err, OSError | UnicodeError):
                raise broken(err, endpoint) from err
            raise

    def post(self, body: bytes, headers: Mapping[str, str], timeout: float) -> Response:
        """Send one message and read its answer, within `timeout` seconds altogether. Raises CommunicatorError."""
        if self._socket is None:
            self.open()
        connection = cast("socket.socket", self._socket)
        deadline = time.monotonic() + timeout
        try:
            connection.settimeout(timeout)
            connection.sendall(self._request(body, headers))
            response, lasting = _read(Wire(connection, deadline), self._endpoint.authority)
        except CommunicatorError:
            self.close()
            raise
        except (OSError, http.client.HTTPException, ValueError) as err:
            self.close()
            raise broken(err, self._endpoint) from err
        if not lasting:
            self.close()
        return response

    def close(self) -> None:
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()

    def _request(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        fields = {
            "Host": self._endpoint.host_field,
            "User-Agent": "unattend",
            "Connection": "Keep-Alive",
            "Content-Length": str(len(body)),
            **(self._endpoint.relay.headers if self._endpoint.relay else {}),
            **headers,
        }
        lines = (
            f"POST {self._endpoint.target} HTTP/1.1",
            *(f"{key}: {value}" for key, value in fields.items()),
            "",
            "",
        )
        return "\r\n".join(lines).encode("latin-1") + body


def context_of(endpoint: Endpoint) -> ssl.SSLContext | None:
    """Make the endpoint's TLS context, once for all its connections; None for plain http."""
    return secure_context(endpoint) if endpoint.ssl else None


def broken(err: BaseException, endpoint: Endpoint) -> CommunicatorError:
    """Tell in our terms what ended a connection."""
    place = endpoint.authority
    match err:
        case ssl.SSLCertVerificationError():
            return CertificateError(f"The certificate of {place} is not accepted: {err.verify_message}.")
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return UnreachableError(f"The connection to {place} broke ({type(err).__name__}).")
        case ssl.SSLError():
            return TlsError(f"{place} and this host do not agree on TLS ({err.reason or err}).")
        case TimeoutError():
            return UnreachableError(f"{place} stopped answering.")
        case ValueError() if not isinstance(err, UnicodeError):
            return GarbledError(f"{place} sent an answer that is not HTTP.")
        case _:
            return UnreachableError(f"The connection to {place} broke ({type(err).__name__}).")


def _read(wire: Wire, place: str) -> tuple[Response, bool]:
    """Read one response. The second value tells whether the connection outlives it."""
    # HTTPResponse asks a socket for nothing but makefile.
    response = http.client.HTTPResponse(cast("socket.socket", wire), method="POST")
    try:
        response.begin()
        lasting = not response.will_close
        body = _body(response, place)
        return Response(response.status, tuple(response.getheaders()), body), lasting
    finally:
        response.close()


def _body(response: http.client.HTTPResponse, place: str) -> bytes:
    body = bytearray()
    while piece := response.read1(_PIECE):
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise GarbledError(f"{place} sent an answer that is too long for WinRM.")
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return bytes(body)
