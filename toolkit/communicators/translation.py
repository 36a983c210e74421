"""The exceptions of pywinrm and of what lies under it, told in the toolkit's own terms. In one place, once."""

from __future__ import annotations

import binascii
import ssl
import struct
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import requests.exceptions as http
import urllib3.exceptions
from spnego.exceptions import SpnegoError
from winrm.exceptions import (
    InvalidCredentialsError,
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.communicators.endpoint import Endpoint

# What pywinrm and requests_ntlm raise, by accident, where an answer is not the one they expect: they look for
# elements by `next()`, for headers by key, for ids by assert, and read lengths and base64 as they come.
_ACCIDENTS = (
    StopIteration,
    AssertionError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    ValueError,
    PermissionError,
    ET.ParseError,
    binascii.Error,
    struct.error,
    SpnegoError,
)
LIBRARY_ERRORS = (
    WinRMError,
    WinRMTransportError,
    WinRMOperationTimeoutError,
    http.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
    *_ACCIDENTS,
)


def translated(err: BaseException, endpoint: Endpoint, offered: tuple[str, ...]) -> CommunicatorError:
    """Tell a library's exception in our terms. `offered` are the methods that the last 401 named."""
    host = endpoint.host
    match err:
        case InvalidCredentialsError():
            return UnauthorisedError(f"{host} refused to log {endpoint.username} on.", offered)
        case PermissionError():
            return UnauthorisedError(f"{host} offered NTLM but sent no challenge.", offered)
        case WinRMError() | WinRMTransportError() | WinRMOperationTimeoutError():
            return _refused(err, host)
        case http.RequestException() | urllib3.exceptions.HTTPError() | OSError():
            return _broken(err, endpoint.authority)
        case _:
            return GarbledError(f"{host} sent an answer that WinRM does not know ({type(err).__name__}).")


def _refused(err: WinRMError | WinRMTransportError | WinRMOperationTimeoutError, host: str) -> CommunicatorError:
    match err:
        case WSManFaultError():
            # Quota faults carry their number in MSFT_WmiError only; some senders write codes as signed numbers.
            code = (err.wsman_fault_code or err.wmierror_code or 0) & 0xFFFFFFFF
            reason = " ".join(err.reason.split())
            return FaultError(f"{host} answered with fault {code:#x}: {reason}", fault=code, reason=reason)
        case WinRMTransportError():
            return HttpStatusError(f"{host} answered with HTTP status {err.code}.", status=err.code)
        case WinRMOperationTimeoutError():
            return CommandTimeoutError(f"{host} did not finish an operation in the time it was given.")
        case _:
            return GarbledError(f"{host} sent an answer that cannot be used: {err}")


def _broken(err: BaseException, place: str) -> CommunicatorError:
    chain = tuple(_chain(err))
    told = (_told(cause, place) for cause in chain)
    last = UnreachableError(f"The connection to {place} broke ({type(chain[-1]).__name__}).")
    return next((error for error in told if error is not None), last)


def _told(cause: BaseException, place: str) -> CommunicatorError | None:
    match cause:
        case ssl.SSLError() | http.SSLError() | urllib3.exceptions.SSLError():
            return _told_tls(cause, place)
        case http.TooManyRedirects():
            return GarbledError(f"{place} wants to send us elsewhere, which WinRM never does.")
        case http.ContentDecodingError():
            return GarbledError(f"{place} sent an answer that is too long for WinRM.")
        case TimeoutError() | http.Timeout() | urllib3.exceptions.TimeoutError():
            return UnreachableError(f"{place} stopped answering.")
        case _:
            return None


def _told_tls(cause: BaseException, place: str) -> CommunicatorError | None:
    match cause:
        case ssl.SSLCertVerificationError():
            return CertificateError(f"The certificate of {place} is not accepted: {cause.verify_message}.")
        case ssl.SSLError():
            return TlsError(f"{place} and this host do not agree on TLS ({cause.reason or cause}).")
        case urllib3.exceptions.SSLError() if "ingerprint" in str(cause):
            return CertificateError(f"The certificate of {place} is not the one that is pinned.")
        case _:
            return None  # a wrapper: what it wraps says more


def _chain(err: BaseException) -> Iterator[BaseException]:
    """Walk from an exception to what caused it: requests and urllib3 wrap by `args`, `reason` and `__context__`."""
    seen: set[int] = set()
    at: BaseException | None = err
    while at is not None:
        seen.add(id(at))
        yield at
        held = (getattr(at, "reason", None), *at.args, at.__cause__, at.__context__)
        at = next((item for item in held if isinstance(item, BaseException) and id(item) not in seen), None)
