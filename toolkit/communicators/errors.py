"""What can go wrong between a client and a guest, whichever library carries the words."""

from __future__ import annotations

from toolkit.errors import ExitCode, ToolkitError


class CommunicatorError(ToolkitError):
    """The guest did not do what was asked of it."""

    code = ExitCode.RUN


class UnreachableError(CommunicatorError):
    """The connection cannot be made, or broke."""

    code = ExitCode.TCP


class TlsError(CommunicatorError):
    """The two sides cannot agree on TLS."""

    code = ExitCode.TLS


class CertificateError(CommunicatorError):
    """The guest's certificate is not the one to accept."""

    code = ExitCode.CERTIFICATE


class UnauthorisedError(CommunicatorError):
    """The guest refused the credentials. `offered` are the methods its answer names."""

    code = ExitCode.AUTHENTICATION

    def __init__(self, message: str, offered: tuple[str, ...], *, help: str | None = None) -> None:  # noqa: A002  (the word users see)
        super().__init__(message, help=help)
        self.offered = offered


class FaultError(CommunicatorError):
    """The guest answered with a WS-Management fault.

    `fault` is its code as an unsigned 32-bit number (0 where the fault names none), `reason` the guest's own text, in
    the guest's own language: never to be matched, only to be shown.
    """

    def __init__(self, message: str, *, fault: int, reason: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.reason = reason


class HttpStatusError(CommunicatorError):
    """The guest answered with a bare HTTP status in place of a SOAP message."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class CommandTimeoutError(CommunicatorError):
    """A command did not end within its time. It has been told to terminate."""


class GarbledError(CommunicatorError):
    """The answer is not what the protocol allows: cut, of another kind, or not to be unsealed."""
