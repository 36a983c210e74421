"""WinRM through pywinrm's Protocol: one logon, one long-lived cmd shell, every wait bounded."""

from __future__ import annotations

import contextlib
import math
import time
from typing import TYPE_CHECKING, BinaryIO, Self

from winrm.exceptions import WinRMOperationTimeoutError
from winrm.protocol import Protocol

from toolkit.communicators import soap
from toolkit.communicators.commandline import checked_command, powershell_command
from toolkit.communicators.communicator import Completed
from toolkit.communicators.errors import (
    CommandTimeoutError,
    CommunicatorError,
    FaultError,
    OutputLimitError,
    UnreachableError,
)
from toolkit.communicators.transfer import DOWNLOAD, UPLOAD, Incoming, Outgoing, Transferred, script
from toolkit.communicators.translation import LIBRARY_ERRORS, translated
from toolkit.communicators.transport import GuestTransport
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    from toolkit.communicators.endpoint import Endpoint

UTF_8 = 65001
LARGEST_OUTPUT = 32 * 1024 * 1024  # bytes of both streams that `run` keeps

# What closing may cost when the guest no longer answers.
_FAREWELL = 3.0

# The shell is gone, or has had as many operations as it may have (wsmerror.h): another one is as good.
_ANOTHER_SHELL = frozenset({0x8033805B, 0x803381A6})
_ACCESS_DENIED = 5


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds. `operation` is what the guest is told (at least 1), `command` a command's whole time.

    `grace` is how much longer than `operation` we listen: the guest answers with a fault at the latest then.
    `transfer` is a file's whole time.
    """

    connect: float = 5.0
    operation: int = 20
    command: float = 60.0
    grace: float = 10.0
    transfer: float = 3600.0


@dataclass(frozen=True, slots=True)
class _Line:
    """What cmd.exe is to run. `console` is how stdin is: a console's, or a stream that somebody writes."""

    program: str
    arguments: str = ""
    console: bool = True


def _with_last(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Tell of each chunk whether it is the last; of none at all, an empty one."""
    before = b""
    for number, chunk in enumerate(chunks):
        if number:
            yield before, False
        before = chunk
    yield before, True


class WinrmCommunicator:
    """A Communicator over WinRM, which reaches the guest directly, or through the proxy that the endpoint names.

    `seal` False sends the messages of NTLM and its like in the clear over http, which only a guest with
    AllowUnencrypted takes, and `profile` True loads the user's profile into the shell: to meet a guest as others do.
    """

    def __init__(
        self, endpoint: Endpoint, timeouts: Timeouts | None = None, *, seal: bool = True, profile: bool = False
    ) -> None:
        self._endpoint = endpoint
        self._timeouts = timeouts or Timeouts()
        self._seal = seal
        self._profile = profile
        self._opened: tuple[Protocol, GuestTransport] | None = None
        self._shell: str | None = None

    @property
    def shell_id(self) -> str | None:
        """The open shell as the guest calls it, so that it can be told from others; None where none is open."""
        return self._shell

    def allow(self, timeouts: Timeouts) -> None:
        """Be as patient as this from now on."""
        self._timeouts = timeouts
        if self._opened is not None:
            self._opened[0].operation_timeout_sec = timeouts.operation
            self._allow(timeouts.operation)

    def log_on(self) -> None:
        """Connect, and prove who the user is where the method does so apart from any message (not Basic)."""
        self._transport.log_on()

    def identify(self) -> bytes:
        """Log on, and ask who the guest is, which any user may: credentials are proven apart from rights."""
        return self._asked(soap.IDENTIFY)

    def get(self, resource: str, selectors: Mapping[str, str] | None = None) -> bytes:
        """Read one instance by WS-Transfer, without a process in the guest; gives the envelope."""
        return self._asked(soap.get(resource, selectors or {}, self._timeouts.operation))

    def enumerate(self, resource: str) -> bytes:
        """Read every instance by WS-Enumeration; gives the envelope."""
        return self._asked(soap.enumerate_all(resource, self._timeouts.operation))

    def delete(self, resource: str, selectors: Mapping[str, str]) -> None:
        """End one instance by WS-Transfer, such as a shell that somebody left open."""
        self._asked(soap.delete(resource, selectors, self._timeouts.operation))

    def connect(self) -> None:
        if self._shell is not None:
            return
        try:
            with self._translating():
                self._shell = self._protocol.open_shell(noprofile=not self._profile, codepage=UTF_8)
        except CommunicatorError:
            self.close()  # no shell, so there is nothing to keep the connection for
            raise

    def admits_powershell(self) -> bool:
        """Tell whether the user may open a PowerShell session, where cmd's shell is denied.

        Members of Remote Management Users may (diyan/pywinrm#338). A session without its contents is asked for, so
        that none is ever opened. Modelled: rights are judged before contents, so any other fault means admission.
        """
        try:
            self._asked(soap.create_empty_shell(soap.POWERSHELL, self._timeouts.operation))
        except FaultError as err:
            return err.fault != _ACCESS_DENIED
        return True

    def run(self, command: str, *, timeout: float | None = None) -> Completed:
        return self._collected(_Line(command), timeout)

    def pipe(self, program: str, arguments: str, chunks: Iterable[bytes], *, timeout: float | None = None) -> Completed:
        """Run a program that reads stdin: each chunk is one message, and the last one ends it."""

        def send(command: str) -> None:
            for chunk, last in _with_last(chunks):
                with self._translating():
                    self._protocol.send_command_input(self._shell or "", command, chunk, end=last)

        return self._collected(_Line(program, arguments, console=False), timeout, send)

    def run_powershell(self, script: str, *, timeout: float | None = None) -> Completed:
        return self.run(powershell_command(script), timeout=timeout)

    def upload(self, source: BinaryIO, path: str) -> Transferred:
        """Write a file of the guest's, making its folder where needed. The guest's own digest must agree."""
        outgoing, told = Outgoing(source), bytearray()

        def send(command: str) -> None:
            for chunk, last in outgoing.chunks():
                with self._translating():
                    self._protocol.send_command_input(self._shell or "", command, chunk, end=last)

        command = powershell_command(script(UPLOAD, path))
        self._run(_Line(command, console=False), lambda out, _: told.extend(out), self._timeouts.transfer, send)
        return outgoing.checked(path, told.decode("utf-8", "replace"))

    def download(self, path: str, sink: BinaryIO) -> Transferred:
        """Read a file of the guest's into `sink` as it comes. The guest's own digest must agree."""
        incoming = Incoming(sink)
        command = powershell_command(script(DOWNLOAD, path))
        self._run(_Line(command), lambda out, _: incoming.take(out), self._timeouts.transfer)
        return incoming.checked(path)

    def close(self) -> None:
        opened, shell = self._opened, self._shell
        if opened is None:
            return
        try:
            if shell is not None:
                self._bid_farewell(lambda: opened[0].close_shell(shell, close_session=False))
        finally:
            self._opened = self._shell = None
            opened[1].close_session()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _protocol(self) -> Protocol:
        return self._session()[0]

    @property
    def _transport(self) -> GuestTransport:
        return self._session()[1]

    def _asked(self, message: str) -> bytes:
        with self._translating():
            return self._protocol.send_message(message)

    def _session(self) -> tuple[Protocol, GuestTransport]:
        if self._opened is None:
            timeouts = self._timeouts
            transport = GuestTransport(
                self._endpoint,
                connect_timeout=timeouts.connect,
                answer_timeout=timeouts.operation + timeouts.grace,
                seal=self._seal,
            )
            # Made for its messages only: what carries them is ours, so nothing else of it is of consequence.
            protocol = Protocol(
                self._endpoint.url,
                username="-",
                password="-",  # noqa: S106  (never sent)
                operation_timeout_sec=timeouts.operation,
                read_timeout_sec=timeouts.operation + 1,
                proxy=None,
            )
            protocol.transport = transport  # type: ignore[assignment]  # it needs send_message and close_session
            self._opened = protocol, transport
        return self._opened

    def _collected(self, line: _Line, timeout: float | None, feed: Callable[[str], None] | None = None) -> Completed:
        out, err = bytearray(), bytearray()

        def keep(more_out: bytes, more_err: bytes) -> None:
            out.extend(more_out)
            err.extend(more_err)
            if len(out) + len(err) > LARGEST_OUTPUT:
                raise OutputLimitError(
                    f"A command on {self._endpoint.host} writes more than {LARGEST_OUTPUT // 1024**2} MiB.",
                    help="Let it write to a file in the guest, and download that.",
                )

        code = self._run(line, keep, self._timeouts.command if timeout is None else timeout, feed)
        return Completed(code, bytes(out), bytes(err))

    def _run(
        self,
        line: _Line,
        take: Callable[[bytes, bytes], None],
        timeout: float,
        feed: Callable[[str], None] | None = None,
    ) -> int:
        """Run a command to its end. `feed` writes its stdin, `take` gets what it writes, piece by piece."""
        checked_command(f"{line.program} {line.arguments}".rstrip())
        deadline = time.monotonic() + timeout
        self._allow(self._timeouts.operation)
        started = self._started(line)
        try:
            if feed is not None:
                feed(started)
            return self._received(started, take, deadline)
        except UnreachableError:
            started = ""
            raise
        finally:
            if started:  # a broken connection would only make us wait for its farewell
                self._terminate(started)

    def _started(self, line: _Line) -> str:
        self.connect()
        try:
            return self._start(line)
        except FaultError as err:
            if err.fault not in _ANOTHER_SHELL:
                raise
            self._leave_shell()
            self.connect()
            return self._start(line)

    def _start(self, line: _Line) -> str:
        arguments = (line.arguments,) if line.arguments else ()
        with self._translating():
            return self._protocol.run_command(
                self._shell or "", line.program, arguments, console_mode_stdin=line.console
            )

    def _received(self, command: str, take: Callable[[bytes, bytes], None], deadline: float) -> int:
        protocol, received = self._protocol, 0
        while (left := deadline - time.monotonic()) > 0:
            protocol.operation_timeout_sec = self._allow(max(1, min(self._timeouts.operation, math.ceil(left))))
            with contextlib.suppress(WinRMOperationTimeoutError), self._translating(WinRMOperationTimeoutError):
                out, err, code, done = protocol.get_command_output_raw(self._shell or "", command)
                received += len(out) + len(err)
                take(out, err)
                if done:
                    # ExitCode is an unsigned 32-bit number on the wire, NTSTATUS values such as 0xC00000FD included.
                    return code
        raise CommandTimeoutError(
            f"A command on {self._endpoint.host} did not end in time; it said {received} bytes until then.",
            help="A prompt waiting for an answer looks like this. Allow more time if the command is long.",
        )

    def _allow(self, operation: int) -> int:
        self._transport.answer_timeout = operation + self._timeouts.grace
        return operation

    def _terminate(self, command: str) -> None:
        if self._opened is not None and (shell := self._shell) is not None:
            self._bid_farewell(lambda: self._protocol.cleanup_command(shell, command))

    def _leave_shell(self) -> None:
        shell, self._shell = self._shell, None
        if shell is not None:
            self._bid_farewell(lambda: self._protocol.close_shell(shell, close_session=False))

    def _bid_farewell(self, say: Callable[[], None]) -> None:
        self._transport.answer_timeout = _FAREWELL
        with contextlib.suppress(CommunicatorError), self._translating():
            say()
        self._allow(self._timeouts.operation)

    @contextlib.contextmanager
    def _translating(self, *passed_on: type[Exception]) -> Iterator[None]:
        try:
            yield
        except passed_on:
            raise
        except LIBRARY_ERRORS as err:
            raise translated(err, self._endpoint) from err
