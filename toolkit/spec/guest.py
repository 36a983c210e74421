"""The guest that a spec describes: validated, defaults filled in, secrets resolved. All else reads this."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from toolkit.spec.oobe_choices import Bypass, Oobe
from toolkit.spec.storage import Disk as Disk  # noqa: PLC0414, TC001  (part of the guest: named here with the rest)
from toolkit.spec.storage import Firmware as Firmware  # noqa: PLC0414
from toolkit.spec.storage import Layout as Layout  # noqa: PLC0414
from toolkit.spec.surroundings import Network
from toolkit.spec.work import Carry, Drivers, Tweaks
from toolkit.values import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.catalog.releases import Release
    from toolkit.secret import Secret
    from toolkit.spec.surroundings import Domain, Wlan
    from toolkit.spec.work import RawFragment, Script, Sysprep


class Architecture(StrEnum):
    """The names that answer files use in `processorArchitecture`."""

    AMD64 = "amd64"
    X86 = "x86"
    ARM64 = "arm64"


class Installation(StrEnum):
    """Server with the desktop, or Server Core."""

    DESKTOP = "desktop"
    CORE = "core"


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
    """What the bootstrap is written in. The batch file runs on every release; the script needs PowerShell 2."""

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
    SETUP_COMPLETE = "setup-complete"
    FIRST_LOGON = "first-logon"
    EVERY_LOGON = "every-logon"


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
    """Which Windows, in which image. `product_key` is None where Setup gets no key (evaluation media, firmware key).

    `release.build` is the edition's or the version's where the spec names one. The answer file serves media of
    `architecture` and of those in `also_for`.
    """

    release: Release
    edition: str
    installation: Installation
    architecture: Architecture
    image: Image
    product_key: str | None
    evaluation: bool
    also_for: tuple[Architecture, ...] = ()

    @property
    def architectures(self) -> tuple[Architecture, ...]:
        return (self.architecture, *self.also_for)

    @property
    def has_powershell(self) -> bool:
        """Server Core of 2008 R2 comes without PowerShell; every later Windows has it."""
        return not (self.release.key == "server-2008r2" and self.installation is Installation.CORE)


@dataclass(frozen=True, slots=True)
class Computer:
    """`name` is `*` where Setup is to make one up. `time_zone` is a Windows id."""

    name: str
    time_zone: str
    owner: str | None
    organization: str | None


@dataclass(frozen=True, slots=True)
class Locale:
    """Language names are BCP 47 as Windows writes them; `keyboards` are such names or `LCID:KLID`.

    `pe_keyboards` are Setup's own, `region` a GeoID; None and empty follow the rest. `keyboard_type` is LayeredDriver's
    number, for Japanese and Korean keyboards.
    """

    ui_language: str
    system_locale: str
    user_locale: str
    keyboards: tuple[str, ...]
    pe_keyboards: tuple[str, ...] = ()
    region: str | None = None
    keyboard_type: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A local account. Group names are the English ones; Setup maps them on localised systems."""

    name: str
    password: Secret
    groups: tuple[str, ...]
    full_name: str | None = None
    description: str | None = None
    password_never_expires: bool = False


@dataclass(frozen=True, slots=True)
class AutoLogon:
    """Who logs on at the console, how many times. `count` is None for ever. `clean` removes its traces afterwards."""

    username: str
    password: Secret
    count: int | None
    clean: bool = False


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
class HostMade:
    """Made on the host, kept beside the output and used again, so that a client knows it before there is a guest."""


@dataclass(frozen=True, slots=True)
class GuestMade:
    """Made by the guest itself when the bootstrap runs: no client can know it beforehand."""


@dataclass(frozen=True, slots=True)
class OwnPfx:
    """The user's own: a PKCS #12 file with its key. `name` is the file's, for messages."""

    name: str
    data: bytes = field(repr=False)
    password: Secret


@dataclass(frozen=True, slots=True)
class OwnPem:
    """The user's own client certificate, with its issuer where that is another; or the issuer alone."""

    name: str
    data: bytes = field(repr=False)


ServerCertificate: TypeAlias = HostMade | GuestMade | OwnPfx
ClientCertificate: TypeAlias = HostMade | OwnPem


@dataclass(frozen=True, slots=True)
class CarriedFile:
    """A file of the user's that the bootstrap installs from the medium, under its own name."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenSsh:
    """The SSH server in the guest.

    `package` is the OpenSSH zip or MSI that travels on the medium, None for Windows' own capability. `authorized_keys`
    let administrators in. `default_shell` is `cmd`, `powershell` or a full path; None leaves the server's own (cmd).
    """

    package: CarriedFile | None = None
    authorized_keys: tuple[str, ...] = ()
    default_shell: str | None = None


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """What opens the guest. `allow_from` holds addresses or networks; empty means any.

    `certificate_names` stand in the certificate beside the computer's name and the communicator's host. `psrp` prepares
    the guest for PowerShell remoting; None does where the consumer is Ansible and PowerShell is 3 or later. `kerberos`
    leaves nothing on but Negotiate and Kerberos. `also_ssh` opens SSH beside WinRM.
    """

    style: Style
    consumer: Consumer
    find: Find
    allow_from: tuple[str, ...]
    quotas: Quotas
    language: Language = Language.BATCH
    certificate: ServerCertificate = HostMade()
    certificate_names: tuple[str, ...] = ()
    client_certificate: ClientCertificate | None = None
    kerberos: bool = False
    credssp: bool = False
    psrp: bool | None = None
    openssh: OpenSsh = OpenSsh()
    also_ssh: bool = False


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
    carry: Carry = Carry.MEDIUM


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
    scripts: tuple[Script, ...] = ()
    network: Network = field(default_factory=Network)
    domain: Domain | None = None
    wlan: Wlan | None = None
    drivers: Drivers = field(default_factory=Drivers)
    tweaks: Tweaks = field(default_factory=Tweaks)
    sysprep: Sysprep | None = None
    raw: tuple[RawFragment, ...] = ()
    administrator_enabled: bool | None = None
    oobe: Oobe = field(default_factory=Oobe)
    bypass: tuple[Bypass, ...] = ()
    source: str = field(default="unattend.toml", compare=False)
