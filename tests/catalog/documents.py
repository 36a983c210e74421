"""Answer files for the tests of the check: a valid frame, of which a test changes what it is about."""

from __future__ import annotations

from toolkit.catalog.check import check

FRAME = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<unattend xmlns="urn:schemas-microsoft-com:unattend"'
    ' xmlns:wcm="http://schemas.microsoft.com/WMIConfig/2002/State">\n'
    "{body}\n</unattend>\n"
)
IDENTITY = 'processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS"'


def document(body: str) -> bytes:
    return FRAME.format(body=body).encode("utf-8")


def settings(during: str, component: str, inner: str) -> str:
    """Give a pass with one component. `inner` begins on line 5 of the document."""
    return f'<settings pass="{during}">\n<component name="{component}" {IDENTITY}>\n{inner}\n</component>\n</settings>'


def shell(inner: str, during: str = "oobeSystem") -> bytes:
    return document(settings(during, "Microsoft-Windows-Shell-Setup", inner))


def setup(inner: str) -> bytes:
    return document(settings("windowsPE", "Microsoft-Windows-Setup", inner))


def found(data: bytes, release: str | None = None) -> list[str]:
    """Give the findings as `line rule severity`."""
    return [f"{problem.place.line} {problem.rule} {problem.severity}" for problem in check(data, release)]
