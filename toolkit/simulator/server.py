"""The simulated guest on a loopback port: started, asked, stopped without a trace."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import sys
import tempfile
import threading
from collections import deque
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from toolkit.errors import UsageError
from toolkit.files import PRIVATE
from toolkit.simulator.authentication import ConnectionAuthentication
from toolkit.simulator.connection import Connection, Exchange
from toolkit.simulator.credentials import CredentialStore
from toolkit.simulator.service import Service

if TYPE_CHECKING:
    from types import TracebackType

    from toolkit.certificates import Certificate
    from toolkit.simulator.state import GuestState

LOOPBACK = "127.0.0.1"

_HANDSHAKE_SECONDS = 10.0
_REMEMBERED = 10_000  # exchanges, the oldest forgotten first
_CLIENT_WENT_AWAY = (ConnectionError, TimeoutError, ssl.SSLError)


class SimulatedGuest:
    """A guest in the given state, listening on 127.0.0.1 while its `with` block lasts (or from `start` to `stop`).

    `port` 0 takes any free one. Raises UsageError when the port is taken, or when the state has no WinRM port open:
    such a guest answers nobody, and there is nothing to serve.
    """

    def __init__(self, state: GuestState, port: int = 0, tls: Certificate | None = None) -> None:
        self.state = state
        self.secure = tls is not None
        self._wanted_port = port
        self._tls = tls
        self._listener: _Listener | None = None
        self._thread: threading.Thread | None = None
        self._exchanges: deque[Exchange] = deque(maxlen=_REMEMBERED)
        self._request_count = 0
        self._connections = count(1)
        self._lock = threading.Lock()
        self.service = Service(state)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """The port that clients connect to, known once started."""
        return self._listener.server_address[1] if self._listener else self._wanted_port

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://{LOOPBACK}:{self.port}/wsman"

    @property
    def open_shells(self) -> int:
        """How many remote shells clients have opened and not yet deleted."""
        return len(self.service.shells)

    @property
    def request_count(self) -> int:
        return self._request_count

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """The requests so far, oldest first."""
        return tuple(self._exchanges)

    def start(self) -> None:
        """Listen, and serve from a thread."""
        if not self.state.reachable:
            raise UsageError(
                f"the guest {self.state.host_name} has no WinRM port open, so no client would reach it",
                help="Look at the steps of its first boot: nothing opened the listener and the firewall.",
            )
        self._credentials = CredentialStore(self.state)
        try:
            self._listener = _Listener(self, self._wanted_port, _tls_context(self._tls) if self._tls else None)
        except BaseException:
            self._credentials.close()
            raise
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.02}, name="simulated-guest", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, cut the connections, wait for their threads and remove the accounts' file."""
        if self._listener is None or self._thread is None:
            return
        self._listener.shutdown()
        self._listener.cut_connections()
        self.service.shells.close()
        self._listener.server_close()
        self._thread.join()
        self._credentials.close()
        self._listener = self._thread = None

    def authentication(self) -> ConnectionAuthentication:
        return ConnectionAuthentication(self.state, self._credentials, secure=self.secure)

    def note(self, exchange: Exchange) -> None:
        with self._lock:
            self._exchanges.append(exchange)
            self._request_count += 1

    def next_connection(self) -> int:
        return next(self._connections)


class _Listener(socketserver.ThreadingTCPServer):
    """Accepts connections, speaks TLS on them if asked to, and knows which are open."""

    allow_reuse_address = sys.platform != "win32"  # there it would let two servers share a port
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, guest: SimulatedGuest, port: int, tls: ssl.SSLContext | None) -> None:
        self.guest = guest
        self._tls = tls
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._stopping = False
        try:
            super().__init__((LOOPBACK, port), Connection)
        except OSError as err:
            raise UsageError(
                f"port {port} on {LOOPBACK} cannot be listened on: {err.strerror or err}",
                help="Another program has it, or it is reserved. Choose another port, or 0 for any free one.",
            ) from err

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection in its own thread; a TLS handshake happens here so that it keeps nobody waiting."""
        with self._tracked(request):
            if self._tls is None:
                self._handle(request, client_address)
                return
            request.settimeout(_HANDSHAKE_SECONDS)
            with self._tls.wrap_socket(request, server_side=True) as secured, self._tracked(secured):
                self._handle(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let clients leave without a word; anything else is our fault and shows its traceback."""
        if not isinstance(sys.exception(), _CLIENT_WENT_AWAY):
            super().handle_error(request, client_address)

    def cut_connections(self) -> None:
        """End every connection, and every one that was accepted but not yet served."""
        with self._lock:
            self._stopping = True
            for connection in self._connections:
                _cut(connection)

    def _handle(self, connection: socket.socket, client_address: Any) -> None:
        Connection(connection, client_address, self)

    @contextlib.contextmanager
    def _tracked(self, connection: socket.socket) -> Any:
        with self._lock:
            self._connections.add(connection)
            if self._stopping:
                _cut(connection)
        try:
            yield
        finally:
            with self._lock:
                self._connections.discard(connection)


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _tls_context(certificate: Certificate) -> ssl.SSLContext:
    """Load the certificate by way of a private file, the only way that ssl knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory(prefix="unattend-tls-") as folder:
        pem = Path(folder) / "server.pem"
        pem.touch(mode=PRIVATE)
        pem.write_text(certificate.pem.reveal(), encoding="ascii")
        context.load_cert_chain(pem)
    return context
