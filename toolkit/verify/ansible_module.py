"""A module sent as Ansible's winrm connection sends every one: a bootstrap on the command line, the rest over stdin.

ansible/ansible lib/ansible/plugins/connection/winrm.py, plugins/shell/powershell.py and executor/powershell: PowerShell
starts PowerShell with the bootstrap, which takes stdin whole, parts it at four NULs into a wrapper and a JSON payload,
and runs the wrapper. Stdin comes in pieces of 200,000 bytes. What is sent here is our own, of the same form and size.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Protocol

from toolkit.communicators.commandline import encoded
from toolkit.communicators.communicator import Communicator, Completed
from toolkit.verify.remedy import LANGUAGE_MODE, MORE_MEMORY, Remedy, failed
from toolkit.verify.rung import Failure, Rung, RungError, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PROGRAM = "PowerShell"
PIECE = 200_000
SIZE = 215_000  # bytes: `setup`, with which every play begins, takes 214,685 in ansible-core 2.14
_SEPARATOR = b"\0\0\0\0"
_SWITCHES = "-NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand"
_TOO_OLD = "Ansible requires PowerShell v3.0 or newer"

BOOTSTRAP = f"""\
chcp.com 65001 > $null
if ($PSVersionTable.PSVersion.Major -lt 3) {{
'{{"failed":true,"msg":"{_TOO_OLD}"}}'
exit 1
}}
$parts = ($input | Out-String).Split(@("`0`0`0`0"), 2, [StringSplitOptions]::RemoveEmptyEntries)
if ($parts.Length -ne 2) {{ throw 'invalid payload' }}
$json_raw = $parts[1]
& ([ScriptBlock]::Create($parts[0]))
"""
WRAPPER = """\
$payload = ConvertFrom-Json -InputObject $json_raw
$module = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($payload.module_entry))
& ([ScriptBlock]::Create($module)) $payload.module_args
"""
MODULE = """'{"changed": false, "ping": "' + $args[0].data + '"}'\n"""


class Piping(Communicator, Protocol):
    """A communicator that also writes a program's stdin."""

    def pipe(self, program: str, arguments: str, chunks: Iterable[bytes], *, timeout: float | None = None) -> Completed:
        """Run a program that reads stdin: each chunk is one message, and the last one ends it."""
        ...


def ping(communicator: Piping) -> None:
    """Have the module run. Raises RungError where it does not answer, CommunicatorError where it cannot be sent."""
    done = communicator.pipe(PROGRAM, arguments(), _pieces(_payload()))
    result = read_result(done.stdout.decode("utf-8", "replace"))
    if result.get("ping") != "pong":
        raise RungError(_too_old(done) if result.get("msg") == _TOO_OLD else _unexpected(done))


def arguments() -> str:
    """Give the command line: PowerShell that starts PowerShell, as a task's two layers of Ansible make it."""
    inner = f"{PROGRAM} {_SWITCHES} {encoded(BOOTSTRAP)}"
    return f"{_SWITCHES} {encoded(inner)}"


def read_result(text: str) -> dict[str, object]:
    """Read a module's JSON past what profiles write around it, as Ansible does; nothing where there is none."""
    start, end = text.find("{"), text.rfind("}")
    try:
        found = json.loads(text[start : end + 1])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _payload() -> bytes:
    module = {
        "module_entry": base64.b64encode(MODULE.encode()).decode("ascii"),
        "module_args": {"_ansible_module_name": "win_ping", "data": "pong"},
        "powershell_modules": "",  # where Ansible has the code that all its modules share
    }
    missing = SIZE - len(_joined(module))
    return _joined({**module, "powershell_modules": "x" * missing})


def _joined(module: Mapping[str, object]) -> bytes:
    return _SEPARATOR.join((WRAPPER.encode(), json.dumps(module).encode()))


def _pieces(payload: bytes) -> Iterator[bytes]:
    for start in range(0, len(payload), PIECE):
        yield payload[start : start + PIECE]


def _too_old(done: Completed) -> Failure:
    version = "$PSVersionTable.PSVersion"
    return failed(
        Rung.RUN,
        "powershell-too-old",
        Verdict.FATAL,
        "Ansible's modules need PowerShell 3 or later, and the guest has an older one.",
        evidence=(_said(done),),
        causes=("Windows 7 and Server 2008 R2 come with PowerShell 2; WMF 5.1 brings them a newer one.",),
        remedies=(Remedy(cmd=f"powershell -NoProfile -Command {version}", powershell=version),),
    )


def _unexpected(done: Completed) -> Failure:
    return failed(
        Rung.RUN,
        "module-fails",
        Verdict.FATAL,
        "A module sent as Ansible sends it, over stdin, does not run in the guest.",
        evidence=(f"PowerShell ended with {done.exit_code:#x}", _said(done)),
        causes=(
            "A policy (AppLocker, Constrained Language, a script execution policy) keeps scripts from running.",
            "The shell's memory quota is too small for a module.",
        ),
        remedies=(LANGUAGE_MODE, MORE_MEMORY),
    )


def _said(done: Completed) -> str:
    shown = (done.stdout + done.stderr)[:200].decode("utf-8", "replace")
    return f"It said: {' '.join(shown.split())}" if shown.strip() else "It said nothing"
