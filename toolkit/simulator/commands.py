"""A command that runs in a remote shell: its program, what it has written, and what it waits for."""

from __future__ import annotations

import threading
import time
import uuid
from typing import TYPE_CHECKING

from toolkit.simulator.faults import OPERATION_ABORTED, TIMED_OUT, WsmanFault
from toolkit.simulator.programs import Output, Pause, ReadInput, Stream
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.simulator.programs import Event, Program


@dataclass(frozen=True, slots=True)
class Received:
    """What one Receive brings: pieces of the streams, and the exit code once everything has been read."""

    pieces: dict[Stream, bytes]
    exit_code: int | None


class RunningCommand:
    """Runs its program only while somebody receives, so that it needs no thread of its own."""

    def __init__(self, running: Program) -> None:
        self.id = str(uuid.uuid4()).upper()
        self._program = running
        self._changed = threading.Condition()
        self._written = {stream: bytearray() for stream in Stream}
        self._input = bytearray()
        self._input_ended = False
        self._waiting: Event | None = None
        self._resumes_at = 0.0
        self._exit_code: int | None = None
        self._aborted = False

    def send(self, data: bytes, *, end: bool) -> None:
        """Take stdin for the program."""
        with self._changed:
            self._input += data
            self._input_ended = self._input_ended or end
            self._changed.notify_all()

    def abort(self) -> None:
        """End the program; whoever is receiving is told so."""
        with self._changed:
            self._aborted = True
            self._changed.notify_all()

    def receive(self, *, timeout: float, at_most: int) -> Received:
        """Wait up to `timeout` seconds for news, and give up to `at_most` bytes of it.

        Raises WsmanFault: TIMED_OUT when there is none yet, OPERATION_ABORTED when the command was ended.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while not self._aborted:
                self._run()
                if self._exit_code is not None or any(self._written.values()):
                    return self._taken(at_most)
                left = deadline - time.monotonic()
                if left <= 0:
                    raise WsmanFault(TIMED_OUT)
                pause = self._resumes_at - time.monotonic() if isinstance(self._waiting, Pause) else left
                self._changed.wait(max(0.0, min(left, pause)))
            raise WsmanFault(OPERATION_ABORTED)

    def _run(self) -> None:
        """Let the program go on until it waits or ends."""
        while self._exit_code is None and (answer := self._answer()) is not None:
            self._waiting = None
            try:
                event = self._program.send(answer) if answer else next(self._program)
            except StopIteration as end:
                self._exit_code = int(end.value) & 0xFFFFFFFF
                return
            match event:
                case Output(stream, data):
                    self._written[stream] += data
                case Pause(seconds):
                    self._waiting, self._resumes_at = event, time.monotonic() + seconds
                case ReadInput():
                    self._waiting = event

    def _answer(self) -> bytes | None:
        """Give what the program is waiting for, or None while that is not there."""
        match self._waiting:
            case Pause():
                return b"" if time.monotonic() >= self._resumes_at else None
            case ReadInput():
                if not self._input and not self._input_ended:
                    return None
                data = bytes(self._input)
                self._input.clear()
                return data
            case _:
                return b""

    def _taken(self, at_most: int) -> Received:
        pieces = {}
        for stream, written in self._written.items():
            piece = bytes(written[:at_most])
            del written[: len(piece)]
            at_most -= len(piece)
            if piece:
                pieces[stream] = piece
        return Received(pieces, None if any(self._written.values()) else self._exit_code)
