"""Accounts, and who logs on by himself."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from toolkit.render.answerfile.account_commands import first_logon_lines, specialize_lines
from toolkit.render.answerfile.contribution import (
    AFTER_COMMANDS,
    BEFORE_COMMANDS,
    DEPLOYMENT,
    SHELL,
    Contribution,
    Pass,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.secret import Secret
    from toolkit.spec.guest import AutoLogon, Guest
    from toolkit.spec.surroundings import Domain

_AS_GOOD_AS_FOR_EVER = 65432
_THIS_COMPUTER = "."


def contributions(guest: Guest) -> Iterator[Contribution]:
    """Give UserAccounts, AutoLogon and the commands that go with them."""
    password = guest.administrator_password
    accounts = [
        {
            "account": account,
            "groups": ";".join(account.groups),
            "password": encoded(account.password, "Password"),
        }
        for account in guest.accounts
    ]
    administrator = encoded(password, "AdministratorPassword") if password else None
    data = {"accounts": accounts, "administrator": administrator}
    yield Contribution(Pass.OOBE_SYSTEM, SHELL, "accounts.xml.j2", data)
    if guest.autologon:
        yield Contribution(Pass.OOBE_SYSTEM, SHELL, "autologon.xml.j2", _autologon(guest.autologon, guest.domain))
    specialize = list(specialize_lines(guest))
    if specialize:
        yield Contribution(Pass.SPECIALIZE, DEPLOYMENT, "run_synchronous.xml.j2", {"lines": specialize}, AFTER_COMMANDS)
    first_logon = list(first_logon_lines(guest))
    if first_logon:
        yield Contribution(
            Pass.OOBE_SYSTEM, SHELL, "first_logon_commands.xml.j2", {"lines": first_logon}, BEFORE_COMMANDS
        )


def _autologon(autologon: AutoLogon, joined: Domain | None) -> dict[str, object]:
    """Say that the user is a local one where the computer has joined a domain, whose user Windows could mean instead.

    "." is this computer (the unattend.xml of the Microsoft Deployment Toolkit). Modelled, as all logons are.
    """
    return {
        "domain": _THIS_COMPUTER if joined else None,
        "username": autologon.username,
        "password": encoded(autologon.password, "Password"),
        "logon_count": logon_count(autologon.count),
    }


def logon_count(logons: int | None) -> int:
    """Give the LogonCount for a number of logons, None for ever.

    Windows adds one to any value above 0, so two logons are 1. So is one: the rest is then taken away at the first
    logon (see toolkit.render.answerfile.commands). Leaving the value out is no way: Windows 10 1703 never logs on then
    (boxcutter/windows#134).
    """
    if logons is None:
        return _AS_GOOD_AS_FOR_EVER
    return max(logons - 1, 1)


def encoded(password: Secret, element: str) -> str:
    """Write a password as Setup reads it with PlainText=false: base64 of UTF-16LE of it and the element's own name.

    This is encoding, not encryption: whoever has the medium has the password.
    """
    return base64.b64encode((password.reveal() + element).encode("utf-16-le")).decode("ascii")
