"""From the spec to the Guest: read, validate, resolve, and report every error at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from toolkit.errors import SpecError
from toolkit.spec.disk import check_firmware
from toolkit.spec.guest import Guest, Phase
from toolkit.spec.model import TABLES
from toolkit.spec.people import Situation, resolve_people
from toolkit.spec.section import Findings
from toolkit.spec.validation import validated
from toolkit.spec.work import Carry
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.problems import Problem
    from toolkit.spec.document import Document
    from toolkit.spec.drivers import DriversSection
    from toolkit.spec.guest import (
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
        commands = self._one("commands") or ()
        situation = Situation(communicator, computer, windows, self._waiting(commands))
        if communicator and windows:
            self._tls(communicator, windows)
        people = resolve_people(self.sections, situation, self.vault, self.findings)
        return {
            "windows": windows,
            "computer": computer,
            "locale": self._one("locale", windows),
            **self._machine(windows),
            "accounts": people.accounts,
            "administrator_password": people.administrator,
            "autologon": people.autologon,
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

    def _tls(self, communicator: Communicator, windows: Windows) -> None:
        from toolkit.spec.certificates import check_tls  # noqa: PLC0415  (pydantic's models come with it)

        scripts = self.sections.get("scripts") or ()
        check_tls(communicator, windows, self.findings, restarts=any(script.reboot for script in scripts))

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


def _present(**parts: Any) -> dict[str, Any]:
    """Leave out what is None: the Guest has its own default for it."""
    return {name: part for name, part in parts.items() if part is not None}
