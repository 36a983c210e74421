"""The one way the rest of the toolkit speaks to a guest, whatever carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Protocol, Self

from toolkit.values import dataclass

if TYPE_CHECKING:
    from types import TracebackType

    from toolkit.communicators.transfer import Transferred


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ended. The streams are UTF-8 as far as the program in the guest honours code page 65001."""

    exit_code: int
    stdout: bytes
    stderr: bytes


class Communicator(Protocol):
    """Runs commands in a guest. Methods raise CommunicatorError; closing never does. One per thread."""

    def connect(self) -> None:
        """Log on and open a shell; nothing where one is open."""
        ...

    def run(self, command: str, *, timeout: float | None = None) -> Completed:
        """Run one line of cmd.exe and wait for its end, at most `timeout` seconds."""
        ...

    def run_powershell(self, script: str, *, timeout: float | None = None) -> Completed:
        """Run a script in a fresh Windows PowerShell without profile."""
        ...

    def upload(self, source: BinaryIO, path: str) -> Transferred:
        """Write all of `source` to the guest's `path`, and compare digests."""
        ...

    def download(self, path: str, sink: BinaryIO) -> Transferred:
        """Write the guest's file `path` to `sink`, and compare digests."""
        ...

    def close(self) -> None:
        """Close the shell and the connection, as far as they still answer."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
