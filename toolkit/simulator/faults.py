"""WS-Management faults that a guest answers with: code, subcode and reason as Windows words them in English."""

from __future__ import annotations

from toolkit.values import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Codes and names: wsmerror.h of the Windows SDK, and winerror.h for the small ones."""

    code: int
    subcode: str
    reason: str


class WsmanFault(Exception):  # noqa: N818  (the protocol's own word)
    """An operation ends in a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


ACCESS_DENIED = Fault(5, "w:AccessDenied", "Access is denied.")
OPERATION_ABORTED = Fault(
    995,
    "w:InternalError",
    "The I/O operation has been aborted because of either a thread exit or an application request.",
)
INVALID_ACTION = Fault(
    2150858753,
    "a:ActionNotSupported",
    "The WS-Management service cannot process the request because the action URI is not valid for the resource.",
)
UNSUPPORTED_TIMEOUT = Fault(
    2150858764,
    "w:UnsupportedFeature",
    "The WS-Management service does not support the specified timeout value.",
)
TIMED_OUT = Fault(
    2150858793,
    "w:TimedOut",
    "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.",
)
INVALID_RESOURCE_URI = Fault(
    2150858811,
    "a:DestinationUnreachable",
    "The WS-Management service cannot process the request. The resource URI is missing or it has an incorrect format.",
)
INVALID_XML = Fault(
    2150858819, "w:SchemaValidationError", "The WS-Management service cannot process the request; the XML is invalid."
)
SHELL_NOT_FOUND = Fault(
    2150858843,
    "w:InvalidSelectors",
    "The request for the Windows Remote Shell with the given ShellId failed because the shell was not found on the "
    "server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists on the server.",
)
CODE_PAGE_NOT_SUPPORTED = Fault(
    2150859072,
    "w:UnsupportedFeature",
    "The WS-Management service cannot process the request. The code page is not supported on the remote system.",
)
TOO_MANY_SHELLS = Fault(
    2150859173,
    "w:QuotaLimit",
    "The WS-Management service cannot process the request. This user has exceeded the maximum number of concurrent "
    "shells allowed. Close at least one open shell or raise the per-user quota.",
)
QUOTA_BUSY = Fault(
    2150858815,
    "w:QuotaLimit",
    "The WS-Management service cannot process the request. The service is configured to not accept more requests.",
)
TOO_MANY_OPERATIONS = Fault(
    2150859174,
    "w:QuotaLimit",
    "The WS-Management service cannot process the request. The maximum number of concurrent operations for this user "
    "has been exceeded.",
)
TOO_MANY_SHELL_USERS = Fault(
    2150859179,
    "w:QuotaLimit",
    "The WS-Management service cannot process the request. The maximum number of concurrent shell users has been "
    "exceeded.",
)
REMOTE_SHELLS_FORBIDDEN = Fault(
    2150859180,
    "w:AccessDenied",
    "The WS-Management service cannot process the request because the remote shell access is not allowed.",
)
REMOTE_ACCESS_DISABLED = Fault(
    2150859229,
    "w:AccessDenied",
    "The WS-Management service does not accept requests from remote computers.",
)
CONFIG_CORRUPTED = Fault(
    2150858757,
    "w:InternalError",
    "The WS-Management service cannot process the request: its configuration is corrupted.",
)
ENVELOPE_LIMIT = Fault(
    2150858823,
    "w:EncodingLimit",
    "The WS-Management service cannot process the request: the packet is larger than MaxEnvelopeSizekb.",
)
SHELL_NOT_INITIALIZED = Fault(
    2150859118, "w:InternalError", "The shell was not initialised: the service is shutting down."
)
SHUTDOWN_IN_PROGRESS = Fault(1115, "w:InternalError", "A system shutdown is in progress.")
UNKNOWN_INTERFACE = Fault(1717, "w:InternalError", "The interface is unknown.")
