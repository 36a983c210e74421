"""manifest.json: what was promised, for whoever verifies the guest later. It holds no secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, assert_never

from toolkit.files import NamedFile
from toolkit.render.closing import DELAY, close_command, closer_name
from toolkit.render.kept_manifest import NAME
from toolkit.render.runner.build_end import shutdown_command
from toolkit.spec.guest import NoCommunicator, Ssh, Winrm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.render.winrm_steps import HostCertificate
    from toolkit.spec.guest import Communicator, Guest

FORMAT = 1


def manifest(guest: Guest, files: Sequence[NamedFile], certificate: HostCertificate | None) -> NamedFile:
    """Write down the guest's name, users and doors, and the SHA-256 of every file that was generated."""
    windows = guest.windows
    content = {
        "format": FORMAT,
        "windows": {
            "release": windows.release.key,
            "edition": windows.edition,
            "installation": windows.installation,
            "architecture": windows.architecture,
            "firmware": guest.disk.firmware,
        },
        "host_name": None if guest.computer.name == "*" else guest.computer.name,
        "users": _users(guest),
        "communicator": _communicator(guest.communicator, certificate),
        "close": _close(guest),
        "shutdown_command": shutdown_command(guest),
        "files": [{"name": file.name, "size": len(file.data), "sha256": file.sha256} for file in files],
    }
    return NamedFile(NAME, json.dumps(content, indent=2, ensure_ascii=True).encode("ascii") + b"\n")


def _users(guest: Guest) -> list[dict[str, Any]]:
    users: list[dict[str, Any]] = [{"name": account.name, "groups": list(account.groups)} for account in guest.accounts]
    if guest.administrator_password is not None:
        users.insert(0, {"name": "Administrator", "groups": ["Administrators"]})
    return users


def _close(guest: Guest) -> dict[str, Any] | None:
    """Say how the guest is shut from inside when the work is done. The command comes back before that begins."""
    name, command = closer_name(guest), close_command(guest)
    if name is None or command is None:
        return None
    return {
        "script": name,
        "command": command,
        "shutdown_command": close_command(guest, shutdown=True),
        "delay_seconds": DELAY,
    }


def _communicator(communicator: Communicator, certificate: HostCertificate | None) -> dict[str, Any]:
    match communicator:
        case NoCommunicator():
            return {"kind": "none"}
        case Ssh():
            return {"kind": "ssh", "username": communicator.username, "port": communicator.port}
        case Winrm():
            return {
                "kind": "winrm",
                "username": communicator.username,
                "port": communicator.port,
                "ssl": communicator.ssl,
                "auth": "ntlm" if communicator.ntlm else "basic",
                "certificate_thumbprint": certificate.thumbprint if certificate else None,
            }
        case _:
            assert_never(communicator)
