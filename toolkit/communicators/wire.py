"""As much of a socket as http.client reads from, with one deadline over everything that is read."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

_KEPT = 64  # bytes of a foreign answer that are worth showing


class Wire:
    """Stands in for the socket of an HTTPResponse, and remembers the first bytes that came.

    `deadline` is a moment of time.monotonic; past it, reading raises TimeoutError however slowly the bytes drip.
    """

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._reader = _Reader(connection, deadline)

    def makefile(self, mode: str) -> io.BufferedReader:  # noqa: ARG002  (the socket's signature)
        return io.BufferedReader(self._reader)

    @property
    def first(self) -> bytes:
        return bytes(self._reader.first)


class _Reader(io.RawIOBase):
    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline
        self.first = bytearray()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # every caller gives a memoryview
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer does not end")
        self._connection.settimeout(left)
        count = self._connection.recv_into(buffer)
        self.first += bytes(buffer[: min(count, _KEPT - len(self.first))])
        return count
