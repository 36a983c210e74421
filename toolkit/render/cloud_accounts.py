"""The accounts of the spec, set up by a script: in a cloud there is no Setup to do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.render.powershell import ascii_expression
from toolkit.render.steps import BootstrapExit, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.secret import Secret
    from toolkit.spec.guest import Account, Guest

# Groups have other names in other languages, and the same identifiers in all: MicrosoftDocs/windowsserverdocs
# WindowsServerDocs/identity/ad-ds/manage/understand-security-identifiers.md
_WELL_KNOWN = {
    "administrators": 544,
    "users": 545,
    "guests": 546,
    "power users": 547,
    "backup operators": 551,
    "remote desktop users": 555,
    "network configuration operators": 556,
    "performance monitor users": 558,
    "performance log users": 559,
    "distributed com users": 562,
    "event log readers": 573,
    "hyper-v administrators": 578,
    "remote management users": 580,
}


def account_passwords(guest: Guest) -> tuple[tuple[str, Secret], ...]:
    """Give whose passwords the script needs, in the order in which `account_step` counts them from 0."""
    built_in = (
        () if guest.administrator_password is None else (("the built-in administrator", guest.administrator_password),)
    )
    return (*built_in, *((account.name, account.password) for account in guest.accounts))


def account_step(guest: Guest) -> Step:
    """Give the step that makes the accounts what the spec says, whether or not the image has them."""
    first = 0 if guest.administrator_password is None else 1
    lines = _built_in() if first else ()
    for number, account in enumerate(guest.accounts, start=first):
        lines += _account(account, number)
    why = (
        "Their passwords came with this script. One that the image's password policy refuses ends it here, shut.",
        "Groups are named by identifier: their names depend on the language.",
    )
    return Step("accounts", BootstrapExit.ACCOUNT, why, lines)


def _built_in() -> tuple[str, ...]:
    return ("Set-Account (Get-BuiltInAdministrator) ($Secrets[0]) '' ''",)


def _account(account: Account, number: int) -> tuple[str, ...]:
    name = ascii_expression(account.name, what="an account's name")
    texts = (
        ascii_expression(text or "", what=f"the {what} of an account")
        for what, text in (("full name", account.full_name), ("description", account.description))
    )
    return (f"Set-Account {name} ($Secrets[{number}]) {' '.join(texts)}", *_groups(account.groups, name))


def _groups(groups: Sequence[str], name: str) -> tuple[str, ...]:
    return tuple(f"Join-Group {_group(group)} {name}" for group in groups)


def _group(group: str) -> str:
    number = _WELL_KNOWN.get(group.casefold())
    if number is None:
        return ascii_expression(group, what="a group's name")
    return f"(Get-GroupName 'S-1-5-32-{number}')"
