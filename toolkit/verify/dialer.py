"""Fresh connections to the address that answered, plain or under TLS, for the probes below authentication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.verify import tcp

if TYPE_CHECKING:
    import socket
    import ssl

    from toolkit.verify.limits import Limits
    from toolkit.verify.name import Address


@dataclass(frozen=True, slots=True)
class Dialer:
    """Dials one address. `host` is the name that TLS is asked for (SNI) and that the certificate must bear."""

    host: str
    address: Address
    limits: Limits

    def plain(self) -> socket.socket:
        """Raises RungError (of the TCP rung) where the port no longer accepts."""
        return tcp.reconnect(self.address, self.limits.connect)

    def secure(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Raises OSError, of which ssl.SSLError is one, where the handshake fails."""
        connection = self.plain()
        try:
            connection.settimeout(self.limits.handshake)
            return context.wrap_socket(connection, server_hostname=self.host)
        except BaseException:
            connection.close()
            raise
