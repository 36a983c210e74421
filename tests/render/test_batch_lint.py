"""A second, independent reading of every batch file: blinter's, and what it finds that is no fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from blinter import BlinterConfig, lint_batch_file

from tests.render.guests import bootstrap, guest, winrm
from tests.render.modes import files_of, matrix
from toolkit.render.bootstrap import bootstrap_files
from toolkit.spec.guest import Style

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.files import NamedFile


@dataclass(frozen=True, slots=True)
class Exemption:
    """A rule that is wrong about lines that match; `line` is searched for in the whole line."""

    rule: str
    line: str
    why: str

    def covers(self, rule: str, line: str) -> bool:
        return rule == self.rule and re.search(self.line, line) is not None


_DOCUMENTED = "the plain style is the list of Packer's documentation, line for line"

EXEMPTIONS = (
    Exemption("S001", r"^rem WinRM, quickly", _DOCUMENTED),
    Exemption("W001", r"^cmd\.exe /c net start winrm$", _DOCUMENTED),
    Exemption("SEC005", r"^cmd\.exe /c net (start|stop) winrm$", _DOCUMENTED),
    Exemption("E028", r'\\cmd\.exe" /d /c ""%~f0"', "the quotes around a quoted path are what cmd /c strips (cmd /?)"),
    Exemption("E030", r"echo 2\.5\.29\.17", "a caret before a quote or an ampersand is what echo needs to print it"),
    Exemption("P012", r"FAILED in step", "one line in a log, written once"),
    Exemption("S003", r"-Command|^net ", "Set-Item is PowerShell's, and no set; WinRM is a name, and no command"),
    Exemption("S007", r"^@echo off|^rem ", "winrmConfig.bat is the name that people look for"),
    Exemption("S013", r"^@echo off|^rem ", "author and date would differ between equal files; the purpose is line 2"),
    Exemption("S018", r"^:", "labels of loops and branches are no subroutines; the remark of their step explains them"),
    Exemption("S019", r".", "ports and quotas come from the spec, and a generated file is not edited"),
    Exemption("S027", r"^:", "a label inside a step belongs to its lines"),
    Exemption("SEC004", r"^reg delete ", "nobody is there to confirm; the keys are our own or autologon's"),
    Exemption("SEC005", r"^(reg (add|delete)|net (start|stop)|sc)", "fsutil asks for elevation before anything else"),
    Exemption("SEC009", r"-ExecutionPolicy Bypass", "of OpenSSH's own script, on a guest that is being set up"),
    Exemption(
        "SEC013", r"^>%CONSOLE% echo|^>*\"%|echo |^schtasks", "the variables are set by this script, from its own words"
    ),
    Exemption("W002", r"^(del|net|copy) |^if exist .* copy", "told by what is there afterwards, or of no consequence"),
    Exemption("W003", r"^net (start|stop) ", "fails where the state is as wanted already; the state is asked for"),
    Exemption("W007", r"^del .*\\(Sysprep|Panther)\\", "the answer files are to go, with the passwords in them"),
    Exemption("W009", r"^icacls ", "in the box of every release since Vista"),
    Exemption("W011", r"^find ", "looks for digits and ASCII names in ASCII output"),
    Exemption("W025", r"^(del|copy) ", "what is not there need not be deleted"),
    Exemption("W028", r"^set |^rem ", "no errorlevel is taken from set"),
)

READ = (
    *(f"{mode}, 11" for mode in ("http basic packer", "https client certificate", "https guest made", "https and ssh")),
    *("https guest made, 7", "https credssp psrp, 8.1", "http ntlm vagrant port, server-2012"),
    *("ssh msi port keys shell, 7", "ssh zip, 10"),
)


def read_files() -> dict[str, NamedFile]:
    pairs = ((name, files_of(matrix()[name]) or ()) for name in READ)
    plain = {f"plain ntlm={ntlm}": _plain(ntlm=ntlm) for ntlm in (False, True)}
    return {f"{file.name} of {name}": file for name, files in pairs for file in files[:2]} | plain


def _plain(*, ntlm: bool) -> NamedFile:
    (script,) = bootstrap_files(guest(winrm(ntlm=ntlm), bootstrap(Style.PLAIN)))
    return script


FILES = read_files()


def findings(file: NamedFile, folder: Path) -> list[tuple[str, str]]:
    """Give the rule and the line of every finding."""
    path = folder / file.name
    path.write_bytes(file.data)
    lines = file.data.decode("ascii").splitlines()
    config = BlinterConfig(max_line_length=8191)
    return [(issue.rule.code, lines[issue.line_number - 1]) for issue in lint_batch_file(str(path), config)]


@pytest.mark.parametrize("name", FILES)
def test_a_second_reader_finds_nothing(name: str, tmp_path: Path) -> None:
    found = findings(FILES[name], tmp_path)
    assert [each for each in found if not any(exempt.covers(*each) for exempt in EXEMPTIONS)] == []


def test_no_exemption_is_idle(tmp_path: Path) -> None:
    everything = {each for file in FILES.values() for each in findings(file, tmp_path)}
    idle = [exempt.rule for exempt in EXEMPTIONS if not any(exempt.covers(*each) for each in everything)]
    assert idle == []


def test_a_fault_of_the_kind_that_it_knows_is_found(tmp_path: Path) -> None:
    script, *_ = bootstrap_files(guest())
    broken = script.data.replace(b'if not "%ERRORLEVEL%"=="0" goto failed', b'if not "%ERRORLEVEL%"=="0 goto', 1)
    found = findings(type(script)(script.name, broken), tmp_path)
    assert [each for each in found if not any(exempt.covers(*each) for exempt in EXEMPTIONS)] != []
