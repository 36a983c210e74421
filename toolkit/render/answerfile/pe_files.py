r"""Text files that an answer file writes in Windows PE by its own commands, since there is no other medium for sure.

X: is the RAM disk that Windows PE runs from. Commands are at most 255 characters long: the reference gives no number
for windowsPE; 256 has been seen to fail (cschneegans/unattend-generator#213).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONGEST_COMMAND = 255
_SPECIAL = re.compile(r'[\^&|<>()"]')


def write_commands(path: str, lines: Sequence[str]) -> Iterator[str]:
    """Give the command lines that write `lines`, which are ASCII and not empty, to the file `path`.

    Raises ValueError for a line too long for one command: all of ours are known to be shorter.
    """
    gathered: list[str] = []
    for line in lines:
        if gathered and len(_command(path, [*gathered, line])) > LONGEST_COMMAND:
            yield _command(path, gathered)
            gathered = []
        gathered.append(line)
        if len(_command(path, gathered)) > LONGEST_COMMAND:
            raise ValueError(line)
    if gathered:
        yield _command(path, gathered)


def _command(path: str, lines: Sequence[str]) -> str:
    """Append to the file. The redirection stands in front: behind a number it would take the number for a handle."""
    return "cmd.exe /d /c " + "&".join(f">>{path} echo {quoted(line)}" for line in lines)


def quoted(line: str) -> str:
    """Quote a text for echo on a command line, where a caret also keeps percent signs from naming a variable."""
    escaped = _SPECIAL.sub(r"^\g<0>", line)
    return re.sub(r"%(?=[^^])", "%^", escaped)
