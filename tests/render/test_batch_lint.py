"""A second, independent reading of every batch file: blinter's, and what it finds that is no fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from blinter import BlinterConfig, lint_batch_file

from tests.render.batch_files import batch_files
from tests.render.guests import guest
from toolkit.files import NamedFile
from toolkit.render.bootstrap import bootstrap_files


@dataclass(frozen=True, slots=True)
class Exemption:
    """A rule that is wrong about lines that match; `line` is searched for in the whole line."""

    rule: str
    line: str
    why: str

    def covers(self, rule: str, line: str) -> bool:
        return rule == self.rule and re.search(self.line, line) is not None


_DOCUMENTED = "the plain style is the list of Packer's documentation, line for line"
_ONE_LINE = "one command, whose exit code is the script's"
_MARKS = "two questions, since an answer in a variable would be asked for as often"

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
    Exemption("E021", r"^cmd\.exe /d /c \"\(for %%d in", "a file of a drive, and no part of a variable"),
    Exemption("P001", r"%MARK%", _MARKS),
    Exemption("P017", r"%MARK%", _MARKS),
    Exemption("P022", r"^for /l .* ping", "the loop does nothing but wait, and ping's own words are not for the log"),
    Exemption("S001", r"setup-complete\.cmd\"$", _ONE_LINE),
    Exemption("SEC003", r"sysprep\.exe", "nobody is there to confirm; it is what the script is for"),
    Exemption("SEC004", r"Winlogon\" /v AutoAdminLogon", "nobody is there to confirm; the values are autologon's own"),
    Exemption("SEC005", r"DISC", "set-up runs it, as SYSTEM or elevated"),
    Exemption("SEC006", r"Exclusions\\Paths", "the path is the spec's own, and the value's name"),
    Exemption("SEC016", r"restart$", "each step leaves a mark before Windows restarts, and is not run again"),
    Exemption("W001", r"^powercfg|setup-complete\.cmd\"$", _ONE_LINE),
    Exemption("W004", r"^goto failed$", "ahead in the file; the loop before it ends after ten rounds"),
    Exemption("W028", r"^set |^rem ", "no errorlevel is taken from set"),
    Exemption("W035", r"reg\.exe query", "reg writes blanks between name, type and value"),
    Exemption("W067", r"^set \"PATH=%PATH%;", "for the programs of this script, under setlocal"),
)


@cache
def findings(name: str) -> tuple[tuple[str, str], ...]:
    """Give the rule and the line of every finding in a batch file of ours."""
    return read_again(batch_files()[name])


def read_again(file: NamedFile) -> tuple[tuple[str, str], ...]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / file.name
        path.write_bytes(file.data)
        issues = lint_batch_file(str(path), BlinterConfig(max_line_length=8191))
    lines = file.data.decode("ascii").splitlines()
    return tuple((issue.rule.code, lines[issue.line_number - 1]) for issue in issues)


@pytest.mark.parametrize("name", batch_files())
def test_a_second_reader_finds_nothing(name: str) -> None:
    assert [each for each in findings(name) if not any(exempt.covers(*each) for exempt in EXEMPTIONS)] == []


def test_no_exemption_is_idle() -> None:
    everything = {each for name in batch_files() for each in findings(name)}
    idle = [exempt.rule for exempt in EXEMPTIONS if not any(exempt.covers(*each) for each in everything)]
    assert idle == []


def test_a_fault_of_the_kind_that_it_knows_is_found() -> None:
    script, *_ = bootstrap_files(guest())
    broken = script.data.replace(b'if not "%ERRORLEVEL%"=="0" goto failed', b'if not "%ERRORLEVEL%"=="0 goto', 1)
    found = read_again(NamedFile(script.name, broken))
    assert [each for each in found if not any(exempt.covers(*each) for exempt in EXEMPTIONS)] != []


def test_every_kind_of_batch_file_is_read() -> None:
    kinds = {name.partition(" of ")[0] for name in batch_files()}
    assert {"winrmConfig.bat", "winrmClose.bat", "sshConfig.bat", "sshClose.bat"} <= kinds
    assert {"specialize.cmd", "first-logon.cmd", "setup-complete.cmd", "SetupComplete.cmd", "build-end.cmd"} <= kinds
