"""cmd.exe's commands for files, over those that clients have written: `del`, `rmdir` and `type`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.simulator.commandline import words
from toolkit.simulator.programs import Output, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.simulator.programs import Program, Session

_NOT_FOUND = "The system cannot find the file specified."


def _rmdir(text: str, session: Session) -> Program:
    switches, paths = _arguments(text)
    code = 0
    for folder in paths:
        inside = session.files.below(folder)
        if not inside:
            yield session.error(_NOT_FOUND)
            code = 2
        elif "/s" not in switches:
            yield session.error("The directory is not empty.")
            code = 145
        else:
            for path in inside:
                session.files.remove(path)
    return code


def _del(text: str, session: Session) -> Program:
    for path in _arguments(text)[1]:
        if not session.files.remove(path):
            yield session.error(f"Could Not Find {path}")
    return 0


def _type(text: str, session: Session) -> Program:
    code = 0
    for path in _arguments(text)[1]:
        data = session.files.read(path)
        if data is None:
            yield session.error(_NOT_FOUND)
            code = 1
        else:
            yield Output(Stream.STDOUT, data)
    return code


def _arguments(text: str) -> tuple[set[str], list[str]]:
    given = words(text)[1:]
    return {word.casefold() for word in given if word.startswith("/")}, [
        word for word in given if not word.startswith("/")
    ]


FILE_COMMANDS: dict[str, Callable[[str, Session], Program]] = {
    "rmdir": _rmdir,
    "rd": _rmdir,
    "del": _del,
    "erase": _del,
    "type": _type,
}
