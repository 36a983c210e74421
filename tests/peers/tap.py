"""What a client says to a guest, message by message, written down on the way."""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)
_ENCODED = re.compile(r"-EncodedCommand (\S+)")


@contextlib.contextmanager
def tap(port: int) -> Iterator[tuple[int, list[str]]]:
    """Stand before a guest's port; give the port to connect to, and the messages that go by in the clear."""
    messages: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, port, messages), daemon=True).start()
        yield listener.getsockname()[1], messages


def shape(message: str) -> tuple[str, ...]:
    """Give what the guest can tell clients apart by: action, resource, options, program, stdin, signal; no ids."""
    action = re.search(r"/(\w+)</a:Action>", message)
    resource = re.search(r"<w:ResourceURI[^>]*>([^<]*)<", message)
    options = re.findall(r'<w:Option Name="(\w+)">(\w*)<', message)
    return (
        action[1] if action else "",
        resource[1] if resource else "",
        *(f"{name}={value}" for name, value in options),
        *_program(message),
        *_stdin(message),
        *re.findall(r"<rsp:Code>([^<]*)<", message),
    )


def _program(message: str) -> Iterator[str]:
    """Give the command and its switches, down through every script that starts PowerShell again; no script itself."""
    found = re.search(r"<rsp:Command>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</rsp:Command>", message)
    rest = re.search(r"<rsp:Arguments>([^<]*)<", message)
    line = f"{found[1] if found else ''} {rest[1] if rest else ''}".strip()
    if line and not _ENCODED.search(line):
        yield line
    while line and (encoded := _ENCODED.search(line)):
        yield line[: encoded.start()]
        line = base64.b64decode(encoded[1]).decode("utf-16-le")


def _stdin(message: str) -> Iterator[str]:
    for attributes, data in re.findall(r"<rsp:Stream ([^>]*)>([^<]*)<", message):
        yield f"stdin: {len(base64.b64decode(data))} bytes"
        if re.search('End="true"', attributes):
            yield "stdin ends"


def _accept(listener: socket.socket, port: int, messages: list[str]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        guest = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=_heard, args=(client, guest, messages), daemon=True).start()
        threading.Thread(target=_passed_on, args=(guest, client), daemon=True).start()


def _heard(client: socket.socket, guest: socket.socket, messages: list[str]) -> None:
    waiting = b""
    for data in _read(client):
        guest.sendall(data)
        waiting += data
        while (head := waiting.partition(b"\r\n\r\n"))[1] and (length := _LENGTH.search(head[0] + b"\r\n")):
            if len(head[2]) < int(length[1]):
                break
            body, waiting = head[2][: int(length[1])], head[2][int(length[1]) :]
            if body:
                messages.append(body.decode())
    with contextlib.suppress(OSError):
        guest.shutdown(socket.SHUT_WR)


def _passed_on(guest: socket.socket, client: socket.socket) -> None:
    with guest, client, contextlib.suppress(OSError):
        for data in _read(guest):
            client.sendall(data)


def _read(connection: socket.socket) -> Iterator[bytes]:
    with contextlib.suppress(OSError):
        while data := connection.recv(65536):
            yield data
