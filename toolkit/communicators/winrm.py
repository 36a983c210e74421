"""WinRM through pywinrm's Protocol: one logon, one long-lived cmd shell, every wait bounded."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from requests.auth import HTTPBasicAuth
from winrm.exceptions import WinRMOperationTimeoutError
from winrm.protocol import Protocol

from toolkit.communicators.adapter import GuestAdapter
from toolkit.communicators.commandline import checked_command, powershell_command
from toolkit.communicators.communicator import Completed
from toolkit.communicators.endpoint import Auth
from toolkit.communicators.errors import CommandTimeoutError, CommunicatorError, UnreachableError
from toolkit.communicators.translation import LIBRARY_ERRORS, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from toolkit.communicators.endpoint import Endpoint

UTF_8 = 65001

# What closing may cost when the guest no longer answers.
_FAREWELL = 3.0

_IDENTIFY = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:i="http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd">'
    "<s:Header/><s:Body><i:Identify/></s:Body></s:Envelope>"
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds. `operation` is what the guest is told (at least 1), `command` a command's whole time.

    `grace` is how much longer than `operation` we listen: the guest answers with a fault at the latest then.
    """

    connect: float = 5.0
    operation: int = 20
    command: float = 60.0
    grace: float = 10.0


class WinrmCommunicator:
    """A Communicator over WinRM. Proxies of the environment are never used: the guest is reached directly or not."""

    def __init__(self, endpoint: Endpoint, timeouts: Timeouts | None = None) -> None:
        self._endpoint = endpoint
        self._timeouts = timeouts or Timeouts()
        self._adapter = self._new_adapter()
        self._protocol: Protocol | None = None
        self._shell: str | None = None

    def identify(self) -> None:
        """Log on, and ask who the guest is, which any user may: credentials are proven apart from rights."""
        protocol = self._session()
        with self._translating():
            protocol.send_message(_IDENTIFY)

    def connect(self) -> None:
        if self._shell is not None:
            return
        protocol = self._session()
        with self._translating():
            self._shell = protocol.open_shell(noprofile=True, codepage=UTF_8)

    def run(self, command: str, *, timeout: float | None = None) -> Completed:
        checked_command(command)
        self.connect()
        deadline = time.monotonic() + (self._timeouts.command if timeout is None else timeout)
        protocol, shell = self._session(), self._shell or ""
        self._allow(self._timeouts.operation)
        with self._translating():
            started = protocol.run_command(shell, command)
        try:
            return self._output(started, deadline)
        except UnreachableError:
            started = ""
            raise
        finally:
            if started:  # a broken connection would only make us wait for its farewell
                self._terminate(started)

    def run_powershell(self, script: str, *, timeout: float | None = None) -> Completed:
        return self.run(powershell_command(script), timeout=timeout)

    def close(self) -> None:
        protocol, shell = self._protocol, self._shell
        self._protocol = self._shell = None
        if protocol is None:
            return
        try:
            if shell is not None:
                self._bid_farewell(lambda: protocol.close_shell(shell, close_session=False))
        finally:
            protocol.transport.close_session()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _new_adapter(self) -> GuestAdapter:
        endpoint, timeouts = self._endpoint, self._timeouts
        return GuestAdapter(
            pin=endpoint.thumbprint,
            verify=endpoint.ssl and not endpoint.insecure,
            connect_timeout=timeouts.connect,
            read_timeout=timeouts.operation + timeouts.grace,
        )

    def _session(self) -> Protocol:
        """Give the logged-on session; with NTLM over http this sends the messages that make its keys."""
        if self._protocol is None:
            protocol = self._new_protocol()
            with self._translating():
                self._log_on(protocol)
            self._protocol = protocol
        return self._protocol

    def _new_protocol(self) -> Protocol:
        endpoint = self._endpoint
        return Protocol(
            endpoint=endpoint.url,
            transport=_transport(endpoint),
            username=endpoint.username,
            password=endpoint.password.reveal(),
            server_cert_validation="ignore" if endpoint.insecure or endpoint.pin else "validate",
            ca_trust_path=None,  # type: ignore[arg-type]  # documented as "no further trust", absent from its type
            operation_timeout_sec=self._timeouts.operation,
            read_timeout_sec=self._timeouts.operation + 1,  # checked, but never used: the adapter's counts
            # Sealing is set up by _log_on, after our adapter is in place; pywinrm would do it before.
            message_encryption="never",
            proxy=None,
        )

    def _log_on(self, protocol: Protocol) -> None:
        endpoint, transport = self._endpoint, protocol.transport
        session = transport.build_session()
        session.trust_env = False
        session.max_redirects = 0
        session.mount(f"{'https' if endpoint.ssl else 'http'}://", self._adapter)
        match endpoint.auth:
            case Auth.BASIC:
                # As UTF-8: requests would encode text as Latin-1 and fail on all else. Modelled: RFC 7617 advises it,
                # Go's and .NET's clients send it, and ASCII is the same either way.
                user, password = endpoint.username.encode(), endpoint.password.reveal().encode()
                session.auth = HTTPBasicAuth(user, password)
            case Auth.NTLM if not endpoint.ssl:
                try:
                    transport.setup_encryption(session)
                except BaseException:
                    transport.close_session()
                    raise
            case Auth.NTLM:
                pass

    def _output(self, command: str, deadline: float) -> Completed:
        protocol, shell = self._session(), self._shell or ""
        out, err = bytearray(), bytearray()
        while (left := deadline - time.monotonic()) > 0:
            protocol.operation_timeout_sec = self._allow(min(self._timeouts.operation, math.ceil(left)))
            with self._translating(), contextlib.suppress(WinRMOperationTimeoutError):
                more_out, more_err, code, done = protocol.get_command_output_raw(shell, command)
                out += more_out
                err += more_err
                if done:
                    # ExitCode is an unsigned 32-bit number on the wire, NTSTATUS values such as 0xC00000FD included.
                    return Completed(code, bytes(out), bytes(err))
        raise CommandTimeoutError(
            f"A command on {self._endpoint.host} did not end in time; it said {len(out)} bytes until then.",
            help="A prompt waiting for an answer looks like this. Allow more time if the command is long.",
        )

    def _allow(self, operation: int) -> int:
        self._adapter.read_timeout = operation + self._timeouts.grace
        return operation

    def _terminate(self, command: str) -> None:
        protocol, shell = self._protocol, self._shell
        if protocol is not None and shell is not None:
            self._bid_farewell(lambda: protocol.cleanup_command(shell, command))

    def _bid_farewell(self, say: Callable[[], None]) -> None:
        self._adapter.read_timeout = _FAREWELL
        with contextlib.suppress(CommunicatorError), self._translating():
            say()
        self._allow(self._timeouts.operation)

    @contextlib.contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except LIBRARY_ERRORS as err:
            raise translated(err, self._endpoint, self._adapter.offered) from err


def _transport(endpoint: Endpoint) -> Literal["ntlm", "ssl", "plaintext"]:
    match endpoint.auth:
        case Auth.NTLM:
            return "ntlm"
        case Auth.BASIC:
            return "ssl" if endpoint.ssl else "plaintext"
