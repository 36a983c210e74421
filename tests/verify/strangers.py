"""Servers that are not a guest, or not a healthy one: each talks over a bare socket on loopback."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Talk: TypeAlias = "Callable[[socket.socket], None]"
HTTP_SYS = "Microsoft-HTTPAPI/2.0"


@contextlib.contextmanager
def stranger(talk: Talk, tls: ssl.SSLContext | None = None, *, host: str = "127.0.0.1") -> Iterator[int]:
    """Serve every connection with `talk`, under TLS if given a context; give the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener, contextlib.ExitStack() as open_ones:
        threads: list[threading.Thread] = []
        stopping = threading.Event()
        acceptor = threading.Thread(target=_accept, args=(listener, stopping, talk, tls, threads, open_ones))
        acceptor.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stopping.set()
            socket.create_connection(listener.getsockname()[:2]).close()  # wakes accept on every system
            acceptor.join(5)
            open_ones.close()
            for thread in threads:
                thread.join(5)


def _accept(
    listener: socket.socket,
    stopping: threading.Event,
    talk: Talk,
    tls: ssl.SSLContext | None,
    threads: list[threading.Thread],
    open_ones: contextlib.ExitStack,
) -> None:
    while True:
        connection, _ = listener.accept()
        if stopping.is_set():
            connection.close()
            return
        open_ones.callback(_cut_off, connection)
        thread = threading.Thread(target=_serve, args=(connection, talk, tls))
        threads.append(thread)
        thread.start()


def _cut_off(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _serve(connection: socket.socket, talk: Talk, tls: ssl.SSLContext | None) -> None:
    with connection, contextlib.suppress(OSError):
        if tls is None:
            talk(connection)
        else:
            with tls.wrap_socket(connection, server_side=True) as secured:
                talk(secured)


def tls_context(pem: str, folder: Path) -> ssl.SSLContext:
    """Make a server's context of a certificate and its key."""
    file = folder / "server.pem"
    file.write_text(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def response(status: str, body: bytes = b"", *, server: str = HTTP_SYS, length: int | None = None) -> bytes:
    """Spell an HTTP response, which may announce another length than it has."""
    announced = len(body) if length is None else length
    lines = (f"HTTP/1.1 {status}", *((f"Server: {server}",) if server else ()), f"Content-Length: {announced}")
    return "\r\n".join((*lines, "", "")).encode() + body


def heard(connection: socket.socket) -> bytes:
    """Read one whole request."""
    request = b""
    while b"\r\n\r\n" not in request:
        piece = connection.recv(65536)
        if not piece:
            return request
        request += piece
    head, _, body = request.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length and (piece := connection.recv(65536)):
        body += piece
    return head + b"\r\n\r\n" + body


def says(answer: bytes) -> Talk:
    """Hear one request, answer it, close."""

    def talk(connection: socket.socket) -> None:
        if heard(connection):
            connection.sendall(answer)

    return talk


def greets(banner: bytes) -> Talk:
    """Speak first, as SSH, SMTP and FTP do, and then listen."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(banner)
        connection.recv(65536)

    return talk


def never_answers(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def hangs_up(connection: socket.socket) -> None:
    connection.recv(65536)


def alerts(alert: int) -> Talk:
    """Answer anything with a fatal TLS alert of this number (RFC 8446, 6)."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(bytes((0x15, 3, 1, 0, 2, 2, alert)))

    return talk


def drips(head: bytes, drop: bytes, seconds: float) -> Talk:
    """Answer with a head, and then a little more for ever."""

    def talk(connection: socket.socket) -> None:
        heard(connection)
        connection.sendall(head)
        pause = threading.Event()
        while not pause.wait(seconds):
            connection.sendall(drop)

    return talk


def forwards_to(port: int) -> Talk:
    """Pass everything on to another port, and its answers back."""

    def talk(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as onward:
            _pass_on(connection, onward)

    return talk


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    """Pass on both ways in one thread: TLS must not be read in one and written in another at the same time."""
    ends = {one: other, other: one}
    while ready := _readable(ends):
        for source in ready:
            source.setblocking(False)
            try:
                data = source.recv(65536)
            except (ssl.SSLWantReadError, BlockingIOError):
                continue  # a ticket, or less than a whole record
            finally:
                source.setblocking(True)
            if not data:
                return
            ends[source].sendall(data)


def _readable(ends: Iterable[socket.socket]) -> list[socket.socket]:
    held: list[socket.socket] = [end for end in ends if isinstance(end, ssl.SSLSocket) and end.pending()]
    return held or select.select(list(ends), [], [], 5)[0]


def relays_to(port: int) -> Talk:
    """End TLS, and pass on what was in it to a TLS port that is not checked: the man in the middle."""

    def talk(connection: socket.socket) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as onward:
            _pass_on(connection, onward)

    return talk


def unused_port() -> int:
    """Find a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
