"""What Packer is told: the medium, the communicator, how the guest is shut down. In no language yet.

Option names: hashicorp/packer-plugin-sdk communicator/config.go and the builders' documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, assert_never

from toolkit.render.closing import close_command
from toolkit.render.handoff.settings import printable, seconds_text
from toolkit.render.handoff.trust import MADE_THERE, Trust, trust_of
from toolkit.render.runner.build_end import shutdown_command
from toolkit.render.winrm_steps import needs_unencrypted
from toolkit.spec.guest import Consumer, Find, Firmware, GuestMade, NoCommunicator, Ssh, Winrm
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.secret import Secret
    from toolkit.spec.guest import Guest

_WINRM_PORTS = {False: 5985, True: 5986}
_SSH_PORT = 22

_SHUTDOWN = 'shutdown /s /t 10 /f /d p:4:1 /c "Packer Shutdown"'


@dataclass(frozen=True, slots=True)
class Variable:
    """The value of the template's variable of this name, and whether that holds what begins a Go template."""

    name: str
    braces: bool


@dataclass(frozen=True, slots=True)
class Beside:
    """Files in the folder above the template's."""

    names: tuple[str, ...]


Value: TypeAlias = str | int | bool | Variable | Beside


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a builder, with the reason where a client's behaviour forced it."""

    name: str
    value: Value
    why: tuple[str, ...] = ()


def options(guest: Guest, medium: Sequence[str]) -> Iterator[Option]:
    """Give the options in the order in which they are read. `medium` names the files that the medium holds."""
    yield from _medium(guest, medium)
    communicator = guest.communicator
    match communicator:
        case NoCommunicator():
            yield Option("communicator", "none")
            return
        case Ssh():
            yield from _ssh(communicator)
        case Winrm():
            yield from _winrm(communicator, guest)
        case _:
            assert_never(communicator)
    yield _shutdown(guest)


def _shutdown(guest: Guest) -> Option:
    if end := shutdown_command(guest):
        why = (
            "The end that the spec gives the build, which also turns the guest off. unattend's runner left it there.",
        )
        return Option("shutdown_command", end, why)
    close = close_command(guest, shutdown=True)
    if close is None:
        return Option("shutdown_command", _SHUTDOWN)
    if guest.bootstrap.consumer is Consumer.PACKER:
        why = (
            "Takes back what let Packer in, since bootstrap.consumer names nobody else, and then turns the guest off.",
        )
        return Option("shutdown_command", close, why)
    why = (f"The guest stays open for whoever uses it next. To take everything back instead: {close}",)
    return Option("shutdown_command", _SHUTDOWN, why)


def _medium(guest: Guest, names: Sequence[str]) -> Iterator[Option]:
    """Name files in folders by their topmost folder: Packer puts files that are listed singly into the root."""
    single = tuple(name for name in names if "/" not in name)
    folders = tuple(dict.fromkeys(name.partition("/")[0] for name in names if "/" in name))
    if guest.bootstrap.find is not Find.FLOPPY and guest.disk.firmware is not Firmware.BIOS:
        why = ("A guest on UEFI reads no floppy. Packer needs xorriso or the like for it.",)
        yield Option("cd_files", Beside((*single, *folders)), why)
        yield Option("cd_label", guest.media.label)
        return
    only_floppy = ("bootstrap.find has the guest look at a: and nowhere else.",)
    yield Option("floppy_files", Beside(single), only_floppy if guest.bootstrap.find is Find.FLOPPY else ())
    if folders:
        yield Option("floppy_dirs", Beside(folders))


def _winrm(winrm: Winrm, guest: Guest) -> Iterator[Option]:
    yield Option("communicator", "winrm")
    yield Option("winrm_username", printable(winrm.username, what="communicator.winrm_username"))
    yield _password("winrm_password", winrm.password)
    if winrm.host is not None:
        yield Option("winrm_host", printable(winrm.host, what="communicator.winrm_host"))
    if winrm.port != _WINRM_PORTS[winrm.ssl]:
        yield Option("winrm_port", winrm.port)
    yield Option(
        "winrm_timeout",
        seconds_text(winrm.timeout),
        ("Also what Packer allows every single command; the guest's MaxTimeoutms is not less.",),
    )
    yield from _tls(winrm, guest)
    if winrm.ntlm or guest.bootstrap.kerberos:
        yield Option("winrm_use_ntlm", value=True, why=_why_ntlm(winrm, guest))
    yield from _pause(winrm.pause)


def _password(option: str, password: Secret) -> Option:
    if "{{" not in password.reveal():
        return Option(option, Variable(option, braces=False))
    why = (
        "Packer takes a password for a Go template too, and this one holds what begins one: HCL2 can quote it. JSON",
        "cannot, and Packer refuses it there.",
    )
    return Option(option, Variable(option, braces=True), why)


def _tls(winrm: Winrm, guest: Guest) -> Iterator[Option]:
    if not winrm.ssl:
        return
    yield Option("winrm_use_ssl", value=True)
    if winrm.insecure or trust_of(guest) is not Trust.SYSTEM:
        forced = (
            "Packer has no option for an authority or a thumbprint, so the guest's own certificate goes unchecked;",
            "unattend verify-winrm does check it.",
        )
        why = MADE_THERE if isinstance(guest.bootstrap.certificate, GuestMade) else forced
        yield Option("winrm_insecure", value=True, why=() if winrm.insecure else why)


def _why_ntlm(winrm: Winrm, guest: Guest) -> tuple[str, ...]:
    if guest.bootstrap.kerberos:
        return _why_not_kerberos(winrm)
    if winrm.ssl:
        return ()
    if needs_unencrypted(winrm, guest.bootstrap.consumer):
        return (
            "Packer authenticates by NTLM and then sends its messages in the clear (hashicorp/packer#6205), so the",
            "guest has AllowUnencrypted on.",
        )
    return (
        f'Packer will be refused: bootstrap.consumer is "{guest.bootstrap.consumer}", whose NTLM encrypts, and the',
        'guest takes nothing in the clear, as Packer sends it (hashicorp/packer#6205). consumer = "packer" lets it in.',
    )


def _why_not_kerberos(winrm: Winrm) -> tuple[str, ...]:
    if winrm.ssl:
        return ("Packer knows no Kerberos. bootstrap.kerberos has Basic off in the guest, which takes NTLM.",)
    return (
        "Packer will be refused: it knows no Kerberos, its NTLM sends messages in the clear (hashicorp/packer#6205),",
        "and with bootstrap.kerberos the guest takes none. winrm_use_ssl lets it in.",
    )


def _ssh(ssh: Ssh) -> Iterator[Option]:
    yield Option("communicator", "ssh")
    yield Option("ssh_username", printable(ssh.username, what="communicator.ssh_username"))
    if ssh.password:
        yield _password("ssh_password", ssh.password)
    if ssh.host is not None:
        yield Option("ssh_host", printable(ssh.host, what="communicator.ssh_host"))
    if ssh.port != _SSH_PORT:
        yield Option("ssh_port", ssh.port)
    yield Option("ssh_timeout", seconds_text(ssh.timeout))
    yield Option(
        "ssh_file_transfer_method",
        "sftp",
        ("scp of OpenSSH for Windows reports failure for files that arrived (PowerShell/Win32-OpenSSH).",),
    )
    yield from _pause(ssh.pause)


def _pause(pause: float) -> Iterator[Option]:
    if pause > 0:
        why = ("After the first connection, not before it: Packer connects, waits, and connects again.",)
        yield Option("pause_before_connecting", seconds_text(pause), why)


def password_variable(guest: Guest) -> str | None:
    """Name the template's variable for the password, which is named as the option is; None where there is none."""
    communicator = guest.communicator
    match communicator:
        case NoCommunicator():
            return None
        case Ssh():
            return "ssh_password" if communicator.password else None
        case Winrm():
            return "winrm_password"
        case _:
            assert_never(communicator)
