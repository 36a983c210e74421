r"""What gets onto the guest in specialize, into `C:\Windows\Setup\Scripts`, and the commands that take it there.

On the medium it lies where Setup itself would copy it from (`$OEM$\$$` stands for the Windows folder), but nothing
relies on that: a command finds it on any drive. In the answer file it lies in an element of our own namespace, from
which PowerShell writes it out (the technique of cschneegans/unattend-generator, whose form of it Setup accepts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.files import NamedFile
from toolkit.render.bootstrap import LETTERS
from toolkit.render.runner.build_end import build_end_file, ends_build
from toolkit.render.runner.phases import runner_name, steps_of
from toolkit.render.runner.runner import runner_file
from toolkit.spec.guest import Phase
from toolkit.spec.work import Carry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.spec.guest import Guest

ON_THE_MEDIUM = "$OEM$/$$/Setup/Scripts"
FOLDER = "unattend"  # ours, beside SetupComplete.cmd
SYSPREP = "sysprep.xml"
_SETUP_COMPLETE = "SetupComplete.cmd"

# At most 259 characters. Setup keeps the answer file there while it runs; `New-Object xml` and not `gc -Raw`, which
# Windows 7's PowerShell lacks.
EXTRACT = (
    'powershell.exe -NoProfile -ExecutionPolicy Bypass -Command "try{$x=New-Object xml;'
    r"$x.Load($env:windir+'\Panther\unattend.xml');iex $x.unattend.Extensions.Extract}catch{exit 3}"
    '"'
)
# Run by the command above, with `$x` the answer file.
EXTRACT_SCRIPT = (
    "$ErrorActionPreference='Stop';"
    "foreach($f in $x.unattend.Extensions.File){"
    r"$p=Join-Path $env:windir ('Setup\Scripts\'+$f.path);"
    "[void][IO.Directory]::CreateDirectory((Split-Path $p));"
    "[IO.File]::WriteAllBytes($p,[Convert]::FromBase64String($f.InnerText))}"
)


def carries(guest: Guest) -> bool:
    """Say whether anything is to be on the guest's own disk."""
    return guest.sysprep is not None or ends_build(guest) or any(steps_of(guest, phase) for phase in _IN_WINDOWS)


def carried_files(guest: Guest, bootstrap: Sequence[NamedFile], sysprep: NamedFile | None) -> tuple[NamedFile, ...]:
    r"""Give what the guest gets, named below `C:\Windows\Setup\Scripts`.

    `sysprep` is the second answer file; with it goes the bootstrap, which opens every copy again.
    """
    files = [file for phase in _IN_WINDOWS for file in _phase_files(guest, phase)]
    if sysprep is not None:
        files += [NamedFile(SYSPREP, sysprep.data), *bootstrap]
    end = build_end_file(guest)
    if end is not None:
        files.append(end)
    ours = [NamedFile(f"{FOLDER}/{file.name}", file.data) for file in files]
    return (*_hook(guest), *ours)


def medium_files(guest: Guest, carried: Sequence[NamedFile]) -> tuple[NamedFile, ...]:
    """Give what travels on the medium: what is carried that way, and what Windows PE runs from there."""
    in_pe = [NamedFile(f"{FOLDER}/{file.name}", file.data) for file in _phase_files(guest, Phase.WINDOWS_PE)]
    files = (*(carried if guest.media.carry is Carry.MEDIUM else ()), *in_pe)
    return tuple(NamedFile(f"{ON_THE_MEDIUM}/{file.name}", file.data) for file in files)


def install_command(guest: Guest) -> str | None:
    """Give the specialize pass's command that puts everything in its place; None where there is nothing."""
    if not carries(guest):
        return None
    if guest.media.carry is Carry.ANSWER_FILE:
        return EXTRACT
    source = rf"%d:\{ON_THE_MEDIUM}".replace("/", "\\")
    # xcopy's own exit codes begin with 1 and 2, which would mean a restart to Setup.
    copy = rf"xcopy /e /i /q /y {source} %SystemRoot%\Setup\Scripts & if not errorlevel 1 exit 0"
    return f'cmd.exe /d /c "(for %d in ({" ".join(LETTERS)}) do (if exist {source}\\{FOLDER}\\ ({copy}))) & exit 3"'


def pe_command(guest: Guest) -> str | None:
    """Give Windows PE's command (at most 255 characters) that finds the phase's runner on any drive and runs it."""
    if not steps_of(guest, Phase.WINDOWS_PE):
        return None
    path = rf"%d:\{ON_THE_MEDIUM}\{FOLDER}\{runner_name(Phase.WINDOWS_PE)}".replace("/", "\\")
    run = f"if exist {path} (cmd.exe /d /c {path} & exit)"
    return f'cmd.exe /d /c "(for %d in ({" ".join(LETTERS)}) do ({run})) & exit 3"'


_IN_WINDOWS = (Phase.SPECIALIZE, Phase.SETUP_COMPLETE, Phase.FIRST_LOGON, Phase.EVERY_LOGON)


def _phase_files(guest: Guest, phase: Phase) -> Iterator[NamedFile]:
    runner = runner_file(guest, phase)
    if runner is not None:
        yield runner
        for step in steps_of(guest, phase):
            yield from step.files


def _hook(guest: Guest) -> Iterator[NamedFile]:
    """Setup runs SetupComplete.cmd as SYSTEM before anybody logs on; its exit code means nothing."""
    if steps_of(guest, Phase.SETUP_COMPLETE):
        line = rf'@cmd.exe /d /c "%~dp0{FOLDER}\{runner_name(Phase.SETUP_COMPLETE)}"'
        yield NamedFile(_SETUP_COMPLETE, f"{line}\r\n".encode("ascii"))
