"""The last steps of Packer's file provisioner: a script decodes what `echo` has gathered, another removes that.

packer-community/winrmcp, winrmcp/cp.go. Recognised by the lines that name the two files, and done as they say: base64
line by line from the one into the other.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from toolkit.simulator.encoded import encoded_script
from toolkit.simulator.powershell_text import interpolated

if TYPE_CHECKING:
    from toolkit.simulator.programs import Program, Session

_FULL_PATH = r'_file_path\s*=\s*\[(?:System\.)?IO\.Path\]::GetFullPath\("(?P<path>[^"]*)"'
_GATHERED = re.compile(rf"\$tmp{_FULL_PATH}", re.IGNORECASE)
_WANTED = re.compile(rf"\$dest{_FULL_PATH}", re.IGNORECASE)
_REMOVING = re.compile(
    r'\$tmp_file_path\s*=\s*\[(?:System\.)?IO\.Path\]::GetFullPath\("[^"]*"\)\s*'
    r"if\s*\(Test-Path \$tmp_file_path\)\s*\{\s*(?:Remove-Item|rm)\s+\$tmp_file_path[^{}]*\}\s*",
    re.IGNORECASE,
)


def packer_upload(line: str, session: Session) -> Program | None:
    """Give the program that does what the line's script says, or None where it is neither of the two."""
    script = encoded_script(line)
    gathered = _GATHERED.search(script) if script else None
    if script is None or gathered is None:
        return None
    source = _path(gathered, session)
    if (wanted := _WANTED.search(script)) and "FromBase64String" in script:
        return _restored(source, _path(wanted, session), session)
    return _removed(source, session) if _REMOVING.search(script) else None


def _path(found: re.Match[str], session: Session) -> str:
    named = interpolated(found["path"], lambda name: session.environment.get(name[5:].casefold(), ""))  # $env:NAME
    return named.strip("'")


def _restored(source: str, target: str, session: Session) -> Program:
    yield from ()
    lines = (session.files.read(source) or b"").splitlines()
    try:
        data = b"".join(base64.b64decode(line.strip(), validate=True) for line in lines)
    except binascii.Error:
        yield session.error("The input is not a valid Base-64 string.")
        return 1
    session.files.write(target, data)
    return 0


def _removed(source: str, session: Session) -> Program:
    yield from ()
    session.files.remove(source)
    return 0
