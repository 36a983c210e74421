r"""The script on the medium that opens the guest for its communicator, and the commands of the answer file that run it.

A closed script ends with 0 or with the `BootstrapExit` of the step that failed, and then the block rule still stands.
Its log is `%SystemRoot%\Temp\unattend-<winrm|ssh>.log`, its verdict one of two files in `%ProgramData%\unattend`:
`<winrm|ssh>-ready.txt` or `<winrm|ssh>-failed.txt`.

Known: order, quoting and control flow, which run under Wine's cmd.exe. Modelled: what netsh, sc,
PowerShell's cmdlets, certutil and dism then do to a Windows guest, which is taken from Microsoft's documentation.
"""

from __future__ import annotations

from typing import assert_never

from toolkit.errors import ToolkitError
from toolkit.files import NamedFile
from toolkit.render import closing_steps, ssh_steps, winrm_steps
from toolkit.render.abilities import has_tls_1_2
from toolkit.render.closing import ClosingScript, closer_name, closing_text
from toolkit.render.cmd import LONGEST_LINE
from toolkit.render.host_certificate import HostCertificate
from toolkit.render.luggage import Luggage, certificate_files, client_files, luggage_of, ssh_files
from toolkit.render.powershell import RUN
from toolkit.render.steps import BootstrapExit, Step, block_rule, powershell_step
from toolkit.render.summary import summary
from toolkit.render.templating import render
from toolkit.render.winrm_steps import HTTP_PORT
from toolkit.spec.guest import Bootstrap, Find, Guest, Language, NoCommunicator, Ssh, Style, Winrm
from toolkit.values import dataclass

__all__ = ["BootstrapExit", "HostCertificate", "bootstrap_files", "first_logon_command", "hold_command", "script_name"]

# A floppy first, then the drives that Setup gives to media, and the system drive last: a copy there is somebody else's.
LETTERS = "ABDEFGHIJKLMNOPQRSTUVWXYZC"

_SUFFIXES = {Language.BATCH: "bat", Language.POWERSHELL: "ps1"}
_RUNNERS = {Language.BATCH: "cmd.exe /d /c", Language.POWERSHELL: RUN}


@dataclass(frozen=True, slots=True)
class ClosedScript:
    """What the frame of a closed script is filled with. `subject` names the log and the marker files.

    `closer` is the script that takes everything back; `summary` is what the log ends with.
    """

    subject: str
    hold_rule: str
    ready: str
    steps: tuple[Step, ...]
    closer: str = ""
    summary: tuple[str, ...] = ()


def bootstrap_files(guest: Guest, certificate: HostCertificate | None = None) -> tuple[NamedFile, ...]:
    """Give the files that the medium must hold in its root, the script first; none where nothing connects.

    Raises ToolkitError where the spec wants what its style or release cannot do, or https without a certificate.
    """
    communicator = guest.communicator
    match communicator:
        case NoCommunicator():
            return ()
        case Winrm() if guest.bootstrap.style is Style.PLAIN:
            return (_script_file("winrmConfig.bat", _plain(communicator, guest.bootstrap)),)
        case Ssh() if guest.bootstrap.style is Style.PLAIN:
            raise _plain_cannot("open a guest for ssh")
        case Winrm() | Ssh():
            return _closed_files(guest, communicator, luggage_of(guest, communicator, certificate))
        case _:
            assert_never(communicator)


def script_name(guest: Guest) -> str | None:
    """The name of the script in the root of the medium; None where nothing connects."""
    communicator = guest.communicator
    match communicator:
        case NoCommunicator():
            return None
        case Winrm():
            return f"winrmConfig.{_SUFFIXES[guest.bootstrap.language]}"
        case Ssh():
            return f"sshConfig.{_SUFFIXES[guest.bootstrap.language]}"
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
            runner = "cmd.exe /c" if guest.bootstrap.language is Language.BATCH else RUN
            return f"{runner} a:\\{name}"
        case Find.MARKER:
            # An answer file is not a batch file, so the percent sign is single. `exit` inside the loop is what
            # keeps a second medium's copy from running too.
            run = f"if exist %d:\\{name} ({_RUNNERS[guest.bootstrap.language]} %d:\\{name} & exit)"
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
    if isinstance(communicator, NoCommunicator):
        return None
    rule = block_rule(_hold_rule(communicator), _held_ports(guest, communicator))
    return f'cmd.exe /d /c "{rule} & exit /b 0"'


def closed_script(guest: Guest, certificate: HostCertificate | None = None) -> ClosedScript | None:
    """Give the steps of the closed style, whatever the guest's style; None where nothing connects.

    Raises ToolkitError as `bootstrap_files` does.
    """
    communicator = guest.communicator
    if isinstance(communicator, NoCommunicator):
        return None
    return _opening_script(guest, communicator, luggage_of(guest, communicator, certificate))


def _closed_files(guest: Guest, communicator: Winrm | Ssh, luggage: Luggage) -> tuple[NamedFile, ...]:
    script = _opening_script(guest, communicator, luggage)
    closing = _closing_script(guest, communicator, luggage)
    return (
        _closed_file(guest, communicator, luggage, script),
        _script_file(closing.name, closing_text(closing)),
        *certificate_files(luggage.certificate),
        *(client_files(communicator, luggage.client) if luggage.client else ()),
        *(ssh_files(guest.bootstrap.openssh) if _opens_ssh(guest, communicator) else ()),
    )


def _opening_script(guest: Guest, communicator: Winrm | Ssh, luggage: Luggage) -> ClosedScript:
    subject, ready = _subject_and_ready(guest, communicator, luggage)
    return ClosedScript(
        subject=subject,
        hold_rule=_hold_rule(communicator),
        ready=ready,
        steps=(
            winrm_steps.close_step(_hold_rule(communicator), _held_ports(guest, communicator)),
            *(() if guest.windows.has_powershell else (powershell_step(),)),
            *_steps(guest, communicator, luggage),
        ),
        closer=closer_name(guest) or "",
        summary=summary(guest, communicator),
    )


def _steps(guest: Guest, communicator: Winrm | Ssh, luggage: Luggage) -> tuple[Step, ...]:
    bootstrap, release = guest.bootstrap, guest.windows.release
    match communicator:
        case Ssh():
            return (
                winrm_steps.flyout_step(),
                *ssh_steps.sshd_steps(communicator.port, bootstrap.openssh, release),
                *ssh_steps.rules_step(communicator.port, bootstrap.allow_from, release),
                winrm_steps.allow_step(
                    ssh_steps.ALLOW_RULE, communicator.port, bootstrap.allow_from, BootstrapExit.SSH_ALLOW
                ),
            )
        case Winrm():
            allow = winrm_steps.allow_step(winrm_steps.ALLOW_RULE, communicator.port, bootstrap.allow_from)
            opened = (
                *winrm_steps.winrm_steps(guest, communicator, luggage.certificate, luggage.client),
                *winrm_steps.rules_step(communicator.port, bootstrap.allow_from),
                allow,
            )
            return (*opened, *_beside(guest)) if bootstrap.also_ssh else opened
        case _:
            assert_never(communicator)


def _beside(guest: Guest) -> tuple[Step, ...]:
    """Give the steps that open SSH on its own port beside WinRM."""
    bootstrap, port = guest.bootstrap, ssh_steps.SSH_PORT
    return (
        *ssh_steps.sshd_steps(port, bootstrap.openssh, guest.windows.release, prefix="ssh "),
        *ssh_steps.rules_step(port, bootstrap.allow_from, guest.windows.release, prefix="ssh "),
        winrm_steps.allow_step(
            ssh_steps.ALLOW_RULE, port, bootstrap.allow_from, BootstrapExit.SSH_ALLOW, prefix="ssh "
        ),
    )


def _subject_and_ready(guest: Guest, communicator: Winrm | Ssh, luggage: Luggage) -> tuple[str, str]:
    if isinstance(communicator, Ssh):
        return "ssh", f"port={communicator.port} transport=ssh"
    transport = "https" if communicator.ssl else "http"
    known = f" thumbprint={luggage.certificate.thumbprint}" if luggage.certificate else ""
    late = " tls1.2=after-restart" if communicator.ssl and not has_tls_1_2(guest.windows.release) else ""
    also = f" ssh={ssh_steps.SSH_PORT}" if guest.bootstrap.also_ssh else ""
    return "winrm", f"port={communicator.port} transport={transport}{known}{late}{also}"


def _closing_script(guest: Guest, communicator: Winrm | Ssh, luggage: Luggage) -> ClosingScript:
    winrm: tuple[Step, ...] = ()
    if isinstance(communicator, Winrm):
        winrm = closing_steps.winrm_closing(guest, communicator, luggage.certificate, luggage.client)
    ssh = closing_steps.ssh_closing(guest) if _opens_ssh(guest, communicator) else ()
    subject = "winrm" if isinstance(communicator, Winrm) else "ssh"
    rule = _hold_rule(communicator)
    first = closing_steps.first_steps(guest.windows, rule, _held_ports(guest, communicator))
    return ClosingScript(
        name=f"{subject}Close.bat",
        opener=script_name(guest) or "",
        subject=subject,
        hold_rule=rule,
        steps=(*first, *winrm, *ssh, *closing_steps.last_steps(guest)),
    )


def _hold_rule(communicator: Winrm | Ssh) -> str:
    return winrm_steps.HOLD_RULE if isinstance(communicator, Winrm) else ssh_steps.HOLD_RULE


def _held_ports(guest: Guest, communicator: Winrm | Ssh) -> str:
    if isinstance(communicator, Ssh):
        return ssh_steps.held_ports(communicator.port)
    ports = winrm_steps.held_ports(communicator)
    return f"{ports},{ssh_steps.SSH_PORT}" if guest.bootstrap.also_ssh else ports


def _opens_ssh(guest: Guest, communicator: Winrm | Ssh) -> bool:
    return isinstance(communicator, Ssh) or guest.bootstrap.also_ssh


def _closed_file(guest: Guest, communicator: Winrm | Ssh, luggage: Luggage, script: ClosedScript) -> NamedFile:
    name = f"{script.subject}Config.{_SUFFIXES[guest.bootstrap.language]}"
    match guest.bootstrap.language:
        case Language.BATCH:
            return _script_file(name, _closed(script))
        case Language.POWERSHELL:
            # Few guests are opened by PowerShell, and the others need not wait for its modules.
            from toolkit.render.bootstrap_powershell import powershell_file  # noqa: PLC0415
            from toolkit.render.powershell_opening import Opening  # noqa: PLC0415

            return powershell_file(name, script, Opening(guest, communicator, luggage))
        case _:
            assert_never(guest.bootstrap.language)


def _closed(script: ClosedScript) -> str:
    steps = tuple(enumerate(script.steps, start=1))
    return render("bootstrap/closed.bat.j2", script=script, steps=steps, codes=BootstrapExit, arguments="")


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


def _script_file(name: str, text: str) -> NamedFile:
    lines = text.splitlines()
    longest = max(map(len, lines))
    if longest > LONGEST_LINE:
        raise ToolkitError(
            f"{name} would hold a line of {longest} characters; cmd.exe takes {LONGEST_LINE}",
            help="Shorten bootstrap.allow_from: networks such as 10.0.0.0/8 hold many addresses.",
        )
    return NamedFile(name, "".join(f"{line}\r\n" for line in lines).encode("ascii"))
