"""Every mode on every release, opened and closed by a real command processor: what is called, in which order, and what
failures do.

The golden files hold the command lines of each distinct script. In `opening` and in `closing`, `matrix.txt` says which
script a mode has on a release, and `failures.txt` what becomes of each command that fails. `pytest tests/peers/wine
--regenerate` rewrites them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule, Run, windows_path
from tests.peers.wine.medium import SERVICE_RUNS
from tests.render.modes import files_of, groups, matrix
from toolkit.render.bootstrap import BootstrapExit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.peers.wine.harness import Ran, WineGuest
    from toolkit.spec.guest import Guest

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

GOLDEN = Path(__file__).parent / "golden"

# A guest without certificate, sshd and, where that is possible, PowerShell. What is asked for is not there; what is
# asked for after it was made, is.
FRESH = (
    Rule("reg query", code=1),
    Rule("certutil -store", code=-2146885628),
    Rule("; if (-not $c)", code=1),
    Rule("-Command exit", code=9009, times=1),
    Rule("AddDays(-1).ToString", output="27 Nov 2026\r\n"),
    Rule("sc.exe query sshd", code=1060, times=1),
    SERVICE_RUNS,
)
PORT_FILE = (
    r'md "%ProgramData%\ssh" >nul 2>&1',
    r'del /f /q "%ProgramData%\ssh\*.*" >nul 2>&1',
    r'>"%ProgramData%\ssh\sshd_config" echo Match Group administrators',
)


@dataclass(frozen=True, slots=True)
class Direction:
    """One of the two scripts of a guest: which, its last word to Windows, and what may fail without harm.

    Harmless are questions, the log's evidence, and what is only tidied up.
    """

    folder: str
    number: int
    rules: tuple[Rule, ...]
    harmless: str
    arguments: str = ""

    @property
    def golden(self) -> Path:
        return GOLDEN / self.folder


OPENING = Direction(
    "opening",
    0,
    FRESH,
    r"^reg query|^certutil -store|Get-WSManInstance winrm/config/Listener -Enumerate|^sc.exe (query|qc)|-Command exit"
    r"|^net (start|stop) |; if \(-not \$c\)|^ping|AddDays\(-1\)\.ToString"
    r"|unattend-winrm-dated\.inf|show rule|delete rule name=unattend-\w+-allow",
)
# Everything is there to be taken back. This is what the task runs; who calls it without `now` is handed over to that.
CLOSING = Direction(
    "closing",
    1,
    (),
    r"^reg query|^certutil -store|^net (start|stop) |^ping|show rule|schtasks /delete|@FirewallAPI|delete rule .*-hold",
    " now",
)
DIRECTIONS = (OPENING, CLOSING)
each_direction = pytest.mark.parametrize("direction", DIRECTIONS, ids=[each.folder for each in DIRECTIONS])


@dataclass(frozen=True, slots=True)
class Script:
    """A script as cmd.exe sees it, without remarks. `names` are the modes and releases that have it."""

    guest: Guest
    names: tuple[str, ...]

    @property
    def file_name(self) -> str:
        return f"{re.sub('[^a-z0-9.-]+', '-', self.names[0])}.txt"


def scripts(direction: Direction) -> tuple[Script, ...]:
    return tuple(Script(matrix()[group[0]], group) for group in groups(direction.number))


class Shelf:
    """Media on the host, one folder each, that runs can be made from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._media = 0

    def run(self, wanted: Guest, direction: Direction, rules: Iterable[Rule] = ()) -> Run:
        files = files_of(wanted)
        assert files is not None
        self._media += 1
        folder = self._folder / str(self._media)
        folder.mkdir(parents=True)
        for file in files:
            (folder / file.name).write_bytes(file.data)
        line = rf"cmd.exe /d /c {windows_path(folder)}\{files[direction.number].name}{direction.arguments}"
        return Run(line, (*rules, *direction.rules), PORT_FILE)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def text(ran: Ran, run: Run) -> str:
    """Write down what ran, without the place of the medium, which is another every time."""
    status = "".join(sorted(f"{name}\n" for name in ran.files if name.endswith(".txt")))
    return f"ends with {ran.exit_code}\n{status}\n" + "".join(f"{line}\n" for line in lines_of(ran, run))


def lines_of(ran: Ran, run: Run) -> list[str]:
    place = run.line.removeprefix("cmd.exe /d /c ").split(" ")[0].rpartition("\\")[0]
    return [line.replace(f"{place}\\", "E:\\") for line in ran.lines]


def index(found: tuple[Script, ...]) -> str:
    rows = ((name, script.file_name) for script in found for name in script.names)
    return "".join(f"{name}: {golden}\n" for name, golden in sorted(rows))


def compare(folder: Path, made: dict[str, str], pattern: str, *, regenerate: bool) -> None:
    if regenerate:
        folder.mkdir(exist_ok=True)
        for path in folder.glob(pattern):
            path.unlink()
        for name, content in made.items():
            (folder / name).write_text(content, encoding="ascii", newline="")
    assert made == {path.name: path.read_text(encoding="ascii") for path in folder.glob(pattern)}


@each_direction
def test_every_mode_does_exactly_what_its_golden_file_says(
    windows: WineGuest, shelf: Shelf, direction: Direction, *, regenerate: bool
) -> None:
    found = scripts(direction)
    runs = [shelf.run(each.guest, direction) for each in found]
    names = (each.file_name for each in found)
    made = {name: text(ran, run) for name, ran, run in zip(names, windows.run_each(runs), runs, strict=True)}
    made["matrix.txt"] = index(found)
    compare(direction.golden, made, "[!f]*.txt", regenerate=regenerate)
    ends = {code for each in made.values() for code in re.findall(r"^ends with (.*)", each, re.MULTILINE)}
    assert ends == {"0"}


def essential(direction: Direction) -> list[tuple[Guest, str]]:
    """Give every command line that no script of a direction may survive unnoticed, with a guest whose script has it.

    Two lines that differ in ports, quotas or thumbprints only count as one.
    """
    found: dict[str, tuple[Guest, str]] = {}
    for script in scripts(direction):
        for line in golden_lines(direction, script):
            if not re.search(direction.harmless, line):
                found.setdefault(re.sub(r"\d+", "0", line), (script.guest, line))
    return list(found.values())


def golden_lines(direction: Direction, script: Script) -> list[str]:
    golden = (direction.golden / script.file_name).read_text(encoding="ascii")
    return golden.partition("\n\n")[2].splitlines()


def test_what_fails_as_a_guest_is_opened_leaves_it_shut_and_says_so(
    windows: WineGuest, shelf: Shelf, *, regenerate: bool
) -> None:
    tried = essential(OPENING)
    runs = [shelf.run(each, OPENING, [Rule(_plain(line), code=7)]) for each, line in tried]
    told = []
    for (_, line), ran in zip(tried, windows.run_each(runs), strict=True):
        assert all("exit_code=7" in each for each in ran.files.values()), line
        assert ran.exit_code in set(BootstrapExit) - {BootstrapExit.DONE}, line
        opened = [each for each in ran.lines if re.search(r"delete rule name=unattend-\w+-hold", each)]
        assert opened == ([ran.lines[-1]] if "-hold" in line and "delete" in line else []), line
        assert {name.partition("-")[2] for name in ran.files} == {"failed.txt"}, line
        told.append(f"{line}\n    {_joined(ran)}\n")
    compare(OPENING.golden, {"failures.txt": "".join(told)}, "failures.txt", regenerate=regenerate)


def test_what_fails_as_a_guest_is_closed_is_told_and_held_and_the_rest_is_done(
    windows: WineGuest, shelf: Shelf, *, regenerate: bool
) -> None:
    tried = essential(CLOSING)
    runs = [shelf.run(each, CLOSING, [Rule(_plain(line), code=7)]) for each, line in tried]
    told = []
    full = {id(script.guest): golden_lines(CLOSING, script) for script in scripts(CLOSING)}
    for (wanted, line), run, ran in zip(tried, runs, windows.run_each(runs), strict=True):
        assert ran.exit_code == BootstrapExit.CLOSING, line
        assert lines_of(ran, run) == [each for each in full[id(wanted)] if not _RELEASE.search(each)], line
        assert {name.partition("-")[2] for name in ran.files} == {"close-failed.txt"}, line
        told.append(f"{line}\n    {_joined(ran)}\n")
    compare(CLOSING.golden, {"failures.txt": "".join(told)}, "failures.txt", regenerate=regenerate)


_RELEASE = re.compile(r"delete rule name=unattend-\w+-hold")


def _joined(ran: Ran) -> str:
    return f"ends with {ran.exit_code}, {' '.join(' '.join(ran.files.values()).split())}"


def _plain(line: str) -> str:
    """Give a part of a recorded line that no other line has, and that stays the same on another medium."""
    for mark in (r"unattend-winrm.inf", "-importpfx", "-addstore TrustedPeople", "-addstore Root", "msiexec.exe /i"):
        if mark in line:
            return mark
    return line
