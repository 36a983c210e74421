"""Modules of Ansible's as its winrm connection runs them: a small script on the command line, the rest over stdin.

The script takes stdin to its end, parts it at four NULs into a wrapper and a JSON payload, and runs the wrapper with
the payload at hand (ansible/ansible lib/ansible/plugins/shell/powershell.py and executor/powershell). Modelled: the
payload is read and the module that it names is known, but no wrapper is run, for that takes a whole PowerShell.
`win_ping` is answered as it answers; any other module fails and says why.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from toolkit.simulator.encoded import encoded_script
from toolkit.simulator.programs import ReadInput

if TYPE_CHECKING:
    from toolkit.simulator.programs import Program, Session

# What makes a script such a bootstrap, whoever wrote it: where it reads, at what it parts, and that it runs the part.
_MARKS = ("$input", '"`0`0`0`0"', "[scriptblock]::create(")
_SEPARATOR = b"\0\0\0\0"
_TOO_OLD = re.compile(r"""'(\{"failed":true,[^'\n]*\})'""")
_OLDEST = 3  # the major version of PowerShell that the bootstrap asks for
_PING = frozenset({"win_ping", "ansible.windows.win_ping"})


def piped_module(line: str, session: Session) -> Program | None:
    """Give the program that does what the line's bootstrap does, or None where there is no bootstrap in it."""
    script = encoded_script(line)
    while script is not None and (inner := encoded_script(script)) is not None:
        script = inner  # Ansible's own line starts PowerShell twice
    if script is None or not all(mark in script.casefold() for mark in _MARKS):
        return None
    return _bootstrap(script, session)


def _bootstrap(script: str, session: Session) -> Program:
    refusal = _TOO_OLD.search(script)
    if refusal and int(session.state.windows.powershell.partition(".")[0]) < _OLDEST:
        yield session.line(refusal[1])
        return 1
    taken = bytearray()
    while data := (yield ReadInput()):
        taken += data
    wrapper, separator, payload = bytes(taken).partition(_SEPARATOR)
    if not (wrapper and separator and payload):
        yield session.error("invalid payload")
        return 1
    result = _result(payload)
    yield session.line(json.dumps(result, ensure_ascii=False))
    return 1 if result.get("failed") else 0


def _result(payload: bytes) -> dict[str, object]:
    try:
        arguments = dict(json.loads(payload)["module_args"])
    except (ValueError, KeyError, TypeError):
        return _failed("The payload is not the JSON of a module.")
    name, data = arguments.get("_ansible_module_name"), arguments.get("data", "pong")
    if name not in _PING:
        return _failed(f"This is a simulated guest; of Ansible's modules it runs win_ping only, not {name}.")
    if data == "crash":  # as the module's documentation promises
        return _failed("Unhandled exception while executing module: boom")
    return {"changed": False, "invocation": {"module_args": {"data": data}}, "ping": data}


def _failed(why: str) -> dict[str, object]:
    return {"changed": False, "failed": True, "msg": why}
