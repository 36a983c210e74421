r"""What the guest says of itself, asked in as few PowerShell starts as the length of a command line allows.

Expressions that PowerShell 2 of Windows 7 understands. One statement a line: one that fails is missing from the answer,
and nothing else is lost. Registry values: MicrosoftDocs/win32 and windows-itpro-docs; the keys that announce a restart
are those that Windows' own installers look at, as Pester's and Chef's tests for them have it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.values import dataclass
from toolkit.verify.checks.check import Bench, Finding, Question, UnaskableError
from toolkit.verify.checks.management import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from toolkit.verify.wanted import Wanted

_VERSION = r"'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'"
_WINLOGON = r"'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon'"
_SETUP = r"'HKLM:\SYSTEM\Setup'"
_SERVICING = r"HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion"
_CONTROL = r"HKLM:\SYSTEM\CurrentControlSet\Control"
_LICENCE = "@(Get-WmiObject SoftwareLicensingProduct -Filter 'PartialProductKey IS NOT NULL')[0].GracePeriodRemaining"
_SETUP_PROGRAMS = "windeploy,msoobe,oobeldr,sysprep,setup"

# Where answer files are left behind: Setup's own copy, Sysprep's, and those that people put there.
LEFTOVERS = (
    r"C:\Windows\Panther\unattend.xml",
    r"C:\Windows\Panther\Unattend\unattend.xml",
    r"C:\Windows\System32\Sysprep\unattend.xml",
    r"C:\unattend.xml",
    r"C:\Autounattend.xml",
)

_QUESTIONS = {
    "edition": f"(Get-ItemProperty {_VERSION}).EditionID",
    "architecture": "$env:PROCESSOR_ARCHITECTURE",
    "language": "[Globalization.CultureInfo]::InstalledUICulture.Name",
    "licence": _LICENCE,
    "booted": "(Get-WmiObject Win32_OperatingSystem).LastBootUpTime",
    "image": r"(Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State').ImageState",
    "setup": f"(Get-ItemProperty {_SETUP}).SystemSetupInProgress",
    "oobe": f"(Get-ItemProperty {_SETUP}).OOBEInProgress",
    "programs": f"@(Get-Process {_SETUP_PROGRAMS} -ErrorAction SilentlyContinue).Count",
    "ready": r'(Test-Path "$env:ProgramData\unattend\winrm-ready.txt")',
    "failed": r'(Test-Path "$env:ProgramData\unattend\winrm-failed.txt")',
    "servicing": rf"(Test-Path '{_SERVICING}\Component Based Servicing\RebootPending')",
    "update": rf"(Test-Path '{_SERVICING}\WindowsUpdate\Auto Update\RebootRequired')",
    "join": r"(Test-Path 'HKLM:\SYSTEM\CurrentControlSet\Services\Netlogon\JoinDomain')",
    "renames": rf"[bool](Get-ItemProperty '{_CONTROL}\Session Manager').PendingFileRenameOperations",
    "name": rf"(Get-ItemProperty '{_CONTROL}\ComputerName\ComputerName').ComputerName",
    "active": rf"(Get-ItemProperty '{_CONTROL}\ComputerName\ActiveComputerName').ComputerName",
    "autologon": f"(Get-ItemProperty {_WINLOGON}).AutoAdminLogon",
    "autologon_password": f"[bool](Get-ItemProperty {_WINLOGON}).DefaultPassword",
    **{
        # Setup overwrites the passwords of the copies that it keeps; PlainText stands only where it did not.
        f"leftover{number}": f"[bool](Select-String -Path '{path}' -Pattern '<PlainText>' -Quiet"
        " -ErrorAction SilentlyContinue)"
        for number, path in enumerate(LEFTOVERS)
    },
}
# cmd.exe takes 8191 characters, of which base64 of UTF-16 leaves about 3000.
_LONGEST_SCRIPT = 2800


@dataclass(frozen=True, slots=True)
class Survey:
    """The answers by key, as PowerShell writes them; what the guest could not say is not there."""

    answers: Mapping[str, str]

    def text(self, key: str) -> str:
        return self.answers.get(key, "")

    def yes(self, key: str) -> bool:
        """Read a Boolean, or a DWORD that stands for one; what was not answered is no."""
        return self.text(key).casefold() in {"true", "1"}

    def number(self, key: str) -> int | None:
        return number(self.text(key))


def scripts() -> tuple[str, ...]:
    """Give the questions as scripts that each fit a command line."""
    found = [""]
    for key, expression in _QUESTIONS.items():
        line = f"'{key}=' + {expression}\n"
        if len(found[-1]) + len(line) > _LONGEST_SCRIPT:
            found.append("")
        found[-1] += line
    return tuple(found)


def _ask(bench: Bench) -> Survey:
    lines = [line for script in scripts() for line in _lines(bench, script)]
    answers = {key: value.strip() for key, equals, value in (line.partition("=") for line in lines) if equals}
    known = {key: answers[key] for key in _QUESTIONS if key in answers}
    if not known:
        raise UnaskableError("PowerShell answers none of the questions.")
    return Survey(known)


def _lines(bench: Bench, script: str) -> Iterator[str]:
    done = bench.communicator.run_powershell(script)
    yield from done.stdout.decode("utf-8", "replace").removeprefix("\ufeff").splitlines()


def _tell(facts: Survey) -> str:
    return f"{len(facts.answers)} of {len(_QUESTIONS)} questions answered"


def _judge(_facts: Survey, _wanted: Wanted) -> tuple[Finding, ...]:
    return ()


CHECK = Question("survey", ("powershell",), _ask, _tell, _judge)
