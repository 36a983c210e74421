"""From the spec to the Guest: read, validate, resolve, and report every error at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from toolkit.errors import SpecError
from toolkit.spec.accounts import (
    ADMINISTRATOR,
    Connecting,
    check_administrator,
    check_computer_name,
    check_first_logon,
    check_language,
    resolve_accounts,
    resolve_administrator,
    resolve_autologon,
)
from toolkit.spec.communicator import user_of
from toolkit.spec.disk import check_firmware
from toolkit.spec.guest import Guest, NoCommunicator, Phase
from toolkit.spec.model import TABLES
from toolkit.spec.section import Findings
from toolkit.spec.validation import validated
from toolkit.spec.work import Carry
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.problems import Problem
    from toolkit.secret import Secret
    from toolkit.spec.document import Document
    from toolkit.spec.drivers import DriversSection
    from toolkit.spec.guest import (
        Account,
        AutoLogon,
        Command,
        Communicator,
        Computer,
        Disk,
        ExtraFile,
        Media,
        Windows,
    )
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
        communicator = self._one("communicator", self.vault)
        windows: Windows | None = self._one("windows")
        computer: Computer | None = self._one("computer")
        accounts, administrator, autologon, commands = self._people(communicator, computer, windows)
        return {
            "windows": windows,
            "computer": computer,
            "locale": self._one("locale", windows),
            **self._machine(windows),
            "accounts": accounts,
            "administrator_password": administrator,
            "autologon": autologon,
            "communicator": communicator,
            "bootstrap": self._one("bootstrap", communicator, self.vault) if communicator else None,
            "commands": commands,
            **self._work(windows),
            **self._surroundings(windows),
        }

    def _work(self, windows: Windows | None) -> dict[str, Any]:
        media: Media | None = self._one("media", windows)
        drivers = self.sections.get("drivers")
        if media and drivers:
            media = replace(media, files=(*media.files, *self._driver_files(drivers)))
        return {"media": media} | _present(
            scripts=self._one("scripts", media.carry if media else Carry.MEDIUM, windows),
            drivers=self._one("drivers", windows),
            tweaks=self._one("tweaks", windows),
            sysprep=self._one("sysprep", windows),
            raw=self._one("raw", windows),
        )

    def _driver_files(self, section: DriversSection) -> tuple[ExtraFile, ...]:
        from toolkit.spec.drivers import driver_files  # noqa: PLC0415  (a spec without drivers goes without it)

        return driver_files(section, self.findings)

    def _surroundings(self, windows: Windows | None) -> dict[str, Any]:
        return _present(
            network=self._one("network", windows, self.sections.get("locale")),
            domain=self._one("domain", windows, self.sections.get("network"), self.vault),
            wlan=self._one("wlan", windows, self.vault),
        )

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
            self._one("communicator", self.vault),
            self._one("windows"),
            self._one("computer"),
        )

    def _one(self, name: str, *context: Any) -> Any:
        """Resolve a table; None where it is absent or in error."""
        section = self.sections.get(name)
        return TABLES[name].resolver(name)(section, *context, self.findings) if section else None

    def _machine(self, windows: Windows | None) -> dict[str, Any]:
        disk: Disk | None = self._one("disk", windows) if windows else None
        bypass = self._one("windows11", windows)
        if disk and windows:
            check_firmware(disk, windows, bypass or (), self.findings)
        administrator = self.sections.get("administrator")
        enabled = administrator.enabled if administrator else None
        return {"disk": disk, "administrator_enabled": enabled} | _present(bypass=bypass, oobe=self._one("oobe"))

    def _people(
        self, communicator: Communicator | None, computer: Computer | None, windows: Windows | None
    ) -> tuple[tuple[Account, ...], Secret | None, AutoLogon | None, tuple[Command, ...]]:
        connecting = self._connecting(communicator)
        accounts = self._accounts(connecting)
        administrator = resolve_administrator(
            self.sections.get("administrator"),
            connecting,
            self.vault,
            self.findings,
            server=windows is not None and windows.release.server,
        )
        commands = self._one("commands") or ()
        known = self._known(accounts, administrator, connecting)
        self._check_names(known, computer)
        if locale := self.sections.get("locale"):
            check_language(self.sections.get("accounts", ()), connecting, locale.ui_language, self.findings)
        needed = self._waiting(commands) or not isinstance(communicator, NoCommunicator)
        certain = communicator is not None or connecting is not None
        autologon = self._autologon(connecting, known, needed=needed) if certain else None
        check_administrator(self.sections.get("administrator"), autologon, self.findings)
        if autologon and needed:
            check_first_logon(accounts, autologon, self.findings)
        if not known and not needed:
            self.findings.warning(("accounts",), "the spec has no account: Setup will stop and ask for one")
        elif administrator is None and isinstance(communicator, NoCommunicator) and windows and windows.release.server:
            self._warn_of_question()
        return accounts, administrator, autologon, commands

    def _check_names(self, accounts: Iterable[str], computer: Computer | None) -> None:
        """The guest's name is one matter, that of the copies of it another: they have the same accounts."""
        if computer:
            check_computer_name(accounts, computer.name, ("computer", "name"), self.findings)
        sysprep = self.sections.get("sysprep")
        if sysprep:
            check_computer_name(accounts, sysprep.computer_name, ("sysprep", "computer_name"), self.findings)

    def _warn_of_question(self) -> None:
        section = self.sections.get("administrator")
        if section is None or section.password is None:
            self.findings.warning(
                ("administrator",),
                "the server's Administrator gets no password: OOBE asks for one where no answer file has it",
                help="Add [administrator] with password = ...",
            )

    def _accounts(self, connecting: Connecting | None) -> tuple[Account, ...]:
        sections = self.sections.get("accounts")
        return () if sections is None else resolve_accounts(sections, connecting, self.vault, self.findings)

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


def _present(**parts: Any) -> dict[str, Any]:
    """Leave out what is None: the Guest has its own default for it."""
    return {name: part for name, part in parts.items() if part is not None}
