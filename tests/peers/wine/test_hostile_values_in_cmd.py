"""What a spec may hold, however odd, reaches the program that it is for byte for byte."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.peers.wine.harness import Rule, Run, windows_path
from tests.peers.wine.medium import SERVICE_RUNS
from tests.render.guests import CERTIFICATE, bootstrap, guest, ssh, winrm
from toolkit.render.autologon_traces import FORGET
from toolkit.render.bootstrap import bootstrap_files
from toolkit.secret import Secret
from toolkit.spec.guest import OpenSsh

if TYPE_CHECKING:
    from pathlib import Path

    from tests.peers.wine.harness import WineGuest
    from toolkit.files import NamedFile

pytestmark = pytest.mark.peer(name="wine", program=("wine", "wineserver", "x86_64-w64-mingw32-gcc"))

LONGEST = ("aZ9._+=@:/-" * 12)[:127]
SHELL = r"C:\Program Files (x86)\it's, a = ~shell;\#$@[]{}`+.exe"


def run(folder: Path, files: tuple[NamedFile, ...], *rules: Rule) -> Run:
    folder.mkdir()
    for file in files:
        (folder / file.name).write_bytes(file.data)
    return Run(rf"cmd.exe /d /c {windows_path(folder)}\{files[0].name}", (*rules, SERVICE_RUNS))


def test_passwords_and_paths_arrive_as_they_were_written(windows: WineGuest, tmp_path: Path) -> None:
    tls = bootstrap_files(guest(winrm(ssl=True)), replace(CERTIFICATE, pfx_password=Secret(LONGEST)))
    shell = bootstrap_files(guest(ssh(), replace(bootstrap(), openssh=OpenSsh(default_shell=SHELL))))
    missing = Rule("certutil -store", code=1)
    key, door = windows.run_each([run(tmp_path / "tls", tls, missing), run(tmp_path / "ssh", shell)])
    [imported] = [call.arguments for call in key.calls if "-importpfx" in call.arguments]
    assert imported[:4] == ("-f", "-p", LONGEST, "-importpfx")
    [added] = [call.arguments for call in door.calls if "DefaultShell" in call.arguments]
    assert added[-2:] == (SHELL, "/f")
    assert (key.exit_code, door.exit_code) == (0, 0)


def test_the_code_that_forgets_the_autologon_secret_arrives_as_one_argument(windows: WineGuest, tmp_path: Path) -> None:
    files = bootstrap_files(guest())
    first, second, *_ = files
    folder = tmp_path / "close"
    folder.mkdir()
    for file in (first, second):
        (folder / file.name).write_bytes(file.data)
    [ran] = windows.run_each([Run(rf"cmd.exe /d /c {windows_path(folder)}\{second.name} now")])
    [code] = [call.arguments[-1] for call in ran.calls if "Lsa" in call.line]
    assert code.endswith(FORGET)
    assert code.count("'") % 2 == 0
