"""What carries pywinrm's messages: our own connection and logon in place of its requests session.

pywinrm binds sealing to whichever socket requests happens to hold, and sends sealed messages over new ones whose keys
they do not fit. Here connection and logon belong together: where one is lost, both are made anew.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from toolkit.communicators.challenge import offered_methods
from toolkit.communicators.connection import Connection, context_of
from toolkit.communicators.endpoint import Auth
from toolkit.communicators.errors import (
    CommunicatorError,
    GarbledError,
    HttpStatusError,
    ProxyError,
    Refusal,
    UnauthorisedError,
    UnreachableError,
)
from toolkit.communicators.proxy import speaks_itself
from toolkit.communicators.translation import error_status

if TYPE_CHECKING:
    from toolkit.communicators.connection import Response
    from toolkit.communicators.endpoint import Endpoint
    from toolkit.communicators.negotiation import Negotiation

_SOAP = "application/soap+xml;charset=UTF-8"
_MUTUAL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"
_UNAUTHORIZED = 401
_BAD_REQUEST = 400
_OK = 200
_MOST_LEGS = 8  # CredSSP takes six; a guest that goes on for ever is none

_DOCTYPE = re.compile(rb"<\x00?!\x00?D\x00?O\x00?C\x00?T\x00?Y\x00?P\x00?E", re.IGNORECASE)


class GuestTransport:
    """Stands in for winrm.transport.Transport.

    `answer_timeout` (seconds, for one answer as a whole) may be changed between messages. `seal` False sends messages
    of NTLM and its like in the clear over http, as Packer does.
    """

    def __init__(self, endpoint: Endpoint, *, connect_timeout: float, answer_timeout: float, seal: bool = True) -> None:
        self._endpoint = endpoint
        self._seal = seal and not endpoint.ssl
        self._connection = Connection(endpoint, context_of(endpoint), connect_timeout)
        self._negotiation: Negotiation | None = None
        self.answer_timeout = answer_timeout
        self.requests = 0

    def send_message(self, message: str | bytes) -> bytes:
        """Send an envelope and give the one that answers it.

        Raises CommunicatorError; and pywinrm's own error for a status with a body, in which it looks for a fault.
        """
        data = message.encode() if isinstance(message, str) else message
        fresh = self._ready()
        response = self._send(data)
        # Nothing that is answered so was acted upon: the guest does not know this connection's logon any more.
        if not fresh and self._negotiation is not None and response.status in {_BAD_REQUEST, _UNAUTHORIZED}:
            self._log_on()
            response = self._send(data)
        return self._envelope(response)

    def log_on(self) -> None:
        """Prove who the user is, where the method does so apart from any message. Raises CommunicatorError."""
        self._ready()

    def close_session(self) -> None:
        """Close the connection; the next message opens another."""
        self._negotiation = None
        self._connection.close()

    def _ready(self) -> bool:
        """Have a connection that is logged on; True where it was made just now."""
        if self._connection.usable():
            return False
        self._log_on()
        return True

    def _log_on(self) -> None:
        self._negotiation = None
        self._connection.open()
        if self._endpoint.auth in {Auth.BASIC, Auth.CERTIFICATE}:
            return
        from toolkit.communicators.negotiation import Negotiation  # noqa: PLC0415  (Basic does without pyspnego)

        try:
            negotiation = Negotiation(self._endpoint, self._connection.certificate)
            self._shake_hands(negotiation)
        except BaseException:
            self._connection.close()
            raise
        self._negotiation = negotiation

    def _shake_hands(self, negotiation: Negotiation) -> None:
        """Exchange tokens in empty messages until both sides are content."""
        token: str | None = negotiation.first()
        challenged = False
        for _ in range(_MOST_LEGS):
            response = self._leg(token or "", challenged=challenged)
            challenges = response.all("WWW-Authenticate")
            token = negotiation.answer(challenges)
            if response.status != _UNAUTHORIZED:
                self._check(response)
                return
            if token is None:
                raise self._unauthorised(response, Refusal.ANSWERED if challenged else Refusal.UNASKED)
            challenged = True
            if not self._connection.usable():
                raise self._parted()
        raise GarbledError(f"{self._endpoint.authority} asks for one more step of the logon for ever.")

    def _leg(self, token: str, *, challenged: bool) -> Response:
        try:
            return self._post(b"", {"Authorization": token})
        except UnreachableError as err:
            if challenged and self._endpoint.relay:  # it hung up without having announced that
                raise self._parted() from err
            raise

    def _parted(self) -> CommunicatorError:
        if relay := self._endpoint.relay:
            return ProxyError(relay.shown, 0, "ends the connection between two steps of the logon")
        return GarbledError(
            f"{self._endpoint.authority} closes the connection between two steps of the logon.",
            help="A proxy in between that does not keep connections apart does this: go around it.",
        )

    def _send(self, data: bytes) -> Response:
        headers = {"Content-Type": _SOAP}
        match self._endpoint.auth:
            case Auth.BASIC:
                headers["Authorization"] = self._basic()
            case Auth.CERTIFICATE:
                headers["Authorization"] = _MUTUAL
            case _ if self._seal and self._negotiation is not None:
                headers["Content-Type"], data = self._negotiation.sealed(data)
        response = self._post(data, headers)
        if self._endpoint.relay and self._negotiation is None:
            # Every message carries its own logon, and a proxy may hang up after any answer without announcing it
            # (tinyproxy does): what is sent until that shows would be lost.
            self._connection.close()
        return response

    def _basic(self) -> str:
        # As UTF-8. Modelled: RFC 7617 advises it, Go's and .NET's clients send it, and ASCII is the same either way.
        pair = f"{self._endpoint.username}:{self._endpoint.password.reveal()}"
        return f"Basic {base64.b64encode(pair.encode()).decode('ascii')}"

    def _post(self, body: bytes, headers: dict[str, str]) -> Response:
        self.requests += 1
        return self._connection.post(body, headers, self.answer_timeout)

    def _check(self, response: Response) -> None:
        """Raise for the end of a handshake that is not the good one."""
        if 300 <= response.status < 400:
            raise self._elsewhere()
        if response.status != _OK:
            raise self._bare(response)

    def _envelope(self, response: Response) -> bytes:
        if response.status == _UNAUTHORIZED:
            raise self._unauthorised(response, Refusal.ESTABLISHED if self._negotiation else Refusal.ANSWERED)
        if 300 <= response.status < 400:
            raise self._elsewhere()
        if (relay := self._endpoint.relay) and speaks_itself(response.status, response.header("Server")):
            raise ProxyError(relay.shown, response.status)
        body = self._plain(response)
        if _DOCTYPE.search(body):
            # SOAP forbids document types (SOAP 1.2 part 1, 5); what follows could grow to any size when it is parsed.
            raise GarbledError(f"{self._endpoint.authority} sent XML with a document type, which WinRM never does.")
        if response.status == _OK:
            return body
        if not body.strip():
            raise self._bare(response)
        raise error_status(response.status, body)

    def _plain(self, response: Response) -> bytes:
        if self._negotiation is not None and "encrypted" in response.header("Content-Type").lower():
            return self._negotiation.opened(response.body)
        return response.body

    def _unauthorised(self, response: Response, refusal: Refusal) -> UnauthorisedError:
        return UnauthorisedError(
            f"{self._endpoint.host} refused to log {self._endpoint.user} on.",
            offered_methods(response.all("WWW-Authenticate")),
            refusal=refusal,
        )

    def _bare(self, response: Response) -> HttpStatusError:
        return HttpStatusError(
            f"{self._endpoint.host} answered with HTTP status {response.status}.",
            status=response.status,
            server=response.header("Server"),
        )

    def _elsewhere(self) -> GarbledError:
        return GarbledError(f"{self._endpoint.authority} wants to send us elsewhere, which WinRM never does.")
