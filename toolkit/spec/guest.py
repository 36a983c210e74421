"""The guest that a spec describes: validated, defaults filled in, secrets resolved. All else reads this."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.catalog.releases import Release
    from toolkit.secret import Secret


class Architecture(StrEnum):
    """The names that answer files use in `processorArchitecture`."""

    AMD64 = "amd64"
    X86 = "x86"
    ARM64 = "arm64"


class Installation(StrEnum):
    """Server with the desktop, or Server Core."""

    DESKTOP = "desktop"
    CORE = "core"


class Firmware(StrEnum):
    BIOS = "bios"
    UEFI = "uefi"


class Layout(StrEnum):
    """How the target disk is cut. `none` leaves the disk to Setup's own page or to a command in windowsPE."""

    STANDARD = "standard"
    SINGLE = "single"
    NONE = "none"


class Consumer(StrEnum):
    """The client that will connect. They differ: Packer's NTLM does not encrypt messages, the others' does."""

    PACKER = "packer"
    ANSIBLE = "ansible"
    VAGRANT = "vagrant"
    ANY = "any"


class Style(StrEnum):
    """`closed`: shut until the last act. `plain`: the short list of commands that Packer's documentation shows."""

    CLOSED = "closed"
    PLAIN = "plain"


class Language(StrEnum):
    """What the bootstrap is written in. The batch file runs on every release; the script needs PowerShell 2 or later."""

    BATCH = "batch"
    POWERSHELL = "powershell"


class Find(StrEnum):
    """How the guest finds the bootstrap: by a marker file on any drive letter, or as `a:` by decree."""

    MARKER = "marker"
    FLOPPY = "floppy"


class Phase(StrEnum):
    """When a command runs, in the order in which Setup gets there."""

    WINDOWS_PE = "windows-pe"
    SPECIALIZE = "specialize"
    FIRST_LOGON = "first-logon"


@dataclass(frozen=True, slots=True)
class ImageByName:
    """`/IMAGE/NAME` in install.wim."""

    name: str


@dataclass(frozen=True, slots=True)
class ImageByIndex:
    """`/IMAGE/INDEX` in install.wim, counted from 1."""

    index: int


Image: TypeAlias = ImageByName | ImageByIndex


@dataclass(frozen=True, slots=True)
class Windows:
    """Which Windows, in which image. `product_key` is None where Setup gets no key (evaluation media, firmware key)."""

    release: Release
    edition: str
    installation: Installation
    architecture: Architecture
    image: Image
    product_key: str | None
    evaluation: bool


@dataclass(frozen=True, slots=True)
class Computer:
    """`name` is `*` where Setup is to make one up. `time_zone` is a Windows id."""

    name: str
    time_zone: str
    owner: str | None
    organization: str | None


@dataclass(frozen=True, slots=True)
class Locale:
    """Language names are BCP 47 as Windows writes them; `keyboards` are `LCID:KLID` or language names."""

    ui_language: str
    system_locale: str
    user_locale: str
    keyboards: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disk:
    """`target` is the number that Setup gives the disk (0 is the first)."""

    firmware: Firmware
    layout: Layout
    target: int


@dataclass(frozen=True, slots=True)
class Account:
    """A local account. Group names are the English ones; Setup maps them on localised systems."""

    name: str
    password: Secret
    groups: tuple[str, ...]
    full_name: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class AutoLogon:
    """Who logs on at the console, how many times. `count` is None for ever."""

    username: str
    password: Secret
    count: int | None


@dataclass(frozen=True, slots=True)
class NoCommunicator:
    """Nothing connects; nothing is opened."""


@dataclass(frozen=True, slots=True)
class Ssh:
    """OpenSSH. Times in seconds."""

    username: str
    password: Secret | None
    host: str | None
    port: int
    timeout: float
    pause: float


@dataclass(frozen=True, slots=True)
class Winrm:
    """WinRM as Packer's options describe it. Times in seconds."""

    username: str
    password: Secret
    host: str | None
    port: int
    timeout: float
    ssl: bool
    insecure: bool
    ntlm: bool
    pause: float


Communicator: TypeAlias = NoCommunicator | Ssh | Winrm


@dataclass(frozen=True, slots=True)
class Quotas:
    """WinRM's limits in the guest. Sources: MicrosoftDocs/win32 desktop-src/WinRM (names, defaults)."""

    max_timeout_ms: int
    max_envelope_kb: int
    max_memory_per_shell_mb: int
    max_shells_per_user: int
    max_processes_per_shell: int


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """What opens the guest. `allow_from` holds addresses or networks; empty means any."""

    style: Style
    consumer: Consumer
    find: Find
    allow_from: tuple[str, ...]
    quotas: Quotas
    language: Language = Language.BATCH


@dataclass(frozen=True, slots=True)
class Command:
    """One of the user's own commands."""

    phase: Phase
    line: str
    description: str | None
    requires_user_input: bool


@dataclass(frozen=True, slots=True)
class ExtraFile:
    """A file of the user's that travels on the medium as `target` (folders separated by `/`)."""

    source: Path
    target: str


@dataclass(frozen=True, slots=True)
class Media:
    label: str
    files: tuple[ExtraFile, ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """Everything that one spec says, ready to be rendered, simulated and verified."""

    windows: Windows
    computer: Computer
    locale: Locale
    disk: Disk
    accounts: tuple[Account, ...]
    administrator_password: Secret | None
    autologon: AutoLogon | None
    communicator: Communicator
    bootstrap: Bootstrap
    commands: tuple[Command, ...]
    media: Media
    source: str = field(default="unattend.toml", compare=False)
