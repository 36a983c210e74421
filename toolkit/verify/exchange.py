"""One HTTP request and whatever comes back, bounded in time and size: the other side may be anything."""

from __future__ import annotations

import http.client
import time
from typing import TYPE_CHECKING, TypeAlias, cast

from toolkit.communicators.wire import Wire
from toolkit.values import dataclass

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

LARGEST_BODY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP response. `whole` says whether the body ended as announced, before time and LARGEST_BODY ran out."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    whole: bool

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.headers if key.lower() == name.lower())

    def header(self, name: str) -> str:
        return next(iter(self.all(name)), "")


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing came until the time was up."""


@dataclass(frozen=True, slots=True)
class HangUp:
    """The other side closed, or reset, the connection without a word."""

    reset: bool


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something came that is not HTTP. `first` holds its first bytes."""

    first: bytes


Outcome: TypeAlias = Answer | Silence | HangUp | Foreign


def post(
    connection: socket.socket, host: str, target: str, body: bytes, headers: Mapping[str, str], *, seconds: float
) -> Outcome:
    """POST `body`, read one answer, and close the connection. Never raises for what the other side does."""
    deadline = time.monotonic() + seconds
    wire = Wire(connection, deadline)
    try:
        connection.settimeout(seconds)
        connection.sendall(_request(host, target, body, headers))
        return _read(wire)
    except TimeoutError:
        return Foreign(wire.first) if wire.first else Silence()
    except (http.client.HTTPException, ValueError):
        return Foreign(wire.first) if wire.first else HangUp(reset=False)
    except OSError:
        return Foreign(wire.first) if wire.first else HangUp(reset=True)
    finally:
        connection.close()


def _request(host: str, target: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    fields = {"Host": host, "User-Agent": "unattend", "Connection": "close", "Content-Length": str(len(body))}
    lines = [f"POST {target} HTTP/1.1", *(f"{key}: {value}" for key, value in (fields | dict(headers)).items()), "", ""]
    return "\r\n".join(lines).encode() + body


def _read(wire: Wire) -> Answer:
    # HTTPResponse asks a socket for nothing but makefile.
    response = http.client.HTTPResponse(cast("socket.socket", wire), method="POST")
    try:
        response.begin()
        body, whole = _body(response)
        return Answer(response.status, response.reason, tuple(response.getheaders()), body, whole)
    finally:
        response.close()


def _body(response: http.client.HTTPResponse) -> tuple[bytes, bool]:
    body = bytearray()
    try:
        while len(body) < LARGEST_BODY:
            piece = response.read1(LARGEST_BODY - len(body))
            if not piece:
                return bytes(body), not response.length
            body += piece
    except (OSError, http.client.HTTPException):
        pass
    return bytes(body), response.length == 0
