"""Which of a guest's usual ports answer: what tells "not booted" from "WinRM off" when WinRM's own port does not."""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import time
from enum import StrEnum
from typing import TYPE_CHECKING

from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.verify.name import Address

SERVICES = {
    5985: "WinRM over http",
    5986: "WinRM over https",
    3389: "Remote Desktop",
    445: "file sharing",
    135: "RPC",
    22: "SSH",
}
WINRM = frozenset({5985, 5986})
_IN_PROGRESS = {errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK)}


class Door(StrEnum):
    """OPEN: accepts. SHUT: refuses, so the host is up. SILENT: no answer in time."""

    OPEN = "open"
    SHUT = "shut"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Doors:
    """What knocking brought, by port."""

    found: tuple[tuple[int, Door], ...] = ()

    def with_state(self, state: Door) -> tuple[int, ...]:
        return tuple(port for port, door in self.found if door is state)

    @property
    def open(self) -> tuple[int, ...]:
        return self.with_state(Door.OPEN)

    @property
    def other_winrm(self) -> tuple[int, ...]:
        return tuple(port for port in self.open if port in WINRM)

    @property
    def windows(self) -> tuple[int, ...]:
        """The open ports that speak for a Windows that is up."""
        return tuple(port for port in self.open if port not in WINRM)

    def told(self) -> str:
        """Say it in one line of evidence; empty where nobody knocked."""
        if not self.found:
            return ""
        parts = (
            f"{state}: {', '.join(f'{port} ({SERVICES.get(port, chr(63))})' for port in ports)}"
            for state in Door
            if (ports := self.with_state(state))
        )
        return f"Other ports: {'; '.join(parts)}"


def knock(address: Address, ports: Iterable[int], seconds: float) -> Doors:
    """Try to connect to every port at once, for so many seconds altogether. Nothing is said on any of them."""
    with contextlib.ExitStack() as sockets, selectors.DefaultSelector() as waiting:
        found: dict[int, Door] = {}
        for port in dict.fromkeys(ports):
            try:
                connection = sockets.enter_context(socket.socket(address.family, socket.SOCK_STREAM))
            except OSError:  # a host without IPv6, to which a name server names such addresses all the same
                found[port] = Door.SILENT
                continue
            connection.setblocking(False)
            code = connection.connect_ex(address.at(port).sockaddr)
            found[port] = _door(code)
            if code in _IN_PROGRESS:
                waiting.register(connection, selectors.EVENT_WRITE, port)
        deadline = time.monotonic() + seconds
        while waiting.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in waiting.select(left):
                waiting.unregister(key.fileobj)
                code = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # type: ignore[union-attr]  # a socket
                found[key.data] = _door(code)
    return Doors(tuple(found.items()))


def _door(code: int) -> Door:
    match code:
        case 0:
            return Door.OPEN
        case errno.ECONNREFUSED:
            return Door.SHUT
        case _:
            return Door.SILENT
