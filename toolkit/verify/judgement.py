"""What a communicator's error means for the ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.communicators.errors import (
    CertificateError,
    CommandTimeoutError,
    CommunicatorError,
    FaultError,
    GarbledError,
    HttpStatusError,
    MissingSupportError,
    OutputLimitError,
    ProxyError,
    Refusal,
    TlsError,
    UnauthorisedError,
    UnreachableError,
)
from toolkit.verify import remedy
from toolkit.verify.fault import fault_failure
from toolkit.verify.proxy_refusal import refusal
from toolkit.verify.remedy import because, failed
from toolkit.verify.rung import Failure, Rung, Verdict

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import Endpoint


def judged(error: CommunicatorError, rung: Rung, endpoint: Endpoint) -> Failure:
    """Turn an error that came while `rung` was tried into a Failure."""
    match error:
        case FaultError():
            return fault_failure(error, rung, endpoint)
        case HttpStatusError():
            return _status(error, rung, endpoint)
        case ProxyError():
            return refusal(error, endpoint.authority)
        case UnreachableError():
            cause = "The guest is restarting, or its WinRM service is."
            return failed(rung, "connection-broke", Verdict.RETRY, error.message, causes=(cause,))
        case CommandTimeoutError():
            return _timeout(error, rung)
        case UnauthorisedError() if error.refusal is Refusal.ESTABLISHED and not endpoint.ssl:
            return unencrypted(error.message, tuple(f"WWW-Authenticate: {method}" for method in error.offered))
        case _:
            return _lasting(error, rung)


def unencrypted(seen: str, evidence: tuple[str, ...]) -> Failure:
    """Judge a logon that held, and a message after it that did not: it was not encrypted (hashicorp/packer#6205)."""
    return failed(
        Rung.AUTHENTICATION,
        "unencrypted-refused",
        Verdict.FATAL,
        "The guest logs the user on, and then refuses the message because it is not encrypted.",
        evidence=(seen, *evidence),
        causes=(because("AllowUnencrypted is off, and the client does not seal its messages", seen),),
        remedies=(remedy.USE_TLS, remedy.ALLOW_UNENCRYPTED, remedy.SERVICE_CONFIG),
    )


def _status(error: HttpStatusError, rung: Rung, endpoint: Endpoint) -> Failure:
    evidence = (error.message, *((f"Server: {error.server}",) if error.server else ()))
    match error.status:
        case 503:
            what = "WinRM answers that its service is not available (503)."
            causes: tuple[str, ...] = ("The WinRM service is starting or stopping.",)
            return failed(rung, "unavailable", Verdict.RETRY, what, evidence=evidence, causes=causes)
        case 400:
            # A sealed message on a connection other than the one its keys belong to gets this bare answer.
            what = "The guest no longer knows this connection."
            causes = ("Something in between mixes connections, as a proxy may.", "The WinRM service restarted.")
            return failed(rung, "context-lost", Verdict.RETRY, what, evidence=evidence, causes=causes)
        case 413:
            what = "The guest finds the message too large (413)."
            causes = ("MaxEnvelopeSizekb is below its default of 500.",)
            return failed(
                rung,
                "too-large",
                Verdict.FATAL,
                what,
                evidence=evidence,
                causes=causes,
                remedies=(remedy.MORE_ENVELOPE,),
            )
        case 500 if rung is Rung.AUTHENTICATION and not endpoint.ssl:
            # diyan/pywinrm#129, #185: what refuses unencrypted messages says no more than that.
            return unencrypted("HTTP status 500 without any fault in it", evidence)
        case _:
            what = "The guest refuses the request without saying why."
            return failed(
                rung, "bare-status", Verdict.SUSPICIOUS, what, evidence=evidence, remedies=(remedy.SERVICE_CONFIG,)
            )


def _timeout(error: CommandTimeoutError, rung: Rung) -> Failure:
    return failed(
        rung,
        "no-end",
        Verdict.RETRY,
        error.message,
        causes=("The guest is busy with its own set-up.", "The program waits for an answer that nobody gives."),
    )


def _lasting(error: CommunicatorError, rung: Rung) -> Failure:
    match error:
        case CertificateError():
            return failed(Rung.CERTIFICATE, "certificate-changed", Verdict.SUSPICIOUS, error.message)
        case TlsError():
            return failed(Rung.TLS, "tls-refused", Verdict.SUSPICIOUS, error.message)
        case UnauthorisedError():
            return failed(Rung.AUTHENTICATION, "refused-later", Verdict.SUSPICIOUS, error.message)
        case MissingSupportError():
            fix = remedy.Remedy(flag=error.help or "")
            return failed(Rung.AUTHENTICATION, "support-missing", Verdict.FATAL, error.message, remedies=(fix,))
        case OutputLimitError():
            what = "The guest writes more than any answer to a question can be."
            return failed(rung, "flood", Verdict.FATAL, what, evidence=(error.message,))
        case GarbledError():
            causes = ("What answers is not WinRM, or something in between changes its answers.",)
            return failed(rung, "garbled", Verdict.SUSPICIOUS, error.message, causes=causes)
        case _:
            return failed(rung, "failed", Verdict.SUSPICIOUS, error.message)
