"""`bootstrap.openssh`, `authorized_keys` and `default_shell`: the SSH server in the guest."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from pydantic import Field

from toolkit.errors import ToolkitError
from toolkit.spec.certificates import read_file
from toolkit.spec.guest import CarriedFile, OpenSsh
from toolkit.spec.openssh_package import install_script
from toolkit.spec.section import Findings, Section

if TYPE_CHECKING:
    from toolkit.spec.bootstrap import BootstrapSection

SHELLS = ("cmd", "powershell")

# ASCII without what a path cannot hold and what cmd reads as its own. It names what is in it: to name all the rest of
# Unicode as what is not takes 3 ms to compile, at every start.
_IN_PATH = r"[ #$'()+,\-./:;=@\[\]_`{}~0-9A-Za-z"
_SHELL_PATH = rf"[A-Za-z]:\\{_IN_PATH}\\]+{_IN_PATH}]"
_KEY = r"(?P<kind>[a-z0-9@.-]+) (?P<data>[A-Za-z0-9+/]+={0,2})( [\x20-\x7e]*)?"
_FILE_NAME = r"(?i)[A-Za-z0-9._-]+\.(zip|msi)"


class OpenSshSection(Section):
    """`bootstrap.openssh`."""

    file: str = Field(
        min_length=1, description="OpenSSH-Win64.zip or .msi, to travel on the medium; relative to the spec."
    )


def resolve_openssh(section: BootstrapSection, *, wanted: bool, findings: Findings) -> OpenSsh:
    """Check what concerns the SSH server. `wanted` says whether there is to be one."""
    if not wanted:
        for name in sorted(section.model_fields_set & {"openssh", "authorized_keys", "default_shell"}):
            findings.error(
                ("bootstrap", name),
                f"bootstrap.{name} does nothing without an SSH server",
                help='Add also = ["ssh"] to [bootstrap], or set communicator = "ssh" in [communicator].',
            )
    _check_keys(section.authorized_keys, findings)
    _check_shell(section.default_shell, findings)
    package = _package(section.openssh, findings) if section.openssh else None
    return OpenSsh(package, tuple(key.strip() for key in section.authorized_keys), section.default_shell)


def _package(section: OpenSshSection, findings: Findings) -> CarriedFile | None:
    path = ("bootstrap", "openssh", "file")
    data = read_file(path, section.file, findings)
    if data is None:
        return None
    package = CarriedFile(section.file.replace("\\", "/").rpartition("/")[2], data)
    if not re.fullmatch(_FILE_NAME, package.name):
        findings.error(
            path, f'"{package.name}" is no name for a package', help="Rename it to OpenSSH-Win64.zip or .msi."
        )
    try:
        install_script(package)
    except ToolkitError as err:
        findings.error(path, err.message, help=err.help)
    return package


def _check_keys(keys: list[str], findings: Findings) -> None:
    for number, key in enumerate(keys):
        if not _is_key(key.strip()):
            findings.error(
                ("bootstrap", "authorized_keys", number),
                "this is not a public key as ssh-keygen writes it",
                help='Give the line of the .pub file: "ssh-ed25519 AAAA... comment".',
            )


def _is_key(text: str) -> bool:
    """Whether the text is a kind, and data that begins with the length and the name of the same kind."""
    match = re.fullmatch(_KEY, text)
    if match is None:
        return False
    try:
        data = base64.b64decode(match["data"], validate=True)
    except binascii.Error:
        return False
    kind = match["kind"].encode("ascii")
    return data.startswith(len(kind).to_bytes(4, "big") + kind)


def _check_shell(shell: str | None, findings: Findings) -> None:
    if shell is None or shell in SHELLS or re.fullmatch(_SHELL_PATH, shell):
        return
    findings.error(
        ("bootstrap", "default_shell"),
        f'bootstrap.default_shell "{shell}" is neither cmd, nor powershell, nor the full path of a program',
        help=r'For example "C:\\Program Files\\PowerShell\\7\\pwsh.exe".',
    )
