"""The remote shells of a guest: opened, found and closed, each user's number of them bounded."""

from __future__ import annotations

import codecs
import threading
import uuid
from typing import TYPE_CHECKING

from toolkit.simulator.commands import RunningCommand
from toolkit.simulator.console import run_line
from toolkit.simulator.faults import CODE_PAGE_NOT_SUPPORTED, SHELL_NOT_FOUND, TOO_MANY_SHELLS, WsmanFault
from toolkit.simulator.guest_files import GuestFiles
from toolkit.simulator.misfit import run_misfit
from toolkit.simulator.packer_upload import packer_upload
from toolkit.simulator.piped_module import piped_module
from toolkit.simulator.plan import Plan
from toolkit.simulator.programs import Session
from toolkit.simulator.transfer import transfer

if TYPE_CHECKING:
    from toolkit.simulator.programs import Program
    from toolkit.simulator.state import GuestState, LocalUser

_UTF_8 = "65001"
_DEFAULT_CODE_PAGE = "437"


class Shell:
    """One remote shell and the commands in it."""

    def __init__(self, shell_id: str, session: Session, plan: Plan) -> None:
        self.id = shell_id
        self._session = session
        self._plan = plan
        self._commands: dict[str, RunningCommand] = {}

    @property
    def owner(self) -> str:
        return self._session.user.name

    def start(self, line: str) -> RunningCommand:
        command = RunningCommand(self._program(line))
        self._commands[command.id] = command
        return command

    def _program(self, line: str) -> Program:
        if misfit := self._plan.misfit(line):
            return run_misfit(misfit)
        return (
            transfer(line, self._session)
            or piped_module(line, self._session)
            or packer_upload(line, self._session)
            or run_line(line, self._session)
        )

    def command(self, command_id: str) -> RunningCommand:
        """Find a command. Raises WsmanFault for one that this shell does not have."""
        try:
            return self._commands[command_id.upper()]
        except KeyError as err:
            raise WsmanFault(SHELL_NOT_FOUND) from err

    def end(self, command_id: str) -> None:
        """End a command and forget it; ending one twice is no error."""
        if command := self._commands.pop(command_id.upper(), None):
            command.abort()

    def close(self) -> None:
        for command_id in list(self._commands):
            self.end(command_id)


class Shells:
    """All shells of one guest, and the files that are written in them.

    Idle time-outs are not modelled: a shell lives until somebody deletes it.
    """

    def __init__(self, state: GuestState, plan: Plan | None = None) -> None:
        self._state = state
        self._plan = plan or Plan()
        self.files = GuestFiles()
        self._open: dict[str, Shell] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._open)

    def open(self, user: LocalUser, *, code_page: str, environment: dict[str, str], shell_id: str = "") -> Shell:
        """Open a shell for `user`. Raises WsmanFault when he has too many, or for a code page that Windows lacks."""
        session = Session(self._state, user, _encoding(code_page), environment, self.files)
        shell = Shell((shell_id or str(uuid.uuid4())).upper(), session, self._plan)
        with self._lock:
            owned = sum(other.owner == user.name for other in self._open.values())
            if owned >= self._state.max_shells_per_user:
                raise WsmanFault(TOO_MANY_SHELLS)
            self._open[shell.id] = shell
        return shell

    def find(self, shell_id: str, user: LocalUser) -> Shell:
        """Find a shell of `user`. Raises WsmanFault for one that is not there, or not his."""
        shell = self._open.get(shell_id.upper())
        if shell is None or shell.owner != user.name:
            raise WsmanFault(SHELL_NOT_FOUND)
        return shell

    def open_ones(self) -> tuple[tuple[str, str], ...]:
        """Give the id and the owner of every open shell, oldest first."""
        return tuple((shell.id, shell.owner) for shell in self._open.values())

    def delete(self, shell: Shell) -> None:
        with self._lock:
            self._open.pop(shell.id, None)
        shell.close()

    def close(self) -> None:
        for shell in list(self._open.values()):
            self.delete(shell)


def _encoding(code_page: str) -> str:
    """Give Python's codec for WINRS_CODEPAGE; without the option a shell has the OEM code page of the United States."""
    number = code_page.strip() or _DEFAULT_CODE_PAGE
    name = "utf-8" if number == _UTF_8 else f"cp{number}"
    try:
        return codecs.lookup(name).name
    except LookupError as err:
        raise WsmanFault(CODE_PAGE_NOT_SUPPORTED) from err
