"""A Vagrantfile for the guest as a box: how Vagrant reaches it.

Options: hashicorp/vagrant plugins/communicators/winrm/config.rb and winssh/config.rb. What the transports do:
WinRb/WinRM lib/winrm/http/transport.rb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from toolkit.render.handoff.settings import PASSWORD_VARIABLE, Setting, printable
from toolkit.render.handoff.trust import MADE_THERE, Trust, trust_of
from toolkit.render.templating import render
from toolkit.spec.guest import GuestMade, Ssh, Winrm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.spec.guest import Guest

_WINRM_PORTS = {False: 5985, True: 5986}
_SSH_PORT = 22


def vagrantfile(guest: Guest, communicator: Winrm | Ssh) -> str:
    """Give the Vagrantfile. It names no box: that is the user's, such as Packer's vagrant post-processor makes."""
    match communicator:
        case Winrm():
            settings = tuple(_winrm(guest, communicator))
        case Ssh():
            settings = tuple(_ssh(guest, communicator))
        case _:
            assert_never(communicator)
    return render("handoff/Vagrantfile.j2", settings=settings, password_variable=PASSWORD_VARIABLE)


def ruby_string(text: str) -> str:
    """Quote `text` as a single-quoted string, which knows a backslash and its quote."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _winrm(guest: Guest, winrm: Winrm) -> Iterator[Setting]:
    yield Setting("config.vm.communicator", '"winrm"')
    yield Setting("config.winrm.username", ruby_string(printable(winrm.username, what="communicator.winrm_username")))
    yield Setting("config.winrm.password", f'ENV["{PASSWORD_VARIABLE}"]')
    if winrm.host is not None:
        yield Setting("config.winrm.host", ruby_string(printable(winrm.host, what="communicator.winrm_host")))
    yield from _transport(guest, winrm)
    if winrm.port != _WINRM_PORTS[winrm.ssl]:
        why = ("The port in the guest. Vagrant finds the forwarded one itself.",)
        yield Setting("config.winrm.guest_port", str(winrm.port), why)
    yield Setting("config.winrm.timeout", str(round(winrm.timeout)), ("Seconds, for each operation.",))


def _transport(guest: Guest, winrm: Winrm) -> Iterator[Setting]:
    negotiated = winrm.ntlm or guest.bootstrap.kerberos
    if winrm.ssl:
        yield Setting("config.winrm.transport", ":ssl")
    elif negotiated:
        yield Setting("config.winrm.transport", ":negotiate", ("Every message is encrypted.",))
    else:
        yield Setting("config.winrm.transport", ":plaintext", ("Basic over http: nothing is encrypted.",))
    if not negotiated:
        yield Setting("config.winrm.basic_auth_only", "true")
    if winrm.ssl and (winrm.insecure or trust_of(guest) is not Trust.SYSTEM):
        forced = (
            "Vagrant has no option for an authority or a thumbprint; unattend verify-winrm checks the certificate.",
        )
        why = MADE_THERE if isinstance(guest.bootstrap.certificate, GuestMade) else forced
        yield Setting("config.winrm.ssl_peer_verification", "false", () if winrm.insecure else why)


def _ssh(guest: Guest, ssh: Ssh) -> Iterator[Setting]:
    yield Setting("config.vm.communicator", '"winssh"')
    yield Setting("config.ssh.username", ruby_string(printable(ssh.username, what="communicator.ssh_username")))
    if ssh.password:
        yield Setting("config.ssh.password", f'ENV["{PASSWORD_VARIABLE}"]')
    if ssh.host is not None:
        yield Setting("config.ssh.host", ruby_string(printable(ssh.host, what="communicator.ssh_host")))
    if ssh.port != _SSH_PORT:
        yield Setting("config.ssh.guest_port", str(ssh.port))
    shell = (guest.bootstrap.openssh.default_shell or "cmd").casefold()
    kind = "powershell" if "powershell" in shell or "pwsh" in shell else "cmd"
    yield Setting("config.winssh.shell", f'"{kind}"')
