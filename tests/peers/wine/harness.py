"""A guest made of Wine's cmd.exe, in which every program that a bootstrap script calls writes down how it was called.

What it proves is the script: order, quoting, control flow, exit codes. What netsh, sc, winrm and the others would then
do to Windows it does not: they are stand-ins that answer by rules. `winrm` is a batch file here, as it is on Windows,
and so a script that calls it by its bare name is never returned to.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from toolkit.files import NamedFile

SOURCES = Path(__file__).parent

# Wine's own are stubs that do nothing and exit 0, which no test would notice; ping would wait.
STAND_INS = (
    *("netsh", "net", "sc", "reg", "certutil", "certreq", "powershell", "dism", "msiexec", "icacls", "schtasks"),
    *("shutdown", "fsutil", "ping", "cscript", "findstr"),
)

# As on Windows, but for the path of the script: Wine 8 gets %~dpn0 wrong for a batch file found on PATH.
WINRM_CMD = "@cscript //nologo winrm.vbs %*\r\n"
_WINRM_VBS = re.compile(r"^cscript //nologo winrm\.vbs +")

_ESCAPES = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r"}
# Once in some thousand starts, Wine 8 cannot start a program: the kernel's random addresses were in its way.
_FIXED_ADDRESSES = ("setarch", "-R")

_DEADLINE = 120
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """What a stand-in answers to a command line that holds `substring`; at most `times` calls, or always for 0."""

    substring: str
    code: int = 0
    output: str = ""
    times: int = 0

    def line(self) -> str:
        return f"{_escaped(self.substring)}\t{self.code}\t{self.times}\t{_escaped(self.output)}\n"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a stand-in. `line` is the raw command line; `value` is the variable RECORDED_VALUE at the time."""

    program: str
    line: str
    value: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """A command line to run, what the stand-ins answer, and what is done in cmd.exe before it."""

    line: str
    rules: tuple[Rule, ...] = ()
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command line did. `files` are the status files that it left, where they were kept."""

    exit_code: int
    calls: tuple[Call, ...]
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> tuple[str, ...]:
        """The command lines, without the blanks that a redirection leaves behind, `winrm` written as it was called."""
        return tuple(_WINRM_VBS.sub("winrm ", call.line).rstrip() for call in self.calls)


class WineGuest:
    """One Wine prefix with the stand-ins in front on its PATH. Not to be used from two threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prefix = folder / "prefix"
        self._tools = folder / "tools"
        self._log = folder / "log.tsv"
        self._rules = folder / "rules.tsv"

    def make(self) -> None:
        """Build the programs and the prefix (about 8 s)."""
        self._tools.mkdir(parents=True)
        recorder = _built("recorder", self._folder)
        for name in STAND_INS:
            shutil.copy(recorder, self._tools / f"{name}.exe")
        (self._tools / "winrm.cmd").write_bytes(WINRM_CMD.encode())
        launcher = _built("launch", self._folder)
        # Wine's services inherit the streams of whatever starts them, and hold pipes open long after it ended.
        self._wine("wineserver", "-p")
        self._wine("wine", str(launcher), line="cmd.exe /c exit 0")

    def stop(self) -> None:
        self._wine("wineserver", "-k")

    def run(self, line: str, rules: Iterable[Rule] = ()) -> Ran:
        """Run one command line as Setup would, byte for byte."""
        self._log.write_bytes(b"")
        self._rules.write_text("".join(rule.line() for rule in rules), encoding="utf-8", newline="")
        code = self._wine("wine", str(self._folder / "launch.exe"), line=line)
        return Ran(code, tuple(_calls(self._log.read_text(encoding="utf-8"))))

    def run_each(self, runs: Sequence[Run]) -> tuple[Ran, ...]:
        """Run several command lines, one after the other, with few starts of Wine.

        Each begins without status files; `Ran.files` then holds copies of those that it left.
        """
        starts = range(0, len(runs), _AT_ONCE)
        return tuple(ran for start in starts for ran in self._run_together(runs[start : start + _AT_ONCE]))

    def _run_together(self, runs: Sequence[Run]) -> tuple[Ran, ...]:
        self._folder.joinpath("runs").mkdir(exist_ok=True)
        lines = ["@echo off", "setlocal DisableDelayedExpansion"]
        folders = [self._prepared(number, each) for number, each in enumerate(runs)]
        for each, folder in zip(runs, folders, strict=True):
            place = windows_path(folder)
            lines += [
                'rd /s /q "%ProgramData%\\unattend" >nul 2>&1',
                *each.before,
                f'set "RECORDER_LOG={place}\\log.tsv"',
                f'set "RECORDER_RULES={place}\\rules.tsv"',
                each.line.replace("%", "%%"),
                # Not through a variable: the code is expanded as the line is read.
                f'>"{place}\\code.txt" echo %ERRORLEVEL%',
                f'if exist "%ProgramData%\\unattend" copy /y "%ProgramData%\\unattend\\*.*" "{place}" >nul',
            ]
        driver = self._folder / "runs" / "driver.bat"
        driver.write_bytes("".join(f"{line}\r\n" for line in lines).encode("ascii"))
        self._wine("wine", str(self._folder / "launch.exe"), line=f'cmd.exe /d /c "{windows_path(driver)}"')
        return tuple(map(_ran, folders))

    def _prepared(self, number: int, run: Run) -> Path:
        folder = self._folder / "runs" / str(number)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "log.tsv").write_bytes(b"")
        (folder / "rules.tsv").write_text("".join(rule.line() for rule in run.rules), encoding="utf-8", newline="")
        return folder

    def insert(self, letter: str, folder: Path, files: Sequence[NamedFile]) -> None:
        """Put `files` into `folder`, and that into the drive `letter`."""
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            (folder / file.name).write_bytes(file.data)
        self.eject(letter)
        self._drive(letter).symlink_to(folder)

    def eject(self, letter: str) -> None:
        self._drive(letter).unlink(missing_ok=True)

    def path(self, windows_path: str) -> Path:
        """Where a path such as `Windows/Temp/x.log` on drive C is on the host. The case of names is Wine's affair."""
        found = self._prefix / "drive_c"
        for part in windows_path.split("/"):
            same = [each for each in _entries(found) if each.name.lower() == part.lower()]
            found = same[0] if same else found / part
        return found

    def clean(self) -> None:
        """Forget what earlier scripts left on drive C and in the drives."""
        shutil.rmtree(self.path("ProgramData/unattend"), ignore_errors=True)
        shutil.rmtree(self.path("ProgramData/ssh"), ignore_errors=True)
        shutil.rmtree(self.path("windows/sysnative"), ignore_errors=True)
        for left in self.path("windows/temp").glob("unattend-*"):
            left.unlink()
        for letter in "abdefghi":
            self.eject(letter)

    @property
    def recorder(self) -> Path:
        return self._folder / "recorder.exe"

    def _drive(self, letter: str) -> Path:
        return self._prefix / "dosdevices" / f"{letter}:"

    def _wine(self, *command: str, line: str = "") -> int:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "WINEPREFIX": str(self._prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=",
            "WINEPATH": windows_path(self._tools),
            "RECORDER_LOG": windows_path(self._log),
            "RECORDER_RULES": windows_path(self._rules),
            "LAUNCH_LINE": line,
        }
        nothing = subprocess.DEVNULL
        done = subprocess.run(
            (*_fixed_addresses(), *command),
            env=environment,
            cwd=self._folder,
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            timeout=_DEADLINE,
            check=False,
        )
        return done.returncode


@cache
def _fixed_addresses() -> tuple[str, ...]:
    """Give what to put before a command, or nothing where it is not to be had, as in many containers."""
    with contextlib.suppress(OSError):
        if subprocess.run((*_FIXED_ADDRESSES, "true"), capture_output=True, check=False).returncode == 0:
            return _FIXED_ADDRESSES
    return ()


@contextlib.contextmanager
def wine_guest(folder: Path) -> Iterator[WineGuest]:
    guest = WineGuest(folder)
    try:
        guest.make()
        yield guest
    finally:
        guest.stop()


def windows_path(path: Path) -> str:
    """The path of a host's file as Wine's programs see it."""
    return "Z:" + str(path).replace("/", "\\")


def _built(name: str, folder: Path) -> Path:
    program = folder / f"{name}.exe"
    source = SOURCES / f"{name}.c"
    subprocess.run(
        ["x86_64-w64-mingw32-gcc", "-O2", "-s", "-municode", "-o", program, source],
        check=True,
        timeout=_DEADLINE,
    )
    return program


def _ran(folder: Path) -> Ran:
    left = {path.name: path.read_text(encoding="ascii") for path in folder.glob("*.txt")}
    calls = tuple(_calls((folder / "log.tsv").read_text(encoding="utf-8")))
    return Ran(int(left.pop("code.txt")), calls, left)


def _calls(log: str) -> Iterator[Call]:
    for line in log.splitlines():
        program, raw, value, *arguments = map(_unescaped, line.split("\t"))
        yield Call(program, raw, value, tuple(arguments))


def _escaped(text: str) -> str:
    for written, meant in _ESCAPES.items():
        text = text.replace(meant, written)
    return text


def _unescaped(text: str) -> str:
    return re.sub(r"\\[\\tnr]", lambda found: _ESCAPES[found.group()], text)


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
