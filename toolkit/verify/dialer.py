"""Fresh connections to the address that answered, plain or under TLS, for the probes below authentication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.communicators.errors import ProxyError
from toolkit.communicators.proxy import lead
from toolkit.values import dataclass
from toolkit.verify import tcp
from toolkit.verify.proxy_refusal import refusal, unreachable
from toolkit.verify.rung import RungError

if TYPE_CHECKING:
    import socket
    import ssl

    from toolkit.communicators.proxy import Proxy
    from toolkit.verify.limits import Limits
    from toolkit.verify.name import Address


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A proxy that leads on to `authority`."""

    proxy: Proxy
    authority: str


@dataclass(frozen=True, slots=True)
class Dialer:
    """Dials one address. `host` is the name that TLS is asked for (SNI) and that the certificate must bear.

    Behind a `tunnel`, the address is the proxy's.
    """

    host: str
    address: Address
    limits: Limits
    tunnel: Tunnel | None = None

    @property
    def place(self) -> str:
        """Where the guest's port is, for messages."""
        return self.tunnel.authority if self.tunnel else f"{self.address} port {self.address.port}"

    def plain(self) -> socket.socket:
        """Raises RungError (of the TCP rung, or of the proxy's) where the port no longer accepts."""
        connection = tcp.reconnect(self.address, self.limits.connect)
        if self.tunnel is None:
            return connection
        try:
            # The proxy answers only when the guest has, or has not.
            lead(connection, self.tunnel.proxy, self.tunnel.authority, self.limits.connect + self.limits.answer)
        except ProxyError as err:
            raise RungError(refusal(err, self.tunnel.authority)) from err
        except OSError as err:
            raise RungError(unreachable(self.tunnel.proxy.shown, (str(err),), self.tunnel.authority)) from err
        return connection

    def secure(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Raises OSError, of which ssl.SSLError is one, where the handshake fails."""
        connection = self.plain()
        try:
            connection.settimeout(self.limits.handshake)
            return context.wrap_socket(connection, server_hostname=self.host)
        except BaseException:
            connection.close()
            raise
