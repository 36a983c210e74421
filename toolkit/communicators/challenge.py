"""The methods of authentication that a 401 offers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# A scheme stands at the start of a header or after a comma, and is followed by a blank, a comma or the end; what is
# followed by `=` is a parameter of the scheme before (RFC 9110, 11.6.1).
_SCHEME = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9-]*)(?=\s*(?:,|$)|\s+(?!\s*=))")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


def offered_methods(headers: Iterable[str]) -> tuple[str, ...]:
    """Read the schemes from the values of `WWW-Authenticate`, in order, each once whatever its case."""
    found: dict[str, str] = {}
    for header in headers:
        for scheme in _SCHEME.findall(_QUOTED.sub('""', header)):
            found.setdefault(scheme.lower(), scheme)
    return tuple(found.values())
