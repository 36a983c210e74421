"""Fresh connections to the address that answered, plain or under TLS, for the probes below authentication."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from toolkit.verify import tcp

if TYPE_CHECKING:
    import socket

    from toolkit.verify.limits import Limits
    from toolkit.verify.name import Address


@dataclass(frozen=True, slots=True)
class Dialer:
    """Dials one address on behalf of one host name."""

    host: str
    address: Address
    limits: Limits

    def plain(self) -> socket.socket:
        """Raises RungError (of the TCP rung) where the port no longer accepts."""
        connection, _ = tcp.connect((self.address,), self.limits.connect)
        return connection

    def secure(self, context: ssl.SSLContext) -> ssl.SSLSocket:
        """Raises OSError, of which ssl.SSLError is one, where the handshake fails."""
        connection = self.plain()
        try:
            connection.settimeout(self.limits.handshake)
            return context.wrap_socket(connection, server_hostname=self.host.partition("%")[0])
        except BaseException:
            connection.close()
            raise


def trusting_context() -> ssl.SSLContext:
    """Accept any certificate: to look at it. Nothing secret is sent over such a connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not the default one, which would load every authority first
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
