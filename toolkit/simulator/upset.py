"""What goes wrong, done to a connection: bytes that come late, half, for ever, or not at all."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.simulator.plan import Drip

_HEAD = b"HTTP/1.1 200 OK\r\nServer: Microsoft-HTTPAPI/2.0\r\nContent-Type: application/soap+xml;charset=UTF-8\r\n"
_ENDLESS = b"Transfer-Encoding: chunked\r\n\r\n"


def hush(connection: socket.socket) -> None:
    """Listen until the other side has had enough."""
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass


def hang_up(connection: socket.socket, *, reset: bool) -> None:
    """Close, with a reset where asked for."""
    with contextlib.suppress(OSError):
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


def break_off(connection: socket.socket) -> None:
    """Announce more than comes."""
    with contextlib.suppress(OSError):
        connection.sendall(_HEAD + b"Content-Length: 5000\r\n\r\n<s:Envelope")


def drip(connection: socket.socket, how: Drip) -> None:
    """Send a body without end, until the other side has had enough."""
    pause = threading.Event()
    chunk = b"%x\r\n%b\r\n" % (len(how.drop), how.drop)
    with contextlib.suppress(OSError):
        connection.sendall(_HEAD + _ENDLESS)
        while not pause.wait(how.seconds):
            connection.sendall(chunk)
