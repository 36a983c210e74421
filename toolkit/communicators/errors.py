"""What can go wrong between a client and a guest, whichever library carries the words."""

from __future__ import annotations

from enum import StrEnum

from toolkit.errors import ExitCode, ToolkitError


class CommunicatorError(ToolkitError):
    """The guest did not do what was asked of it."""

    code = ExitCode.RUN


class UnreachableError(CommunicatorError):
    """The connection cannot be made, or broke."""

    code = ExitCode.TCP


class ProxyError(CommunicatorError):
    """A proxy on the way does not do what it was asked.

    `proxy` is the variable that names it with its address, `status` its answer's (0: none), `reason` what it adds.
    """

    code = ExitCode.NOT_WINRM

    def __init__(self, proxy: str, status: int, reason: str = "") -> None:
        said = f"answers {status} {reason}".rstrip() if status else reason or "does not answer as a proxy would"
        super().__init__(f"The proxy of {proxy} {said}.", help="Name the guest in NO_PROXY to go around it.")
        self.proxy = proxy
        self.status = status
        self.reason = reason


class TlsError(CommunicatorError):
    """The two sides cannot agree on TLS."""

    code = ExitCode.TLS


class CertificateError(CommunicatorError):
    """The guest's certificate is not the one to accept."""

    code = ExitCode.CERTIFICATE


class Refusal(StrEnum):
    """How far a logon came before the guest refused it.

    UNASKED: it does not take the method at all. ANSWERED: it took the method, and refused who came. ESTABLISHED: the
    logon itself succeeded, and what was refused is a message after it.
    """

    UNASKED = "unasked"
    ANSWERED = "answered"
    ESTABLISHED = "established"


class UnauthorisedError(CommunicatorError):
    """The guest refused the credentials. `offered` are the methods its answer names."""

    code = ExitCode.AUTHENTICATION

    def __init__(
        self,
        message: str,
        offered: tuple[str, ...],
        *,
        refusal: Refusal = Refusal.ANSWERED,
        help: str | None = None,  # noqa: A002  (the word users see)
    ) -> None:
        super().__init__(message, help=help)
        self.offered = offered
        self.refusal = refusal


class NegotiationError(CommunicatorError):
    """Our own part of Negotiate, Kerberos or CredSSP came to no end.

    `minor` is the mechanism's own number as GSS-API and SSPI give it (0 where there is none), `detail` its own words.
    """

    code = ExitCode.AUTHENTICATION

    def __init__(self, message: str, *, minor: int = 0, detail: str = "", help: str | None = None) -> None:  # noqa: A002
        super().__init__(message, help=help)
        self.minor = minor
        self.detail = detail


class MissingSupportError(CommunicatorError):
    """A library that the method needs is not installed."""

    code = ExitCode.USAGE


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
    """The guest answered with a bare HTTP status in place of a SOAP message. `server` is who says it."""

    def __init__(self, message: str, *, status: int, server: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.server = server


class CommandTimeoutError(CommunicatorError):
    """A command did not end within its time. It has been told to terminate."""


class OutputLimitError(CommunicatorError):
    """A command wrote more than is taken. It has been told to terminate."""


class TransferError(CommunicatorError):
    """A file did not arrive as it was sent, or the guest could not open it."""


class GarbledError(CommunicatorError):
    """The answer is not what the protocol allows: cut, of another kind, or not to be unsealed."""
