"""The computer's name, owner and time zone."""

from __future__ import annotations

from pydantic import Field

from toolkit.catalog import time_zones
from toolkit.catalog.suggest import did_you_mean
from toolkit.spec.guest import Computer
from toolkit.spec.section import Findings, Section
from toolkit.spec.text import Text63

_RANDOM = "*"
_LONGEST_NAME = 15  # bytes: the NetBIOS name (Microsoft-Windows-Shell-Setup/ComputerName)
_FORBIDDEN = frozenset("{|}~[\\]^':;<=>?@!\"#$%`()+/.,*& _")


class ComputerSection(Section):
    """`[computer]`."""

    name: str = Field(_RANDOM, description="Up to 15 letters, digits and hyphens; * lets Windows make one up.")
    time_zone: str = Field("UTC", description='A Windows id ("W. Europe Standard Time") or an IANA name.')
    owner: Text63 | None = None
    organization: Text63 | None = None


def resolve_computer(section: ComputerSection, findings: Findings) -> Computer:
    """Check the name against Setup's rules and give the time zone its Windows id."""
    fault = name_fault(section.name)
    if fault:
        findings.error(("computer", "name"), f'computer.name "{section.name}" {fault}')
    zone = time_zones.windows_id(section.time_zone)
    if zone is None:
        findings.error(
            ("computer", "time_zone"),
            f'computer.time_zone "{section.time_zone}" is not a time zone; Setup would stop in specialize',
            help=did_you_mean(section.time_zone, time_zones.known_names())
            or 'Write a Windows id or an IANA name, such as "UTC" or "Europe/Berlin".',
        )
    return Computer(section.name, zone or "UTC", section.owner, section.organization)


def name_fault(name: str) -> str | None:
    """Say what Setup would not take in a computer name, or None. Source: the reference page of ComputerName."""
    if name == _RANDOM:
        return None
    if not name:
        return "is empty"
    size = len(name.encode("utf-8"))
    if size > _LONGEST_NAME:
        return f"is {size} bytes long; {_LONGEST_NAME} is the most"
    bad = sorted({character for character in name if character in _FORBIDDEN or ord(character) < 33})
    if bad:
        return f"holds {' '.join(bad)!r}, which no computer name may"
    if not name.isascii():
        return "holds letters outside ASCII, which the network name cannot keep"
    if name.isdigit():
        return "is a number; a computer name needs a letter"
    if name.startswith("-") or name.endswith("-"):
        return "begins or ends with a hyphen"
    return None
