"""The two PowerShell scripts by which this toolkit's client moves files, recognised whole and done as they say.

A script that differs in a single character is not recognised, and fails as any unknown statement does.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import TYPE_CHECKING

from toolkit.simulator.encoded import encoded_script
from toolkit.simulator.programs import Output, ReadInput, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.simulator.programs import Program, Session

_HEAD = """\
$ErrorActionPreference = 'Stop'
try {
$path = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('PATH'))
"""
_TAIL = """\
'sha256=' + [BitConverter]::ToString($sha.Hash).Replace('-', '')
} catch { 'failed=' + $_.Exception.Message; exit 1 }
"""
_WRITING = (
    _HEAD
    + """\
[void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName([IO.Path]::GetFullPath($path)))
$sha = [Security.Cryptography.SHA256]::Create()
$in = New-Object IO.StreamReader([Console]::OpenStandardInput(), [Text.Encoding]::ASCII)
$out = [IO.File]::Create($path)
while (($line = $in.ReadLine()) -ne '.') {
$bytes = [Convert]::FromBase64String($line)
$out.Write($bytes, 0, $bytes.Length)
[void]$sha.TransformBlock($bytes, 0, $bytes.Length, $bytes, 0)
}
[void]$sha.TransformFinalBlock((New-Object byte[] 0), 0, 0)
$out.Close()
"""
    + _TAIL
)
_READING = (
    _HEAD
    + """\
$sha = [Security.Cryptography.SHA256]::Create()
$in = [IO.File]::OpenRead($path)
$bytes = New-Object byte[] 49152
while (($count = $in.Read($bytes, 0, $bytes.Length)) -gt 0) {
[void]$sha.TransformBlock($bytes, 0, $count, $bytes, 0)
[Console]::Out.WriteLine([Convert]::ToBase64String($bytes, 0, $count))
}
[void]$sha.TransformFinalBlock((New-Object byte[] 0), 0, 0)
"""
    + _TAIL
)
_LINE = 49152
_FORBIDDEN = frozenset('<>"|?*')  # in a file's name (learn.microsoft.com: "Naming Files, Paths, and Namespaces")


def _pattern(script: str) -> re.Pattern[str]:
    return re.compile(
        r"(?:\$ProgressPreference = 'SilentlyContinue'\n)?" + re.escape(script).replace("PATH", "([A-Za-z0-9+/=]*)")
    )


_SCRIPTS = (_pattern(_WRITING), _pattern(_READING))


def transfer(line: str, session: Session) -> Program | None:
    """Give the program that does what the line's script says, or None where it is neither of the two."""
    script = encoded_script(line)
    if script is None:
        return None
    doing: tuple[Callable[[str, Session], Program], ...] = (_written, _read)
    for pattern, program in zip(_SCRIPTS, doing, strict=True):
        if found := pattern.fullmatch(script):
            path = base64.b64decode(found[1]).decode("utf-8", "surrogatepass")
            return program(path, session)
    return None


def _written(path: str, session: Session) -> Program:
    if fault := _name_fault(path):
        yield session.line(f"failed={fault}")
        return 1
    taken, rest = bytearray(), b""
    while data := (yield ReadInput()):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if line.strip() == b".":
                session.files.write(path, bytes(taken))
                yield session.line(f"sha256={hashlib.sha256(taken).hexdigest().upper()}")
                return 0
            try:
                taken += base64.b64decode(line, validate=True)
            except binascii.Error:
                yield session.line("failed=The input is not a valid Base-64 string.")
                return 1
    yield session.line("failed=Value cannot be null. Parameter name: s")
    return 1


def _read(path: str, session: Session) -> Program:
    data = session.files.read(path)
    if data is None:
        yield session.line(f"failed=Could not find file '{path}'.")
        return 1
    for at in range(0, len(data), _LINE):
        yield Output(Stream.STDOUT, base64.b64encode(data[at : at + _LINE]) + b"\r\n")
    yield session.line(f"sha256={hashlib.sha256(data).hexdigest().upper()}")
    return 0


def _name_fault(path: str) -> str | None:
    bare = path[2:] if path[1:2] == ":" else path
    if not path or ":" in bare or _FORBIDDEN & set(path) or any(ord(character) < 32 for character in path):
        return "Illegal characters in path."
    return None
