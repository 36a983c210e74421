"""A small HTTP proxy of the tests' own, on loopback: it tunnels, it passes messages on, and it refuses."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)", re.IGNORECASE)


@dataclass
class ProxyServer:
    """Leads every name to the guest's port on this host. `refuses` is the status for whoever comes, None for nobody.

    `user` is who must log on, as `name:password`. `lasting` False passes one message on and hangs up, as proxies do
    that do not keep connections apart; `announces` False does so without a word, and a little later. `heads` are the
    requests' heads as they came.
    """

    guest: int
    refuses: int | None = None
    user: str = ""
    lasting: bool = True
    announces: bool = True
    port: int = 0
    heads: list[str] = field(default_factory=list)

    def variables(self, scheme: str = "http", user: str = "") -> dict[str, str]:
        return {f"{scheme.upper()}_PROXY": f"http://{f'{user}@' if user else ''}127.0.0.1:{self.port}"}


@contextlib.contextmanager
def proxy_before(guest: int, **how: object) -> Iterator[ProxyServer]:
    server = ProxyServer(guest, **how)  # type: ignore[arg-type]  # as its fields are
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        threading.Thread(target=_accept, args=(listener, server), daemon=True).start()
        yield server


def _accept(listener: socket.socket, server: ProxyServer) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=_serve, args=(client, server), daemon=True).start()


def _serve(client: socket.socket, server: ProxyServer) -> None:
    with client, contextlib.suppress(OSError):
        while head := _head(client):
            server.heads.append(head.decode("latin-1"))
            method, target = head.split(b" ")[:2]
            if status := _refusal(head, server):
                client.sendall(f"HTTP/1.1 {status} No\r\nServer: testproxy\r\nContent-Length: 0\r\n\r\n".encode())
                return
            try:
                guest = socket.create_connection(("127.0.0.1", server.guest), 2)
            except OSError:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nServer: testproxy\r\nContent-Length: 0\r\n\r\n")
                return
            with guest:
                if method == b"CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    _join(client, guest)
                    return
                guest.sendall(head.replace(target, urlsplit(target).path, 1) + _body(client, head))
                if server.lasting:
                    _join(client, guest, server)
                    return
                _answer_once(client, guest, server)
                return


def _refusal(head: bytes, server: ProxyServer) -> int | None:
    if server.refuses:
        return server.refuses
    wanted = base64.b64encode(server.user.encode())
    return 407 if server.user and b"Proxy-Authorization: Basic " + wanted not in head else None


def _join(client: socket.socket, guest: socket.socket, server: ProxyServer | None = None) -> None:
    """Pass on both ways; where messages are passed on, each one's target becomes a path."""
    back = threading.Thread(target=_copy, args=(guest, client), daemon=True)
    back.start()
    if server is None:
        _copy(client, guest)
    else:
        while head := _head(client):
            server.heads.append(head.decode("latin-1"))
            target = head.split(b" ")[1]
            guest.sendall(head.replace(target, urlsplit(target).path, 1) + _body(client, head))
    with contextlib.suppress(OSError):
        guest.shutdown(socket.SHUT_RDWR)
    back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _answer_once(client: socket.socket, guest: socket.socket, server: ProxyServer) -> None:
    head = _head(guest)
    body = _body(guest, head)
    if server.announces:
        client.sendall(head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + body)
        return
    client.sendall(head + body)
    time.sleep(0.1)


def _head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = connection.recv(1)
        if not piece:
            return b""
        head += piece
    return head


def _body(connection: socket.socket, head: bytes) -> bytes:
    found, body = _LENGTH.search(head), b""
    while found and len(body) < int(found[1]):
        body += connection.recv(int(found[1]) - len(body))
    return body
