"""What a communicator's error means for the ladder."""

from __future__ import annotations

from toolkit.communicators.errors import (
    CertificateError,
    CommandTimeoutError,
    CommunicatorError,
    FaultError,
    GarbledError,
    HttpStatusError,
    TlsError,
    UnauthorisedError,
    UnreachableError,
)
from toolkit.verify.fault import fault_failure
from toolkit.verify.rung import Failure, Rung, Verdict


def judged(error: CommunicatorError, rung: Rung, host: str, username: str) -> Failure:
    """Turn an error that came while `rung` was tried into a Failure."""
    match error:
        case FaultError():
            return fault_failure(error, rung, host, username)
        case HttpStatusError():
            return _status(error, rung)
        case UnreachableError():
            return Failure(rung, "connection-broke", Verdict.RETRY, error.message, causes=("The guest is restarting.",))
        case CommandTimeoutError():
            return _timeout(error, rung)
        case _:
            return _lasting(error, rung)


def _status(error: HttpStatusError, rung: Rung) -> Failure:
    match error.status:
        case 503:
            what = "WinRM answers that its service is not available (503)."
            return Failure(rung, "unavailable", Verdict.RETRY, what, (error.message,))
        case 400:
            # A sealed message on a connection other than the one its keys belong to gets this bare answer.
            return Failure(
                rung, "context-lost", Verdict.RETRY, "The guest no longer knows this connection.", (error.message,)
            )
        case _:
            return Failure(
                rung,
                "bare-status",
                Verdict.SUSPICIOUS,
                "The guest refuses the request without saying why.",
                (error.message,),
                in_guest=("winrm get winrm/config/service",),
            )


def _timeout(error: CommandTimeoutError, rung: Rung) -> Failure:
    return Failure(
        rung,
        "no-end",
        Verdict.RETRY,
        error.message,
        causes=("The guest is busy with its own set-up.", "The program waits for an answer that nobody gives."),
    )


def _lasting(error: CommunicatorError, rung: Rung) -> Failure:
    match error:
        case CertificateError():
            return Failure(Rung.CERTIFICATE, "certificate-changed", Verdict.SUSPICIOUS, error.message)
        case TlsError():
            return Failure(Rung.TLS, "tls-refused", Verdict.SUSPICIOUS, error.message)
        case UnauthorisedError():
            return Failure(Rung.AUTHENTICATION, "refused-later", Verdict.SUSPICIOUS, error.message)
        case GarbledError():
            return Failure(rung, "garbled", Verdict.SUSPICIOUS, error.message)
        case _:
            return Failure(rung, "failed", Verdict.SUSPICIOUS, error.message)
