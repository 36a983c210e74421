"""The simulated guest on a loopback port: started, asked, stopped without a trace."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import sys
import threading
from collections import deque
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from toolkit.errors import UsageError
from toolkit.simulator.authentication import Channel, ConnectionAuthentication
from toolkit.simulator.connection import Connection, Exchange
from toolkit.simulator.credentials import CredentialStore
from toolkit.simulator.plan import HangUp, Hush, Plan
from toolkit.simulator.service import Service
from toolkit.simulator.trust import Mapping, Schannel, binding, server_context
from toolkit.simulator.upset import hang_up, hush

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

    `port` 0 takes any free one. `plan` holds what goes wrong, `mapping` whom client certificates stand for. Raises
    UsageError when the port is taken, or when the state has no WinRM port open: such a guest answers nobody, and there
    is nothing to serve.
    """

    def __init__(
        self,
        state: GuestState,
        port: int = 0,
        tls: Certificate | None = None,
        *,
        plan: Plan | None = None,
        schannel: Schannel = Schannel.MODERN,
        mapping: Mapping | None = None,
    ) -> None:
        self.state = state
        self.plan = plan or Plan()
        self._schannel = schannel
        self._mapping = mapping
        self.secure = tls is not None
        self._wanted_port = port
        self._tls = tls
        self._listener: _Listener | None = None
        self._thread: threading.Thread | None = None
        self._exchanges: deque[Exchange] = deque(maxlen=_REMEMBERED)
        self._request_count = 0
        self._connections = count(1)
        self._lock = threading.Lock()
        self.service = Service(state, plan)

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
    def files(self) -> tuple[str, ...]:
        """The files that clients have written and not yet removed, by path in lower case."""
        return self.service.shells.files.paths

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
            tls = server_context(self._tls, self._schannel, self._mapping) if self._tls else None
            self._listener = _Listener(self, self._wanted_port, tls)
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

    def authentication(self, connection: socket.socket) -> ConnectionAuthentication:
        shown = isinstance(connection, ssl.SSLSocket) and bool(connection.getpeercert())
        channel = Channel(
            binding=binding(self._tls) if self._tls else None,
            mapped=self._mapping.user if self._mapping and shown else None,
        )
        return ConnectionAuthentication(self.state, self._credentials, channel, self.now)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.state.clock_error

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
            if self._turned_away(request):
                return
            if self._tls is None:
                self._handle(request, client_address)
                return
            request.settimeout(_HANDSHAKE_SECONDS)
            with self._tls.wrap_socket(request, server_side=True) as secured, self._tracked(secured):
                self._handle(secured, client_address)

    def _turned_away(self, request: socket.socket) -> bool:
        """Do what the plan has in store for whoever connects."""
        plan = self.guest.plan
        match plan.connecting:
            case Hush():
                hush(request)
            case HangUp():
                request.recv(65536)
                hang_up(request, reset=plan.connecting.reset)
            case None if plan.greeting:
                request.sendall(plan.greeting)
                request.recv(65536)
            case None:
                return False
        return True

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
