"""Scripts on a command line: what clients give PowerShell after -EncodedCommand."""

from __future__ import annotations

import base64
import binascii
import re

_ENCODED = re.compile(r"powershell(?:\.exe)?\s.*-EncodedCommand\s+(?P<blob>[A-Za-z0-9+/=]+)\s*", re.IGNORECASE)


def encoded_script(line: str) -> str | None:
    """Give the script of a line that starts PowerShell with an encoded one and nothing after it; None for any other."""
    found = _ENCODED.fullmatch(line)
    if found is None:
        return None
    try:
        return base64.b64decode(found["blob"], validate=True).decode("utf-16-le", "surrogatepass")
    except (binascii.Error, UnicodeDecodeError):
        return None
