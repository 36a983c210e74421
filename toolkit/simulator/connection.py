"""One HTTP connection to the guest, as http.sys and the WinRM service behind it answer."""

from __future__ import annotations

import re
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Protocol, assert_never, cast

from toolkit.simulator.authentication import ConnectionAuthentication, Granted, Refused
from toolkit.simulator.faults import WsmanFault
from toolkit.simulator.identify import identify_response
from toolkit.simulator.plan import BreakOff, Drip, HangUp, Hush, Raise, Say, Upset
from toolkit.simulator.sealing import SealError, is_sealed, opened, sealed
from toolkit.simulator.soap import fault_envelope, read_request
from toolkit.simulator.upset import break_off, drip, hang_up, hush
from toolkit.values import dataclass

if TYPE_CHECKING:
    import socket
    from datetime import datetime

    from toolkit.simulator.service import Service
    from toolkit.simulator.state import GuestState

_PATH = "/wsman"
_SOAP = "application/soap+xml;charset=UTF-8"
_SEAL_OVERHEAD = 4096  # the multipart frame around a sealed envelope
_IDLE_SECONDS = 120.0  # http.sys closes idle connections after two minutes


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its status, for those who want to see what a client does. Holds no payload and no secret."""

    connection: int
    method: str
    path: str
    action: str
    sealed: bool
    user: str
    status: int


class Endpoint(Protocol):
    """What a connection needs of the guest that it belongs to."""

    state: GuestState
    service: Service
    secure: bool

    def authentication(self, connection: socket.socket) -> ConnectionAuthentication:
        """Give a new connection's authentication, which has proven nothing yet."""

    def now(self) -> datetime:
        """Read the guest's clock."""

    def note(self, exchange: Exchange) -> None:
        """Keep a record of what was exchanged."""

    def next_connection(self) -> int:
        """Number the connections from 1."""


class Serving(Protocol):
    """The listening server that a connection came from."""

    guest: Endpoint


class Connection(BaseHTTPRequestHandler):
    """Keeps the connection's authentication, as NTLM belongs to a connection and not to a request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS

    def setup(self) -> None:
        super().setup()
        self.endpoint = cast("Serving", self.server).guest
        self.number = self.endpoint.next_connection()
        self._authentication = self.endpoint.authentication(self.connection)
        self._action = self._user = ""
        self._sealed = False
        self._final_token: str | None = None

    def version_string(self) -> str:
        return "Microsoft-HTTPAPI/2.0"

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Give the Date header by the guest's clock."""
        return super().date_time_string(self.endpoint.now().timestamp() if timestamp is None else timestamp)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing: the exchange is noted instead."""

    def do_POST(self) -> None:
        self._action = self._user = ""
        self._sealed = is_sealed(self.headers.get("Content-Type", ""))
        body = self._body()
        if body is None:
            return
        if upset := self.endpoint.service.course.upset(""):
            self._upset(upset)
        elif self._wants_identity(body):
            self._answer(200, identify_response(self.endpoint.state.windows, authenticated=False))
        elif self.path.partition("?")[0].rstrip("/").lower() != _PATH:
            self._answer(404)
        else:
            self._serve(body)

    def do_GET(self) -> None:
        self._action = self._user = ""
        self._answer(405, headers=(("Allow", "POST"),))

    do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_GET  # noqa: N815  (http.server's names)

    def _body(self) -> bytes | None:
        """Read the request's body, or answer why not: 411 without a length, 400 for a bad one, 413 for too much."""
        length = self.headers.get("Content-Length")
        status = 0
        if length is None:
            status = 411
        elif not re.fullmatch(r"[0-9]{1,18}", length.strip()):
            status = 400
        elif int(length) > self.endpoint.state.max_envelope_kb * 1024 + _SEAL_OVERHEAD:
            status = 413
        if status or length is None:
            self.close_connection = True
            self._answer(status)
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _wants_identity(self, body: bytes) -> bool:
        if self.headers.get("WSMANIDENTIFY", "").strip().lower() != "unauthenticated":
            return False
        try:
            return read_request(body, at_most=len(body)).identify
        except WsmanFault:
            return False

    def _serve(self, body: bytes) -> None:
        verdict = self._authentication.verdict(self.headers.get("Authorization"))
        match verdict:
            case Refused(challenges):
                self._answer(401, challenges=challenges)
            case Granted(user, token):
                self._user, self._final_token = user.name, token
                self._serve_user(body, verdict)

    def _serve_user(self, body: bytes, granted: Granted) -> None:
        if not body:  # the empty last leg of a handshake, before a client seals its first message
            self._answer(200)
            return
        if not self._sealed and not self._authentication.plain_allowed:
            # Modelled on what clients report of such guests: "401 - invalid content type" (hashicorp/packer#6205).
            self._final_token = None
            self._answer(401, challenges=self._authentication.offers)
            return
        try:
            plain = opened(body, self._authentication) if self._sealed else body
        except SealError:
            self._answer(400)
            return
        reply = self.endpoint.service.reply(plain, granted.user)
        self._action = reply.action
        if reply.upset is None:
            self._answer(reply.status, reply.body)
        else:
            self._upset(reply.upset)

    def _upset(self, upset: Upset) -> None:
        """Do what the plan has in store in place of an answer; only a whole HTTP response spares the connection."""
        if isinstance(upset, Say):
            self._answer(upset.status, upset.body, headers=upset.headers)
            return
        if isinstance(upset, Raise):
            self._answer(500, fault_envelope(upset.fault, machine=self.endpoint.state.host_name))
            return
        self.close_connection = True
        match upset:
            case Hush():
                hush(self.connection)
            case HangUp():
                hang_up(self.connection, reset=upset.reset)
            case BreakOff():
                break_off(self.connection)
            case Drip():
                drip(self.connection, upset)
            case _:
                assert_never(upset)

    def _answer(
        self,
        status: int,
        body: bytes = b"",
        *,
        challenges: tuple[str, ...] = (),
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        content_type = _SOAP
        if self._sealed and body and status in {200, 500}:
            content_type, body = sealed(body, self._authentication, credssp=self._authentication.credssp)
        self.endpoint.note(
            Exchange(self.number, self.command, self.path, self._action, self._sealed, self._user, status)
        )
        self._begin(status, headers)
        if body:
            self.send_header("Content-Type", content_type)
        for challenge in (*challenges, *((self._final_token,) if self._final_token else ())):
            self.send_header("WWW-Authenticate", challenge)
        self._final_token = None
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _begin(self, status: int, headers: tuple[tuple[str, str], ...]) -> None:
        """Send the status line; headers of another server replace the guest's own."""
        given = {name.lower() for name, _ in headers}
        self.send_response_only(status)
        own = (("Server", self.version_string()), ("Date", self.date_time_string()))
        for name, value in (*headers, *((name, value) for name, value in own if name.lower() not in given)):
            if value:
                self.send_header(name, value)
