"""From the spec to the Guest: read, validate, resolve, and report every error at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from toolkit.errors import SpecError
from toolkit.spec.accounts import (
    ADMINISTRATOR,
    Connecting,
    check_administrator,
    check_computer_name,
    check_first_logon,
    resolve_accounts,
    resolve_administrator,
    resolve_autologon,
)
from toolkit.spec.bootstrap import resolve_bootstrap
from toolkit.spec.commands import resolve_commands
from toolkit.spec.communicator import resolve_communicator, user_of
from toolkit.spec.computer import resolve_computer
from toolkit.spec.disk import resolve_disk
from toolkit.spec.domain import resolve_domain
from toolkit.spec.drivers import driver_files, resolve_drivers
from toolkit.spec.guest import Guest, NoCommunicator, Phase
from toolkit.spec.locale import resolve_locale
from toolkit.spec.media import resolve_media
from toolkit.spec.network import resolve_network
from toolkit.spec.oobe import resolve_oobe
from toolkit.spec.raw import resolve_raw
from toolkit.spec.scripts import resolve_scripts
from toolkit.spec.section import Findings
from toolkit.spec.sysprep import resolve_sysprep
from toolkit.spec.tweaks import resolve_tweaks
from toolkit.spec.validation import validated
from toolkit.spec.windows import resolve_windows
from toolkit.spec.windows11 import check_firmware, resolve_bypass
from toolkit.spec.wlan import resolve_wlan
from toolkit.spec.work import Carry

if TYPE_CHECKING:
    from toolkit.problems import Problem
    from toolkit.secret import Secret
    from toolkit.spec.document import Document
    from toolkit.spec.guest import Account, AutoLogon, Command, Communicator, Computer, Disk, Media, Windows
    from toolkit.spec.secrets import Vault


@dataclass(frozen=True, slots=True)
class Loaded:
    """The guest, and warnings that do not stand in its way."""

    guest: Guest
    warnings: tuple[Problem, ...]


def load_guest(document: Document, vault: Vault) -> Loaded:
    """Turn a document into a guest. Raises SpecError holding every error of every section."""
    findings = Findings(document)
    sections = validated(document.data, findings)
    parts = _Resolution(sections, vault, findings).parts()
    _raise_errors(document, findings)
    return Loaded(Guest(**parts, source=document.name), tuple(findings.warnings))


@dataclass(frozen=True, slots=True)
class Connection:
    """What a client needs of a spec. `windows` and `computer` say what it ought to find."""

    communicator: Communicator
    windows: Windows
    computer: Computer
    warnings: tuple[Problem, ...]


def load_connection(document: Document, vault: Vault) -> Connection:
    """Turn a document into what a client needs, getting no other secret than the communicator's.

    Whoever verifies a guest need not know every password that went into it. Raises SpecError like `load_guest`.
    """
    findings = Findings(document)
    resolution = _Resolution(validated(document.data, findings), vault, findings)
    communicator, windows, computer = resolution.connection()
    _raise_errors(document, findings)
    return Connection(communicator, windows, computer, tuple(findings.warnings))


def _raise_errors(document: Document, findings: Findings) -> None:
    errors = findings.errors
    if errors:
        many = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
        raise SpecError(f"{document.name} has {many}", sorted(findings.problems, key=_position))


def _position(problem: Problem) -> tuple[str, int, int]:
    return problem.place.file, problem.place.line, problem.place.column


@dataclass
class _Resolution:
    """Resolves what can be resolved: a section that failed validation leaves out only what depends on it."""

    sections: dict[str, Any]
    vault: Vault
    findings: Findings

    def parts(self) -> dict[str, Any]:
        communicator = self._one("communicator", resolve_communicator, self.vault)
        windows: Windows | None = self._one("windows", resolve_windows)
        computer: Computer | None = self._one("computer", resolve_computer)
        accounts, administrator, autologon, commands = self._people(communicator, computer, windows)
        return {
            "windows": windows,
            "computer": computer,
            "locale": self._one("locale", resolve_locale),
            **self._machine(windows),
            "accounts": accounts,
            "administrator_password": administrator,
            "autologon": autologon,
            "communicator": communicator,
            "bootstrap": self._one("bootstrap", resolve_bootstrap, communicator, self.vault) if communicator else None,
            "commands": commands,
            **self._work(windows),
            **self._surroundings(windows),
        }

    def _work(self, windows: Windows | None) -> dict[str, Any]:
        media: Media | None = self._one("media", resolve_media)
        drivers = self.sections.get("drivers")
        if media and drivers:
            media = replace(media, files=(*media.files, *driver_files(drivers, self.findings)))
        return {
            "media": media,
            "scripts": self._one("scripts", resolve_scripts, media.carry if media else Carry.MEDIUM) or (),
            "drivers": self._one("drivers", resolve_drivers, windows),
            "tweaks": self._one("tweaks", resolve_tweaks, windows),
            "sysprep": self._one("sysprep", resolve_sysprep, windows),
            "raw": self._one("raw", resolve_raw, windows) or (),
        }

    def _surroundings(self, windows: Windows | None) -> dict[str, Any]:
        return {
            "network": self._one("network", resolve_network, windows),
            "domain": self._one("domain", resolve_domain, self.sections.get("network"), self.vault),
            "wlan": self._one("wlan", resolve_wlan, windows, self.vault),
        }

    def _waiting(self, commands: tuple[Command, ...]) -> bool:
        """Say whether anything is to be done at the first logon, besides opening the guest."""
        drivers, tweaks = self.sections.get("drivers"), self.sections.get("tweaks")
        return (
            any(one.phase is Phase.FIRST_LOGON for one in (*commands, *self.sections.get("scripts", ())))
            or bool(drivers and drivers.guest_tools)
            or bool(tweaks and tweaks.openssh_client)
        )

    def connection(self) -> tuple[Any, Any, Any]:
        return (
            self._one("communicator", resolve_communicator, self.vault),
            self._one("windows", resolve_windows),
            self._one("computer", resolve_computer),
        )

    def _one(self, name: str, resolve: Any, *context: Any) -> Any:
        section = self.sections.get(name)
        return None if section is None else resolve(section, *context, self.findings)

    def _machine(self, windows: Windows | None) -> dict[str, Any]:
        disk: Disk | None = self._one("disk", resolve_disk, windows) if windows else None
        bypass = self._one("windows11", resolve_bypass, windows) or ()
        if disk and windows:
            check_firmware(disk, windows, bypass, self.findings)
        administrator = self.sections.get("administrator")
        return {
            "disk": disk,
            "bypass": bypass,
            "oobe": self._one("oobe", resolve_oobe),
            "administrator_enabled": administrator.enabled if administrator else None,
        }

    def _people(
        self, communicator: Communicator | None, computer: Computer | None, windows: Windows | None
    ) -> tuple[tuple[Account, ...], Secret | None, AutoLogon | None, tuple[Command, ...]]:
        connecting = self._connecting(communicator)
        accounts = self._one("accounts", resolve_accounts, connecting, self.vault) or ()
        administrator = resolve_administrator(
            self.sections.get("administrator"),
            connecting,
            self.vault,
            self.findings,
            server=windows is not None and windows.release.server,
        )
        commands = self._one("commands", resolve_commands) or ()
        known = self._known(accounts, administrator, connecting)
        if computer:
            check_computer_name(known, computer, self.findings)
        needed = self._waiting(commands) or not isinstance(communicator, NoCommunicator)
        certain = communicator is not None or connecting is not None
        autologon = self._autologon(connecting, known, needed=needed) if certain else None
        check_administrator(self.sections.get("administrator"), autologon, self.findings)
        if autologon and needed:
            check_first_logon(accounts, autologon, self.findings)
        if not known and not needed:
            self.findings.warning(("accounts",), "the spec has no account: Setup will stop and ask for one")
        return accounts, administrator, autologon, commands

    def _connecting(self, communicator: Communicator | None) -> Connecting | None:
        if isinstance(communicator, NoCommunicator):
            return None
        if communicator is not None:
            return Connecting(communicator.username, communicator.password)
        name = user_of(self.sections["communicator"]) if "communicator" in self.sections else None
        return Connecting(name, None) if name else None

    def _known(
        self, accounts: tuple[Account, ...], administrator: Secret | None, connecting: Connecting | None
    ) -> dict[str, Secret | None]:
        """Give every account's password by its name, None for those whose password could not be had."""
        known: dict[str, Secret | None] = {section.name: None for section in self.sections.get("accounts", ())}
        if connecting:
            known.setdefault(connecting.name, None)
        if administrator or self.sections.get("administrator"):
            known[ADMINISTRATOR] = administrator
        return known | {account.name: account.password for account in accounts}

    def _autologon(
        self, connecting: Connecting | None, known: dict[str, Secret | None], *, needed: bool
    ) -> AutoLogon | None:
        if not {"accounts", "autologon", "commands", "communicator", "administrator"} <= self.sections.keys():
            return None
        preferred = connecting.name if connecting else None
        return resolve_autologon(self.sections["autologon"], preferred, known, self.findings, needed=needed)
