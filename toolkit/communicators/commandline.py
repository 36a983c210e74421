"""Command lines that survive the way into the guest: XML, cmd.exe, and PowerShell's own start."""

from __future__ import annotations

import base64
import re

from toolkit.errors import UsageError

# cmd.exe's limit (learn.microsoft.com: "Command prompt line string limitation").
LONGEST = 8191

# XML 1.0 has no way to write these, and a raw one makes the guest answer with fault 0x80338043, invalid XML.
# A line break would end the command line, which cmd.exe reads as a single one.
_UNSENDABLE = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

_POWERSHELL = "powershell.exe -NoProfile -NonInteractive -EncodedCommand "
# Progress records would come out on stderr as CLIXML.
_PREAMBLE = "$ProgressPreference = 'SilentlyContinue'\n"


def checked_command(command: str) -> str:
    """Give `command` back. Raises UsageError where it cannot reach cmd.exe whole."""
    if not command.strip():
        raise UsageError("The command is empty.")
    if found := _UNSENDABLE.search(command):
        raise UsageError(
            f"The command's character {found.start() + 1}, U+{ord(found[0]):04X}, cannot be sent.",
            help="Send several lines as a PowerShell script, or join them with &.",
        )
    if len(command) > LONGEST:
        raise UsageError(
            f"The command is {len(command)} characters long; cmd.exe takes {LONGEST}.",
            help="Put the work into a file on the medium and run that.",
        )
    return command


def powershell_command(script: str) -> str:
    """Wrap a script as the one line that starts Windows PowerShell with it (base64 of UTF-16LE)."""
    return checked_command(_POWERSHELL + encoded(_PREAMBLE + script))


def encoded(script: str) -> str:
    """Write a script as -EncodedCommand takes it: base64 of UTF-16LE."""
    return base64.b64encode(script.encode("utf-16-le", "surrogatepass")).decode("ascii")
