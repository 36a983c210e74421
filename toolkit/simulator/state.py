"""What a simulated guest is: its accounts, its Windows, and how far its WinRM is open."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from toolkit.errors import UsageError
from toolkit.simulator.interior import Interior, interior_of_spec
from toolkit.simulator.machine import HTTP_PORT
from toolkit.spec.guest import Guest, NoCommunicator, Ssh, Winrm
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.catalog.releases import Release
    from toolkit.secret import Secret

BUILT_IN_ADMINISTRATOR = "Administrator"

_ADMINISTRATORS = "administrators"
_LONGEST_COMPUTER_NAME = 15
_MADE_UP_NAME = "WIN-SIMULATED"  # where the answer file leaves the name to Setup
_WINDOWS_10 = 10240
_NT_VERSIONS = ((7600, "6.1"), (9200, "6.2"), (9600, "6.3"), (_WINDOWS_10, "10.0"))
_POWERSHELL_VERSIONS = ((7600, "2.0"), (9200, "3.0"), (9600, "4.0"), (_WINDOWS_10, "5.1"))
_BOOT = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LocalUser:
    """A local account. `built_in` is RID 500, whose network logons UAC does not filter.

    `remote_management` makes it a member of Remote Management Users, which PowerShell admits and cmd's shell does not.
    """

    name: str
    password: Secret
    administrator: bool = True
    built_in: bool = False
    remote_management: bool = False


@dataclass(frozen=True, slots=True)
class WindowsVersion:
    """What Windows says about itself. `ubr` is the update revision, the last number of `ver`."""

    name: str = "Windows Server 2022"
    build: int = 20348
    ubr: int = 1

    @property
    def nt(self) -> str:
        return _newest(_NT_VERSIONS, self.build)

    @property
    def version(self) -> str:
        return f"{self.nt}.{self.build}"

    @property
    def powershell(self) -> str:
        """The PowerShell that came with it: 2.0 to 4.0, or 5.1 with the build's own numbers from Windows 10 on."""
        shipped = _newest(_POWERSHELL_VERSIONS, self.build)
        return f"{shipped}.{self.build}.{self.ubr}" if self.build >= _WINDOWS_10 else shipped


@dataclass(frozen=True, slots=True)
class GuestState:
    """A guest at the moment a client may come. The update revision and the boot time are modelled, not known.

    `remote_elevation` is LocalAccountTokenFilterPolicy=1: without it, UAC filters the network logons of local
    administrators other than the built-in one. `channel_binding` is CbtHardeningLevel=Strict, `remote_shell_access`
    AllowRemoteShellAccess, and `kerberos` needs a keytab where this process finds it (KRB5_KTNAME). `clock_error` is
    how far the guest's clock is ahead. Times in milliseconds, sizes in units of their names.
    """

    host_name: str
    users: tuple[LocalUser, ...]
    windows: WindowsVersion = field(default_factory=WindowsVersion)
    basic: bool = False
    negotiate: bool = True
    allow_unencrypted: bool = False
    remote_elevation: bool = True
    open_ports: frozenset[int] = frozenset({HTTP_PORT})
    boot_time: datetime = _BOOT
    max_timeout_ms: int = 60_000
    max_envelope_kb: int = 500
    max_shells_per_user: int = 30
    credssp: bool = False
    kerberos: bool = False
    channel_binding: bool = False
    remote_shell_access: bool = True
    clock_error: timedelta = timedelta()
    interior: Interior = field(default_factory=Interior, compare=False)  # no client sees it from outside

    @property
    def reachable(self) -> bool:
        """Whether any WinRM port is open at all."""
        return bool(self.open_ports)

    def user(self, name: str) -> LocalUser | None:
        """Find an account by name; Windows does not distinguish case."""
        return next((user for user in self.users if user.name.casefold() == name.casefold()), None)

    def elevated(self, user: LocalUser) -> bool:
        """Whether a network logon of `user` holds administrator's rights, which the cmd shell asks for."""
        return user.administrator and (self.remote_elevation or user.built_in)


def windows_version(release: Release) -> WindowsVersion:
    """Describe a release of the catalog as its guest would describe itself."""
    return WindowsVersion(release.name, release.build)


def state_of(guest: Guest) -> GuestState:
    """Give the state that the spec asks for. Raises UsageError when the spec's communicator is not WinRM.

    AllowUnencrypted follows the same rule as the bootstrap: Basic over http needs it, and so does NTLM over http from
    Packer, which does not encrypt (hashicorp/packer#6205).
    """
    match guest.communicator:
        case Winrm() as winrm:
            return _winrm_state(guest, winrm)
        case Ssh() | NoCommunicator():
            raise UsageError(
                "only a guest that is reached over WinRM can be simulated",
                help='Set communicator.communicator to "winrm".',
            )


def _winrm_state(guest: Guest, winrm: Winrm) -> GuestState:
    quotas = guest.bootstrap.quotas
    sealing = winrm.ntlm and guest.bootstrap.consumer.value in {"ansible", "vagrant"}
    return GuestState(
        host_name=computer_name(guest.computer.name),
        users=_users(guest),
        windows=windows_version(guest.windows.release),
        basic=not winrm.ntlm,
        allow_unencrypted=not winrm.ssl and not sealing,
        open_ports=frozenset({winrm.port}),
        max_timeout_ms=quotas.max_timeout_ms,
        max_envelope_kb=quotas.max_envelope_kb,
        max_shells_per_user=quotas.max_shells_per_user,
        interior=interior_of_spec(guest),
    )


def _users(guest: Guest) -> tuple[LocalUser, ...]:
    accounts = tuple(
        LocalUser(account.name, account.password, _ADMINISTRATORS in {group.casefold() for group in account.groups})
        for account in guest.accounts
    )
    if guest.administrator_password is None:
        return accounts
    return (built_in_administrator(guest.administrator_password), *accounts)


def built_in_administrator(password: Secret) -> LocalUser:
    return LocalUser(BUILT_IN_ADMINISTRATOR, password, administrator=True, built_in=True)


def computer_name(wanted: str) -> str:
    """Give the name that Setup would: the wanted one, or a made-up one for `*` and for nothing."""
    return _MADE_UP_NAME if wanted in {"", "*"} else wanted[:_LONGEST_COMPUTER_NAME]


def _newest(versions: tuple[tuple[int, str], ...], build: int) -> str:
    return next((name for first, name in reversed(versions) if build >= first), versions[0][1])
