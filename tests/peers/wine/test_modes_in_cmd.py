"""Every mode on every release, run by a real command processor: what is called, in which order, and what failures do.

The golden files hold the command lines of each distinct script and `matrix.txt` says which script a mode has on a
release. `pytest tests/peers/wine --regenerate` rewrites them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule, Run, windows_path
from tests.peers.wine.medium import SERVICE_RUNS
from tests.render.modes import MODES, files_of, groups, matrix, on
from toolkit.render.bootstrap import BootstrapExit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.peers.wine.harness import Ran, WineGuest
    from toolkit.spec.guest import Guest

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

GOLDEN = Path(__file__).parent / "golden"

# A guest without listener, certificate and sshd. What is asked for is not there; what is asked after it was made, is.
FRESH = (
    Rule("reg query", code=1),
    Rule("certutil -store", code=-2146885628),
    Rule("$e.FriendlyName -eq 'unattend-winrm') { $c=$e } }; if", code=1),
    Rule("get winrm/config/Listener?", code=1),
    Rule("Get-WSManInstance winrm/config/Listener -Selector", code=1),
    Rule("sc.exe query sshd", code=1060, times=1),
    SERVICE_RUNS,
)
PORT_FILE = (
    r'md "%ProgramData%\ssh" >nul 2>&1',
    r'del /f /q "%ProgramData%\ssh\*.*" >nul 2>&1',
    r'>"%ProgramData%\ssh\sshd_config" echo Match Group administrators',
)

# What may fail without harm: questions, the log's evidence, and what is only tidied up.
HARMLESS = (
    r"^reg query|^certutil -store|winrm get|winrm enumerate|Get-WSManInstance|^sc.exe (query|qc)|^net (start|stop) "
    r"|FriendlyName -eq 'unattend-winrm'\) \{ \$c=\$e \} \}; if|^ping|delete rule name=unattend-\w+-allow"
)


@dataclass(frozen=True, slots=True)
class Script:
    """A script as cmd.exe sees it, without remarks. `names` are the modes and releases that have it."""

    guest: Guest
    names: tuple[str, ...]

    @property
    def golden(self) -> Path:
        return GOLDEN / f"{re.sub('[^a-z0-9.-]+', '-', self.names[0])}.txt"


def scripts() -> tuple[Script, ...]:
    return tuple(Script(matrix()[group[0]], group) for group in groups(0))


class Shelf:
    """Media on the host, one folder each, that runs can be made from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._media = 0

    def run(self, wanted: Guest, rules: Iterable[Rule] = (), *, number: int = 0, arguments: str = "") -> Run:
        files = files_of(wanted)
        assert files is not None
        self._media += 1
        folder = self._folder / str(self._media)
        folder.mkdir(parents=True)
        for file in files:
            (folder / file.name).write_bytes(file.data)
        line = rf"cmd.exe /d /c {windows_path(folder)}\{files[number].name}{arguments}"
        return Run(line, (*rules, *FRESH), PORT_FILE)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def text(ran: Ran, shelf_line: str) -> str:
    """Write down what ran, without the place of the medium, which is another every time."""
    place = shelf_line.rpartition(" ")[2].rpartition("\\")[0]
    lines = (line.replace(f"{place}\\", "E:\\") for line in ran.lines)
    status = "".join(sorted(f"{name}\n" for name in ran.files if name.endswith(".txt")))
    return f"ends with {ran.exit_code}\n{status}\n" + "".join(f"{line}\n" for line in lines)


def index(found: tuple[Script, ...]) -> str:
    rows = ((name, script.golden.name) for script in found for name in script.names)
    return "".join(f"{name}: {golden}\n" for name, golden in sorted(rows))


def test_every_mode_does_exactly_what_its_golden_file_says(
    windows: WineGuest, shelf: Shelf, *, regenerate: bool
) -> None:
    found = scripts()
    runs = [shelf.run(script.guest) for script in found]
    made = {
        script.golden.name: text(ran, run.line)
        for script, run, ran in zip(found, runs, windows.run_each(runs), strict=True)
    }
    made["matrix.txt"] = index(found)
    if regenerate:
        for path in GOLDEN.glob("*.txt"):
            path.unlink()
        for name, content in made.items():
            (GOLDEN / name).write_text(content, encoding="ascii", newline="")
    kept = {path.name: path.read_text(encoding="ascii") for path in GOLDEN.glob("*.txt")}
    assert made == kept
    assert all(content.startswith("ends with 0\n") for name, content in made.items() if name != "matrix.txt")


_KIND = 64  # so many characters tell the kinds of lines apart: program, verb and resource, but no values

FAILING = (
    ("https client certificate", "server-2022"),
    ("https guest made", "7"),
    ("http ntlm vagrant port", "7"),
    ("https guest made", "10"),
    ("https credssp psrp", "8.1"),
    ("ssh msi port keys shell", "server-2016"),
    ("ssh zip", "server-2016"),
    ("ssh capability", "11"),
)


def essential(mode: str, release: str, seen: set[str]) -> list[str]:
    """Give the lines of the golden run that a script must not survive, one of each kind that was not tried before."""
    [script] = [each for each in scripts() if f"{mode}, {release}" in each.names]
    found = []
    for line in script.golden.read_text(encoding="ascii").partition("\n\n")[2].splitlines():
        kind = re.sub(r"^powershell.*Stop'; ", "", line)[:_KIND]
        if not re.search(HARMLESS, line) and kind not in seen:
            seen.add(kind)
            found.append(line)
    return found


def test_whatever_fails_leaves_the_guest_shut_and_says_so(windows: WineGuest, shelf: Shelf) -> None:
    seen: set[str] = set()
    tried = [(on(release, MODES[mode]), line) for mode, release in FAILING for line in essential(mode, release, seen)]
    assert len(tried) > 35
    runs = [shelf.run(each, [Rule(_plain(line), code=7)]) for each, line in tried]
    for (_, line), ran in zip(tried, windows.run_each(runs), strict=True):
        assert ran.exit_code != 0, line
        assert ran.exit_code in set(BootstrapExit), line
        opened = [each for each in ran.lines if re.search(r"delete rule name=unattend-\w+-hold", each)]
        assert opened == ([ran.lines[-1]] if "-hold" in line and "delete" in line else []), line
        status = {name.partition("-")[2]: content for name, content in ran.files.items()}
        assert status.keys() == {"failed.txt"}, line
        assert f"script_exit_code={ran.exit_code}\n" in status["failed.txt"]


def _plain(line: str) -> str:
    """Give a part of a recorded line that no other line has, and that stays the same on another medium."""
    for mark in (r"unattend-winrm.inf", "-importpfx", "-addstore TrustedPeople", "-addstore Root", "msiexec.exe /i"):
        if mark in line:
            return mark
    return re.sub(r"^winrm ", "", line)
