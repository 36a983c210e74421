"""Local accounts, the built-in administrator, and who logs on by himself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, WithJsonSchema

from toolkit.spec.account_names import ADMINISTRATOR, account_name_fault
from toolkit.spec.groups import ADMINISTRATORS, resolve_groups
from toolkit.spec.guest import Account, AutoLogon
from toolkit.spec.secrets import SecretField, SecretSource, Vault
from toolkit.spec.section import Findings, Section
from toolkit.spec.text import Text256, utf16_units
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.secret import Secret
    from toolkit.spec.places import KeyPath

_MOST_LOGONS = 999
_LONGEST_PASSWORD = 127  # what Windows' logon page takes; SAM's own limit is 256


class AccountSection(Section):
    """One of `[[accounts]]`."""

    name: str
    password: SecretField | None = Field(None, description="Default: the communicator's, when it is the same user.")
    groups: list[str] = Field(default_factory=lambda: [ADMINISTRATORS], description="English group names.")
    full_name: Text256 | None = None
    description: Text256 | None = None
    password_never_expires: bool = Field(default=False, description="Set at the first logon, without wmic.")


class AdministratorSection(Section):
    """`[administrator]`: the built-in account, whatever it is called in the language of Windows."""

    password: SecretField | None = Field(None, description="Default: the communicator's, when it is Administrator.")
    enabled: bool | None = Field(
        None, description="Set at the first logon. Default: enabled on servers and where it logs on, else disabled."
    )


def _logons(value: Any) -> Any:
    if value == "forever" or (type(value) is int and 1 <= value <= _MOST_LOGONS):
        return value
    raise ValueError(f'must be a whole number from 1 to {_MOST_LOGONS}, or "forever"')


_LOGONS_SCHEMA = {
    "anyOf": [{"type": "integer", "minimum": 1, "maximum": _MOST_LOGONS}, {"const": "forever", "type": "string"}]
}
Logons: TypeAlias = Annotated[int | Literal["forever"], BeforeValidator(_logons), WithJsonSchema(_LOGONS_SCHEMA)]


class AutoLogonSection(Section):
    """`[autologon]`: who logs on at the console without being asked, so that FirstLogonCommands run."""

    username: str | None = Field(
        None, min_length=1, description="Default: the communicator's user, else the first account."
    )
    count: Logons = Field(1, description="How many logons.")
    clean: bool | None = Field(
        None, description="Remove its password from registry and LSA after the last one. Default: unless for ever."
    )


@dataclass(frozen=True, slots=True)
class Connecting:
    """The communicator's user. `password` is None where it could not be had, which has been reported by then."""

    name: str
    password: Secret | None

    def uses(self, account: str) -> bool:
        return self.name.casefold() == account.casefold()


def resolve_accounts(
    sections: list[AccountSection], connecting: Connecting | None, vault: Vault, findings: Findings
) -> tuple[Account, ...]:
    """Check names and gather passwords; add the connecting user's account when the spec does not list it.

    An account whose password cannot be had is left out, after an error.
    """
    accounts = []
    for number, section in enumerate(sections):
        path: KeyPath = ("accounts", number)
        fault = account_name_fault(section.name)
        if fault:
            findings.error((*path, "name"), f'the account name "{section.name}" {fault}')
        password = _agreed(section.password, (*path, "password"), section.name, connecting, vault, findings)
        if password is not None:
            groups = resolve_groups(section.groups, (*path, "groups"), findings)
            accounts.append(_account(section, password, groups))
    _check_unique(sections, findings)
    existing = [ADMINISTRATOR, *(section.name for section in sections)]
    if connecting and connecting.password and not any(connecting.uses(name) for name in existing):
        _check_length(connecting.password, ("communicator",), connecting.name, findings)
        accounts.append(Account(connecting.name, connecting.password, (ADMINISTRATORS,)))
    return tuple(accounts)


def _account(section: AccountSection, password: Secret, groups: tuple[str, ...]) -> Account:
    never_expires = section.password_never_expires
    return Account(section.name, password, groups, section.full_name, section.description, never_expires)


def resolve_administrator(
    section: AdministratorSection | None,
    connecting: Connecting | None,
    vault: Vault,
    findings: Findings,
    *,
    server: bool,
) -> Secret | None:
    """Give the built-in administrator's password; None leaves the account as Setup makes it.

    On clients that is disabled. On servers it is enabled, and OOBE asks for its password where the answer file has none
    (the page that HideLocalAccountScreen is documented to hide): there it gets the connecting user's, never a blank
    one. That a server with another administrator in the answer file still asks is modelled, not known.
    """
    connects = connecting is not None and connecting.uses(ADMINISTRATOR)
    if section is not None and section.enabled is False and connects:
        message = "the administrator is disabled, but the communicator logs on as it"
        findings.error(("administrator", "enabled"), message, help="Remove it, or let another user connect.")
    if section is not None and (section.password is not None or section.enabled is not False):
        return _agreed(section.password, ("administrator", "password"), ADMINISTRATOR, connecting, vault, findings)
    return connecting.password if connecting and (server or connects) else None


def _agreed(
    source: SecretSource | None,
    path: KeyPath,
    name: str,
    connecting: Connecting | None,
    vault: Vault,
    findings: Findings,
) -> Secret | None:
    """Give the account's password, which must be the communicator's where both name the same user."""
    shared = connecting if connecting and connecting.uses(name) else None
    if source is None:
        if shared is None:
            findings.error(path, f'the account "{name}" has no password', help="Add password = ... to it.")
        return shared.password if shared else None
    password = vault.secret(source, path, findings)
    if password:
        _check_length(password, path, name, findings)
    if password and shared and shared.password and password != shared.password:
        findings.error(
            path,
            f'"{name}" has another password here than in [communicator]: nobody could connect',
            help="Leave it out here; the communicator's is used.",
        )
    return password


def _check_length(password: Secret, path: KeyPath, name: str, findings: Findings) -> None:
    if utf16_units(password.reveal()) > _LONGEST_PASSWORD:
        message = f'the password of "{name}" is longer than {_LONGEST_PASSWORD} characters: nobody could type it in'
        findings.error(path, message, help="Use a shorter one.")


def resolve_autologon(
    section: AutoLogonSection | None,
    preferred: str | None,
    known: Mapping[str, Secret | None],
    findings: Findings,
    *,
    needed: bool,
) -> AutoLogon | None:
    """Decide who logs on. `needed` says that commands wait for a logon.

    `known` maps account names to passwords, None for one that could not be had, which has been reported by then.
    """
    if section is None and not needed:
        return None
    wanted = (section.username if section else None) or preferred or next(iter(known), None)
    if wanted is None:
        findings.error(
            ("autologon",),
            "somebody has to log on, but the spec has no account that could",
            help="Add an [[accounts]] table, or [administrator] with a password.",
        )
        return None
    match = next((name for name in known if name.casefold() == wanted.casefold()), None)
    if match is None:
        message = f'autologon.username "{wanted}" is not an account of this spec: the logon would fail and Setup hang'
        findings.error(("autologon", "username"), message, help="Add it to [[accounts]].")
        return None
    count = section.count if section else 1
    clean = section.clean if section else None
    if clean and count == "forever":
        message = "autologon.clean takes the password away after the last logon, and there is no last one"
        findings.error(("autologon", "clean"), message, help="Give a number, such as count = 3, or leave clean out.")
    password = known[match]
    ends = count != "forever" if clean is None else clean
    return AutoLogon(match, password, None if count == "forever" else count, ends) if password else None


def _check_unique(sections: list[AccountSection], findings: Findings) -> None:
    seen: set[str] = set()
    for number, section in enumerate(sections):
        if section.name.casefold() in seen:
            findings.error(("accounts", number, "name"), f'there are two accounts named "{section.name}"')
        seen.add(section.name.casefold())
