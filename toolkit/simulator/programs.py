"""What a running command does next, seen from the shell that it runs in."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from toolkit.simulator.guest_files import GuestFiles
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.simulator.state import GuestState, LocalUser


class Stream(StrEnum):
    STDOUT = "stdout"
    STDERR = "stderr"


@dataclass(frozen=True, slots=True)
class Output:
    """Bytes for one of the streams, in the shell's code page."""

    stream: Stream
    data: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing happens for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ReadInput:
    """Waits for stdin; is sent the bytes that have come, or none at its end."""


Event: TypeAlias = Output | Pause | ReadInput
Program: TypeAlias = Generator[Event, bytes, int]


@dataclass(frozen=True, slots=True)
class Session:
    """Where a command runs: whose, on which guest, in which code page, with which extra environment and files."""

    state: GuestState
    user: LocalUser
    encoding: str = "cp437"
    extra_environment: dict[str, str] = field(default_factory=dict)
    files: GuestFiles = field(default_factory=GuestFiles)

    @property
    def environment(self) -> dict[str, str]:
        """Give the variables by case-folded name."""
        name = self.user.name
        return {
            "computername": self.state.host_name.upper(),
            "username": name,
            "userdomain": self.state.host_name.upper(),
            "userprofile": rf"C:\Users\{name}",
            "temp": rf"C:\Users\{name}\AppData\Local\Temp",
            "tmp": rf"C:\Users\{name}\AppData\Local\Temp",
            "systemdrive": "C:",
            "systemroot": r"C:\Windows",
            "windir": r"C:\Windows",
            "programdata": r"C:\ProgramData",
            "programfiles": r"C:\Program Files",
            "comspec": r"C:\Windows\system32\cmd.exe",
            "os": "Windows_NT",
            "processor_architecture": "AMD64",
            **{key.casefold(): value for key, value in self.extra_environment.items()},
        }

    def line(self, text: str) -> Output:
        """Give a line of output."""
        return Output(Stream.STDOUT, self.encode(f"{text}\r\n"))

    def error(self, text: str) -> Output:
        """Give a line of error output."""
        return Output(Stream.STDERR, self.encode(f"{text}\r\n"))

    def encode(self, text: str) -> bytes:
        """Encode for the client; what the code page lacks becomes a question mark."""
        return text.encode(self.encoding, "replace")
