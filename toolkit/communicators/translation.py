"""The exceptions of pywinrm's Protocol, told in the toolkit's own terms. In one place, once."""

from __future__ import annotations

import binascii
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from winrm.exceptions import (
    WinRMError,
    WinRMOperationTimeoutError,
    WinRMTransportError,
    WSManFaultError,
)

from toolkit.communicators.errors import (
    CommandTimeoutError,
    CommunicatorError,
    FaultError,
    GarbledError,
    HttpStatusError,
)

if TYPE_CHECKING:
    from toolkit.communicators.endpoint import Endpoint

# What pywinrm raises, by accident, where an answer is not the one it expects: it looks for elements by `next()`, for
# ids by assert, and reads numbers and base64 as they come.
_ACCIDENTS = (
    StopIteration,
    AssertionError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    ValueError,
    ET.ParseError,
    binascii.Error,
)
LIBRARY_ERRORS = (WinRMError, WinRMTransportError, WinRMOperationTimeoutError, *_ACCIDENTS)


def error_status(status: int, body: bytes) -> WinRMTransportError:
    """Make the exception in whose text pywinrm looks for a fault."""
    return WinRMTransportError("http", status, body.decode("utf-8", "replace"))


def translated(err: BaseException, endpoint: Endpoint) -> CommunicatorError:
    """Tell a library's exception in our terms."""
    host = endpoint.host
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
        case WinRMError():
            return GarbledError(f"{host} sent an answer that cannot be used: {err}")
        case _:
            return GarbledError(f"{host} sent an answer that WinRM does not know ({type(err).__name__}).")
