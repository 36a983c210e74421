"""Files into a guest and out of it, through the standard streams of one small PowerShell script.

Text is base64 in lines, which survives whatever code page the console has; the digest is taken on both sides. Packer
appends 6 kB at a time with `echo`, one process each; this is one process for the whole file. Modelled on what Ansible's
winrm connection does in the field; the scripts themselves use nothing that PowerShell 2 lacks.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, BinaryIO

from toolkit.communicators.errors import TransferError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

# A Send of 108,000 characters fits the envelope of 150 kB that Windows 7 takes (base64 again, and the SOAP around it).
CHUNK = 108_000
_LINE = 48 * 1024  # bytes of the file in one line
_END = b".\n"

UPLOAD = """\
$ErrorActionPreference = 'Stop'
try {{
$path = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('{path}'))
[void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName([IO.Path]::GetFullPath($path)))
$sha = [Security.Cryptography.SHA256]::Create()
$in = New-Object IO.StreamReader([Console]::OpenStandardInput(), [Text.Encoding]::ASCII)
$out = [IO.File]::Create($path)
while (($line = $in.ReadLine()) -ne '.') {{
$bytes = [Convert]::FromBase64String($line)
$out.Write($bytes, 0, $bytes.Length)
[void]$sha.TransformBlock($bytes, 0, $bytes.Length, $bytes, 0)
}}
[void]$sha.TransformFinalBlock((New-Object byte[] 0), 0, 0)
$out.Close()
'sha256=' + [BitConverter]::ToString($sha.Hash).Replace('-', '')
}} catch {{ 'failed=' + $_.Exception.Message; exit 1 }}
"""

DOWNLOAD = """\
$ErrorActionPreference = 'Stop'
try {{
$path = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('{path}'))
$sha = [Security.Cryptography.SHA256]::Create()
$in = [IO.File]::OpenRead($path)
$bytes = New-Object byte[] 49152
while (($count = $in.Read($bytes, 0, $bytes.Length)) -gt 0) {{
[void]$sha.TransformBlock($bytes, 0, $count, $bytes, 0)
[Console]::Out.WriteLine([Convert]::ToBase64String($bytes, 0, $count))
}}
[void]$sha.TransformFinalBlock((New-Object byte[] 0), 0, 0)
'sha256=' + [BitConverter]::ToString($sha.Hash).Replace('-', '')
}} catch {{ 'failed=' + $_.Exception.Message; exit 1 }}
"""

_SHA256 = re.compile(r"sha256=([0-9A-Fa-f]{64})")
_FAILED = re.compile(r"failed=(.*)")


@dataclass(frozen=True, slots=True)
class Transferred:
    """A file that arrived as it was sent. `sha256` is hexadecimal."""

    size: int
    sha256: str


def script(template: str, path: str) -> str:
    """Fill in a path of the guest's, of any characters."""
    return template.format(path=base64.b64encode(path.encode("utf-8", "surrogatepass")).decode("ascii"))


class Outgoing:
    """A file as the stdin of UPLOAD."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self._size = 0

    def chunks(self) -> Iterator[tuple[bytes, bool]]:
        """Give what to send, and whether it is the last."""
        waiting = bytearray()
        for line in self._lines():
            waiting += line
            while len(waiting) > CHUNK:
                yield bytes(waiting[:CHUNK]), False
                del waiting[:CHUNK]
        yield bytes(waiting), True

    def checked(self, path: str, told: str) -> Transferred:
        """Compare with what the guest says it wrote. Raises TransferError."""
        return _checked(path, told, self._size, self._digest.hexdigest())

    def _lines(self) -> Iterator[bytes]:
        while piece := self._source.read(_LINE):
            self._digest.update(piece)
            self._size += len(piece)
            yield base64.b64encode(piece) + b"\n"
        yield _END


class Incoming:
    """The stdout of DOWNLOAD, written to `sink` as it comes."""

    def __init__(self, sink: BinaryIO) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()
        self._size = 0
        self._rest = b""
        self._told: list[str] = []

    def take(self, piece: bytes) -> None:
        """Write the whole lines that have come."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self._take_line(line.strip())

    def checked(self, path: str) -> Transferred:
        """Compare with what the guest says it read. Raises TransferError."""
        self._take_line(self._rest.strip())
        return _checked(path, "\n".join(self._told), self._size, self._digest.hexdigest())

    def _take_line(self, line: bytes) -> None:
        if b"=" in line.rstrip(b"=") or not line:
            self._told.append(line.decode("utf-8", "replace"))
            return
        try:
            data = base64.b64decode(line, validate=True)
        except ValueError as err:
            raise TransferError("The guest sent a line that is not part of a file.") from err
        self._sink.write(data)
        self._digest.update(data)
        self._size += len(data)


def _checked(path: str, told: str, size: int, digest: str) -> Transferred:
    if failed := _FAILED.search(told):
        raise TransferError(f"The guest cannot open {path}: {failed[1].strip()}")
    found = _SHA256.search(told)
    if found is None:
        raise TransferError(
            f"The guest did not say what became of {path}.",
            help="PowerShell is needed in the guest, and may be forbidden there by a policy.",
        )
    if found[1].lower() != digest:
        raise TransferError(f"{path} did not arrive as it was sent: SHA-256 {found[1].lower()} against {digest}.")
    return Transferred(size, digest)
