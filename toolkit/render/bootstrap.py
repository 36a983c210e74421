r"""The script on the medium that opens the guest for its communicator, and the commands of the answer file that run it.

A closed script ends with 0 or with the `BootstrapExit` of the step that failed, and then the block rule still stands.
Its log is `%SystemRoot%\Temp\unattend-<winrm|ssh>.log`, its verdict one of two files in `%ProgramData%\unattend`:
`<winrm|ssh>-ready.txt` or `<winrm|ssh>-failed.txt`.

Known: order, quoting and control flow, which run under Wine's cmd.exe. Modelled: what netsh, sc, winrm, certutil and
dism then do to a Windows guest, which is taken from Microsoft's documentation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import assert_never

from toolkit.errors import ToolkitError
from toolkit.files import NamedFile
from toolkit.render import ssh_steps, winrm_steps
from toolkit.render.cmd import LONGEST_LINE
from toolkit.render.steps import BootstrapExit, Step, block_rule
from toolkit.render.templating import render
from toolkit.render.winrm_steps import HTTP_PORT, PFX, PFX_PASSWORD, HostCertificate
from toolkit.spec.guest import Bootstrap, Find, Guest, NoCommunicator, Ssh, Style, Winrm

__all__ = ["BootstrapExit", "HostCertificate", "bootstrap_files", "first_logon_command", "hold_command", "script_name"]

# A floppy first, then the drives that Setup gives to media, and the system drive last: a copy there is somebody else's.
LETTERS = "ABDEFGHIJKLMNOPQRSTUVWXYZC"

_HEX_SHA1 = re.compile(r"[0-9A-F]{40}")
_HOST_NAME = re.compile(r"[A-Za-z0-9._-]+")
_PLAIN_PASSWORD = re.compile(r"[A-Za-z0-9._+=@:/-]+")


@dataclass(frozen=True, slots=True)
class _Script:
    """What the frame of a closed script is filled with. `subject` names the log and the marker files."""

    subject: str
    hold_rule: str
    ready: str
    steps: tuple[Step, ...]


def bootstrap_files(guest: Guest, certificate: HostCertificate | None = None) -> tuple[NamedFile, ...]:
    """Give the files that the medium must hold in its root, the script first; none where nothing connects.

    Raises ToolkitError where the spec wants what its style cannot do, or https without a certificate.
    """
    communicator = guest.communicator
    match communicator:
        case NoCommunicator():
            return ()
        case Winrm():
            return _winrm_files(communicator, guest.bootstrap, certificate)
        case Ssh():
            if guest.bootstrap.style is Style.PLAIN:
                raise _plain_cannot("open a guest for ssh")
            return (_script_file("sshConfig.bat", _closed(_ssh_script(communicator, guest.bootstrap))),)
        case _:
            assert_never(communicator)


def script_name(guest: Guest) -> str | None:
    """The name of the script in the root of the medium; None where nothing connects."""
    communicator = guest.communicator
    match communicator:
        case NoCommunicator():
            return None
        case Winrm():
            return "winrmConfig.bat"
        case Ssh():
            return "sshConfig.bat"
        case _:
            assert_never(communicator)


def first_logon_command(guest: Guest) -> str | None:
    """The one line of FirstLogonCommands (at most 1024 characters) that finds the script and runs it once.

    It ends with 2 where the script is on no drive. None where nothing connects.
    """
    name = script_name(guest)
    if name is None:
        return None
    match guest.bootstrap.find:
        case Find.FLOPPY:
            return f"cmd.exe /c a:\\{name}"
        case Find.MARKER:
            # An answer file is not a batch file, so the percent sign is single. `exit` inside the loop is what
            # keeps a second medium's copy from running too.
            run = f"if exist %d:\\{name} (cmd.exe /d /c %d:\\{name} & exit)"
            return f'cmd.exe /d /c "(for %d in ({" ".join(LETTERS)}) do ({run})) & exit 2"'
        case _:
            assert_never(guest.bootstrap.find)


def hold_command(guest: Guest) -> str | None:
    """The specialize pass's command (at most 259 characters) that shuts the port before the network has users.

    Servers have WinRM on from the first boot. Ends with 0 come what may: another exit code would end Setup. None where
    nothing connects, and in the plain style. That the firewall takes rules in specialize is practice (public answer
    files do it), not documentation.
    """
    if guest.bootstrap.style is Style.PLAIN:
        return None
    communicator = guest.communicator
    match communicator:
        case NoCommunicator():
            return None
        case Winrm():
            rule = block_rule(winrm_steps.HOLD_RULE, winrm_steps.held_ports(communicator))
        case Ssh():
            rule = block_rule(ssh_steps.HOLD_RULE, ssh_steps.held_ports(communicator.port))
        case _:
            assert_never(communicator)
    return f'cmd.exe /d /c "{rule} & exit /b 0"'


def _winrm_files(winrm: Winrm, bootstrap: Bootstrap, certificate: HostCertificate | None) -> tuple[NamedFile, ...]:
    match bootstrap.style:
        case Style.PLAIN:
            return (_script_file("winrmConfig.bat", _plain(winrm, bootstrap)),)
        case Style.CLOSED:
            used = _certificate(certificate) if winrm.ssl else None
            text = _closed(_winrm_script(winrm, bootstrap, used))
            return (_script_file("winrmConfig.bat", text), *_certificate_files(used))
        case _:
            assert_never(bootstrap.style)


def _winrm_script(winrm: Winrm, bootstrap: Bootstrap, certificate: HostCertificate | None) -> _Script:
    transport = "http" if certificate is None else f"https thumbprint={certificate.thumbprint}"
    return _Script(
        subject="winrm",
        hold_rule=winrm_steps.HOLD_RULE,
        ready=f"port={winrm.port} transport={transport}",
        steps=(
            *winrm_steps.winrm_steps(winrm, bootstrap, certificate),
            winrm_steps.allow_step(winrm_steps.ALLOW_RULE, winrm.port, bootstrap.allow_from),
        ),
    )


def _ssh_script(ssh: Ssh, bootstrap: Bootstrap) -> _Script:
    return _Script(
        subject="ssh",
        hold_rule=ssh_steps.HOLD_RULE,
        ready=f"port={ssh.port} transport=ssh",
        steps=(
            winrm_steps.close_step(ssh_steps.HOLD_RULE, ssh_steps.held_ports(ssh.port)),
            winrm_steps.flyout_step(),
            *ssh_steps.sshd_steps(ssh.port),
            winrm_steps.allow_step(ssh_steps.ALLOW_RULE, ssh.port, bootstrap.allow_from),
        ),
    )


def _closed(script: _Script) -> str:
    steps = tuple(enumerate(script.steps, start=1))
    return render("bootstrap/closed.bat.j2", script=script, steps=steps, codes=BootstrapExit)


def _plain(winrm: Winrm, bootstrap: Bootstrap) -> str:
    if winrm.ssl:
        raise _plain_cannot("set up https")
    if winrm.port != HTTP_PORT:
        raise _plain_cannot(f"move WinRM to port {winrm.port}")
    if bootstrap.allow_from:
        raise _plain_cannot("limit who may connect (bootstrap.allow_from)")
    unencrypted = winrm_steps.needs_unencrypted(winrm, bootstrap.consumer)
    return render("bootstrap/plain.bat.j2", basic=not winrm.ntlm, unencrypted=unencrypted)


def _plain_cannot(what: str) -> ToolkitError:
    return ToolkitError(
        f"the plain bootstrap cannot {what}",
        help='Remove bootstrap.style = "plain"; the default style, "closed", can.',
    )


def _certificate(certificate: HostCertificate | None) -> HostCertificate:
    if certificate is None:
        raise ToolkitError(
            "winrm_use_ssl needs a certificate, and none was given to the bootstrap",
            help="Let `unattend generate` make one, or set winrm_use_ssl = false.",
        )
    for what, text, shape in (
        ("thumbprint (40 upper-case hexadecimal digits)", certificate.thumbprint, _HEX_SHA1),
        ("host name (letters, digits, dots, hyphens)", certificate.host_name, _HOST_NAME),
        # cmd.exe's `set /p` and the quotes around it leave these characters alone in every version.
        ("PFX password (letters, digits and ._+=@:/-)", certificate.pfx_password.reveal(), _PLAIN_PASSWORD),
    ):
        if not shape.fullmatch(text):
            raise ToolkitError(f"the certificate's {what} has another form", help="Make the certificate again.")
    return certificate


def _certificate_files(certificate: HostCertificate | None) -> tuple[NamedFile, ...]:
    if certificate is None:
        return ()
    password = f"{certificate.pfx_password.reveal()}\r\n".encode("ascii")
    return (NamedFile(PFX, certificate.pfx), NamedFile(PFX_PASSWORD, password))


def _script_file(name: str, text: str) -> NamedFile:
    lines = text.splitlines()
    longest = max(map(len, lines))
    if longest > LONGEST_LINE:
        raise ToolkitError(
            f"{name} would hold a line of {longest} characters; cmd.exe takes {LONGEST_LINE}",
            help="Shorten bootstrap.allow_from: networks such as 10.0.0.0/8 hold many addresses.",
        )
    return NamedFile(name, "".join(f"{line}\r\n" for line in lines).encode("ascii"))
