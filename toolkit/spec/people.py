"""Who is in a guest: accounts, the administrator and who logs on by himself, which decide about each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.spec.account_names import ADMINISTRATOR, administrator_in
from toolkit.spec.accounts import Connecting, resolve_accounts, resolve_administrator, resolve_autologon
from toolkit.spec.communicator import user_of
from toolkit.spec.groups import ADMINISTRATORS
from toolkit.spec.guest import NoCommunicator
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from toolkit.secret import Secret
    from toolkit.spec.accounts import AccountSection, AdministratorSection
    from toolkit.spec.guest import Account, AutoLogon, Communicator, Computer, Windows
    from toolkit.spec.places import KeyPath
    from toolkit.spec.secrets import Vault
    from toolkit.spec.section import Findings

_TABLES = frozenset({"accounts", "autologon", "commands", "communicator", "administrator"})


@dataclass(frozen=True, slots=True)
class People:
    """`administrator` is the password of the built-in one; None leaves the account as Setup makes it."""

    accounts: tuple[Account, ...]
    administrator: Secret | None
    autologon: AutoLogon | None


@dataclass(frozen=True, slots=True)
class Situation:
    """What people depend on; None is what was in error. `waits` says that there is work for the first logon."""

    communicator: Communicator | None
    computer: Computer | None
    windows: Windows | None
    waits: bool

    @property
    def connects(self) -> bool:
        return not isinstance(self.communicator, NoCommunicator)

    @property
    def needs_logon(self) -> bool:
        return self.waits or self.connects


def resolve_people(sections: Mapping[str, Any], situation: Situation, vault: Vault, findings: Findings) -> People:
    """Resolve what can be resolved of `sections`, and check it against each other and the situation."""
    connecting = _connecting(sections, situation.communicator)
    listed = sections.get("accounts")
    accounts = () if listed is None else resolve_accounts(listed, connecting, vault, findings)
    section: AdministratorSection | None = sections.get("administrator")
    windows = situation.windows
    server = windows is not None and windows.release.server
    administrator = resolve_administrator(section, connecting, vault, findings, server=server)
    known = _known(sections, accounts, administrator, connecting)
    _check_names(sections, known, situation.computer, findings)
    if locale := sections.get("locale"):
        _check_language(listed or (), connecting, locale.ui_language, findings)
    autologon = _autologon(sections, situation, connecting, known, findings)
    _check_administrator(section, autologon, findings)
    if autologon and situation.needs_logon:
        _check_first_logon(accounts, autologon, findings)
    if not known and not situation.needs_logon:
        findings.warning(("accounts",), "the spec has no account: Setup will stop and ask for one")
    elif administrator is None and not situation.connects and server:
        _warn_of_question(section, findings)
    return People(accounts, administrator, autologon)


def _connecting(sections: Mapping[str, Any], communicator: Communicator | None) -> Connecting | None:
    if isinstance(communicator, NoCommunicator):
        return None
    if communicator is not None:
        return Connecting(communicator.username, communicator.password)
    name = user_of(sections["communicator"]) if "communicator" in sections else None
    return Connecting(name, None) if name else None


def _known(
    sections: Mapping[str, Any],
    accounts: tuple[Account, ...],
    administrator: Secret | None,
    connecting: Connecting | None,
) -> dict[str, Secret | None]:
    """Give every account's password by its name, None for those whose password could not be had."""
    known: dict[str, Secret | None] = {section.name: None for section in sections.get("accounts", ())}
    if connecting:
        known.setdefault(connecting.name, None)
    if administrator or sections.get("administrator"):
        known[ADMINISTRATOR] = administrator
    return known | {account.name: account.password for account in accounts}


def _autologon(
    sections: Mapping[str, Any],
    situation: Situation,
    connecting: Connecting | None,
    known: dict[str, Secret | None],
    findings: Findings,
) -> AutoLogon | None:
    """Decide who logs on, where all that has a say in it is known."""
    certain = situation.communicator is not None or connecting is not None
    if not certain or not sections.keys() >= _TABLES:
        return None
    preferred = connecting.name if connecting else None
    return resolve_autologon(sections["autologon"], preferred, known, findings, needed=situation.needs_logon)


def _check_names(
    sections: Mapping[str, Any], accounts: Iterable[str], computer: Computer | None, findings: Findings
) -> None:
    """The guest's name is one matter, that of the copies of it another: they have the same accounts."""
    if computer:
        _check_computer_name(accounts, computer.name, ("computer", "name"), findings)
    if sysprep := sections.get("sysprep"):
        _check_computer_name(accounts, sysprep.computer_name, ("sysprep", "computer_name"), findings)


def _warn_of_question(section: AdministratorSection | None, findings: Findings) -> None:
    if section is None or section.password is None:
        findings.warning(
            ("administrator",),
            "the server's Administrator gets no password: OOBE asks for one where no answer file has it",
            help="Add [administrator] with password = ...",
        )


def _check_computer_name(names: Iterable[str], computer: str, path: KeyPath, findings: Findings) -> None:
    """An account named like its computer ends up in no group (cschneegans/unattend-generator#16)."""
    for name in names:
        if name.casefold() == computer.casefold():
            message = f'the account "{name}" has the same name as the computer; Windows puts it in no group'
            findings.error(path, message, help="Rename one of them.")


def _check_language(
    sections: Iterable[AccountSection], connecting: Connecting | None, language: str, findings: Findings
) -> None:
    """Setup knows the built-in administrator by its English name in every language; who logs on to it must not."""
    own = administrator_in(language)
    if own == ADMINISTRATOR:
        return
    made: dict[str, KeyPath] = {section.name: ("accounts", number, "name") for number, section in enumerate(sections)}
    if connecting is not None:
        made.setdefault(connecting.name, ("communicator",))
    for name, path in made.items():
        if name.casefold() == own.casefold():
            message = f'"{name}" is what the built-in administrator is called in {language}: Setup cannot make it'
            findings.error(path, message, help="Use another name, or [administrator].")
    if connecting is not None and connecting.uses(ADMINISTRATOR):
        message = f'in {language} the built-in administrator is called "{own}": nobody can log on as {connecting.name}'
        findings.warning(("communicator",), message, help="Let another user connect; the account is made for it.")


def _check_first_logon(accounts: tuple[Account, ...], autologon: AutoLogon, findings: Findings) -> None:
    """FirstLogonCommands run as who logs on first, and opening the guest takes an administrator."""
    for number, account in enumerate(accounts):
        groups = {group.casefold() for group in account.groups}
        if account.name == autologon.username and ADMINISTRATORS.casefold() not in groups:
            message = f'"{account.name}" logs on first and is no administrator: commands that need one will fail'
            findings.warning(("accounts", number, "groups"), message, help=f'Add "{ADMINISTRATORS}" to its groups.')


def _check_administrator(section: AdministratorSection | None, autologon: AutoLogon | None, findings: Findings) -> None:
    """Whoever logs on by himself is enabled (AutoLogon as Administrator enables the account)."""
    if section and section.enabled is False and autologon and autologon.username == ADMINISTRATOR:
        message = "the administrator is disabled, but it is to log on by itself"
        findings.error(("administrator", "enabled"), message, help="Remove it, or let another user log on.")
