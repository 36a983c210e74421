"""PowerShell's error stream as text: with its output redirected it writes errors as CLIXML ("#< CLIXML")."""

from __future__ import annotations

import html
import re

_MARK = b"#< CLIXML"
_ERROR = re.compile(r'<S S="Error">(.*?)</S>', re.DOTALL)
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def error_text(stderr: bytes) -> str:
    """Read what `stderr` says to people: the error records of CLIXML, or the plain text as it stands.

    Progress records (the "Preparing modules for first use." of a first start) are left out. The format is
    [MS-PSRP] 2.2.5's, read only as far as error records go.
    """
    text = stderr.decode("utf-8", "replace")
    if not stderr.lstrip().startswith(_MARK):
        return text.strip()
    records = (_unescaped(html.unescape(record)) for record in _ERROR.findall(text))
    return "".join(records).replace("\r\n", "\n").strip()


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
