"""Local groups by the names that Setup understands whatever the language of Windows is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.catalog.suggest import did_you_mean
from toolkit.spec.text import utf16_units

if TYPE_CHECKING:
    from toolkit.spec.places import KeyPath
    from toolkit.spec.section import Findings

ADMINISTRATORS = "Administrators"
_LONGEST_LIST = 256  # Microsoft-Windows-Shell-Setup/UserAccounts/LocalAccounts/LocalAccount/Group

# The reference page of LocalAccount/Group, whose names Setup turns into those of the language, with what the groups are
# called in an English Windows.
_NEUTRAL = {
    "AccountOperators": "Account Operators",
    ADMINISTRATORS: ADMINISTRATORS,
    "BackupOperators": "Backup Operators",
    "CryptoOperators": "Cryptographic Operators",
    "DCOMUsers": "Distributed COM Users",
    "Guests": "Guests",
    "IUsers": "IIS_IUSRS",
    "NetworkConfigurationOperators": "Network Configuration Operators",
    "PerfLoggingUsers": "Performance Log Users",
    "PerfMonitoringUsers": "Performance Monitor Users",
    "PowerUsers": "Power Users",
    "PrintOperators": "Print Operators",
    "RemoteDesktopUsers": "Remote Desktop Users",
    "Replicator": "Replicator",
    "SystemOperators": "Server Operators",
    "Users": "Users",
}
_BY_NAME = {spelling.casefold(): neutral for neutral, english in _NEUTRAL.items() for spelling in (neutral, english)}
# They exist too, under names that Setup does not translate.
_ENGLISH_ONLY = (
    "Access Control Assistance Operators",
    "Event Log Readers",
    "Hyper-V Administrators",
    "Remote Management Users",
    "Storage Replica Administrators",
)


def is_group(name: str) -> bool:
    """Say whether an English Windows has a group of this name from the start."""
    names = (*_NEUTRAL.values(), *_ENGLISH_ONLY)
    return name.casefold() in {group.casefold() for group in names}


def resolve_groups(groups: list[str], path: KeyPath, findings: Findings) -> tuple[str, ...]:
    """Give the names that work in every language where there are such; warn of groups that may not exist."""
    if bad := [group for group in groups if ";" in group or not group.strip()]:
        findings.error(path, f'"{bad[0]}" is no name of a group', help='Write a list: ["Administrators", "Users"].')
    found = tuple(dict.fromkeys(_group(group, path, findings) for group in groups))
    size = utf16_units(";".join(found))
    if size > _LONGEST_LIST:
        findings.error(path, f"the names of the groups are {size} characters long; {_LONGEST_LIST} is the most")
    return found


def _group(name: str, path: KeyPath, findings: Findings) -> str:
    neutral = _BY_NAME.get(name.casefold())
    if neutral is None and name.casefold() not in {known.casefold() for known in _ENGLISH_ONLY}:
        hint = did_you_mean(name, [*_NEUTRAL.values(), *_ENGLISH_ONLY])
        message = f'"{name}" is no group of a new Windows: Setup would leave the account out of it'
        findings.warning(path, message, help=hint)
    return neutral or name
