"""The first boot of a guest, from the files on its medium to the moment when WinRM answers or does not.

A model of Setup and the first logon as far as WinRM is concerned. It takes the specialize commands, then the first
logon's, and runs the batch file that these call (see `batchrun` for what of cmd.exe is modelled). Restarts are
followed: Setup's own in specialize, and after the first logon what runs at the next one (see `logons`). Of PowerShell
scripts only a bootstrap of ours is looked into, firewall profiles and remote addresses count as matching, and every
driver, disk and image is taken to be right.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from toolkit.catalog.releases import releases
from toolkit.simulator.answerfile import AnswerFile, read_answer_file
from toolkit.simulator.batch import BatchFile, Line, read_batch
from toolkit.simulator.batchrun import BatchRun
from toolkit.simulator.documents import DocumentError
from toolkit.simulator.interior import interior_of_machine
from toolkit.simulator.machine import Machine, installed
from toolkit.simulator.powershell_file import PowerShellFile, read_powershell
from toolkit.simulator.service_settings import NOT_MODELLED
from toolkit.simulator.state import GuestState, WindowsVersion, windows_version
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.catalog.releases import Release
    from toolkit.files import NamedFile

_ANSWER_FILE = "autounattend.xml"
_BATCH_ENDINGS = (".bat", ".cmd")
_OPENING = re.compile(r"(?:winrm|ssh)Config\.ps1", re.IGNORECASE)
_SCRIPT_ON_MEDIUM = re.compile(
    r"(?:\b[a-z]|%+~?\w):\\(?:[\w.$-]+\\)*(?P<name>[\w.$-]+\.(?:bat|cmd|ps1))", re.IGNORECASE
)
_EXTENSIONS = "extensions.extract"
_NOT_FOUND = 1
_ONCE_MORE = 2  # what a command that may restart Windows says to Setup: restart, and run me again (WillReboot)
_MOST_RESTARTS = 10
_BOOT_PATHS = re.compile(r"\bc:\\|%(?:systemroot|windir|systemdrive|programdata)%", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Step:
    """One command of the first boot: where it stands, what it did, and whether WinRM was open after it."""

    where: str
    command: str
    effect: str
    reachable: bool


@dataclass(frozen=True, slots=True)
class FirstBoot:
    """What came of it. `state` is None when Setup itself would stop.

    `closed` says why WinRM does not answer in the end, None where it does: what that means is for the spec to say.
    """

    state: GuestState | None
    steps: tuple[Step, ...]
    problems: tuple[str, ...]
    closed: str | None
    machine: Machine | None = None

    def sshd_answers(self, port: int) -> bool:
        """Whether sshd runs in the end and the firewall lets clients through to it; that it is on the port is taken."""
        return self.machine is not None and self.machine.sshd_running and self.machine.lets_in(port)


def first_boot(files: Sequence[NamedFile], *, release: Release | None = None) -> FirstBoot:
    """Boot a guest from the files of a medium.

    `release` is the Windows being installed. Without it, it is guessed from the answer file's image name; where that
    says nothing, the guest is taken for a client, on which nothing is open by itself.
    """
    document = next((file for file in files if file.name.casefold() == _ANSWER_FILE), None)
    if document is None:
        return _stopped("there is no Autounattend.xml in the root of the medium")
    try:
        answers = read_answer_file(document.data)
    except DocumentError as err:
        return _stopped(f"Setup cannot use {document.name}: {err}")
    boot = _Boot(answers, files, release or _release_of(answers.image))
    boot.specialize()
    boot.log_on()
    return boot.ended()


class _Boot:
    """The boot under way."""

    def __init__(self, answers: AnswerFile, files: Sequence[NamedFile], release: Release | None) -> None:
        self._answers = answers
        self._scripts: dict[str, NamedFile] = {}
        self._batches: dict[str, BatchFile] = {}
        self._powershell: dict[str, PowerShellFile] = {}
        self._restarting = False
        self._windows = windows_version(release) if release else WindowsVersion()
        machine = installed(server=release.server, build=release.build) if release else Machine()
        self._machine = machine
        self._steps: list[Step] = []
        self._problems: list[str] = []
        self._known(files)

    def _known(self, files: Sequence[NamedFile]) -> None:
        """Have these files within the guest's reach from now on."""
        scripts = {_base(file.name): file for file in files if file.name.casefold().endswith(_BATCH_ENDINGS)}
        self._scripts |= scripts
        self._batches |= {name: read_batch(file.name, file.data) for name, file in scripts.items()}
        self._powershell |= {
            _base(file.name): read_powershell(file.name, file.data) for file in files if _OPENING.fullmatch(file.name)
        }
        self._machine = replace(self._machine, files=self._machine.files | {_base(file.name) for file in files})

    def specialize(self) -> None:
        for number, command in enumerate(self._answers.specialize, 1):
            self._unpack(command.line)
            for _ in range(_MOST_RESTARTS):
                if self._command(f"specialize {number}", command.line) != _ONCE_MORE or not command.may_restart:
                    break
                self._restart("Setup restarts Windows, and runs the command again")
            else:
                self._problems.append(f"specialize {number} asks for a restart again and again")

    def _unpack(self, command: str) -> None:
        """Have the answer file's own files on the disk, from the command on that reads its <Extensions>."""
        if _EXTENSIONS in command.casefold():
            self._known(self._answers.carried)

    def log_on(self) -> None:
        """Let the autologon account log on, and run the first logon's commands if it can."""
        logon = self._answers.logon
        if logon is None:
            if self._answers.first_logon:
                self._problems.append("nobody logs on, so FirstLogonCommands never run")
            return
        user = self._answers.user(logon.username)
        if user is None:
            self._problems.append(f"the autologon account {logon.username} is not created by this file")
        elif logon.password is None or logon.password.reveal() != user.password.reveal():
            self._problems.append(f"the autologon password is not the password of {user.name}, so the logon fails")
        elif not user.administrator:
            self._problems.append(f"{user.name} is no administrator, so FirstLogonCommands may not change WinRM")
        else:
            self._machine = replace(self._machine, logs_on=True, logons_left=logon.count)
            self._logons([(f"first logon {number}", line) for number, line in enumerate(self._answers.first_logon, 1)])

    def _logons(self, commands: list[tuple[str, str]]) -> None:
        """Log on and run what is to run then, and once more after each restart of Windows.

        Modelled: what a restart keeps from running in FirstLogonCommands runs at the next logon.
        """
        for number in range(1, _MOST_RESTARTS + 1):
            tasks = self._machine.logon_tasks
            self._machine = self._machine.logged_on()
            commands += [(f"logon {number}, {task.name}", task.command) for task in tasks]
            while commands and not self._restarting:
                self._command(*commands.pop(0))
            if not self._restarting:
                return
            self._restart("Windows restarts")
            if not commands and not self._machine.logon_tasks:
                return
            if not self._machine.another_logon:
                self._problems.append("Windows restarts, and then nobody logs on by himself, so nothing goes on")
                return
        self._problems.append("Windows restarts again and again")

    def _restart(self, what: str) -> None:
        self._restarting = False
        self._machine = self._machine.restarted()
        self._note("restart", "", what)

    def ended(self) -> FirstBoot:
        machine = self._machine
        for rule in machine.block_rules:
            self._problems.append(f'the block rule "{rule.name}" is still there when the script ends')
        problems = tuple(dict.fromkeys(self._problems))
        return FirstBoot(self._state(), tuple(self._steps), problems, self._why_closed(), machine)

    def _why_closed(self) -> str | None:
        if self._machine.open_ports:
            return None
        unseen = [step for step in self._steps if step.effect == NOT_MODELLED]
        # A script on the medium says more about WinRM than any other command can.
        unseen.sort(key=lambda step: _SCRIPT_ON_MEDIUM.search(step.command) is None)
        doubt = f" (what the command at {unseen[0].where} does is not modelled)" if unseen else ""
        return f"WinRM stays closed: {self._machine.why_closed()}{doubt}"

    def _state(self) -> GuestState:
        machine = self._machine
        return GuestState(
            host_name=self._answers.host_name,
            users=self._answers.users,
            windows=self._windows,
            basic=machine.basic,
            negotiate=machine.negotiate,
            allow_unencrypted=machine.allow_unencrypted,
            remote_elevation=machine.remote_elevation,
            open_ports=machine.open_ports,
            max_timeout_ms=machine.max_timeout_ms,
            max_envelope_kb=machine.max_envelope_kb,
            max_shells_per_user=machine.max_shells_per_user,
            credssp=machine.credssp,
            interior=interior_of_machine(machine),
        )

    def _command(self, where: str, command: str) -> int:
        """Run a command of the answer file: the batch file of the medium that it names, or itself. Gives its code."""
        folded = command.casefold()
        script = next((file for name, file in self._scripts.items() if name in folded), None)
        if script is not None:
            self._note(where, command, f"runs {script.name} from the medium")
            return self._run(read_batch(script.name, script.data), script.name)
        if ours := next((file.name for name, file in self._powershell.items() if name in folded), None):
            self._note(where, command, f"runs {ours} from the medium")
            return self._run(BatchFile(ours, (Line(1, f"powershell.exe -File {ours}"),), {}), ours, numbered=True)
        missing = _SCRIPT_ON_MEDIUM.search(command)
        if missing and not _BOOT_PATHS.search(command) and missing["name"].casefold() not in self._machine.files:
            self._problems.append(f"no medium file matches the script that {where} calls: {missing['name']}")
            self._note(where, command, "finds no such file")
            return _NOT_FOUND
        return self._run(BatchFile(where, (Line(1, command),), {}, typed=True), where, numbered=False)

    def _run(self, script: BatchFile, name: str, *, numbered: bool = True) -> int:
        run = BatchRun(script, self._machine, self._batches, self._powershell).run()
        for ran in run.ran:
            self._machine = ran.machine
            outer = not numbered and ran.script == script.name
            self._note(name if outer else f"{ran.script or name}:{ran.line}", ran.command, ran.effect)
        self._machine = run.machine
        self._problems += run.problems
        self._restarting = run.restarting
        return run.errorlevel

    def _note(self, where: str, command: str, effect: str) -> None:
        self._steps.append(Step(where, self._masked(command), effect, bool(self._machine.open_ports)))

    def _masked(self, text: str) -> str:
        """Take the answer file's passwords out of a command that is to be shown."""
        for user in self._answers.users:
            if password := user.password.reveal():
                text = text.replace(password, "***")
        return text


def _stopped(problem: str) -> FirstBoot:
    return FirstBoot(None, (), (problem,), "Setup does not get to the first logon")


def _base(name: str) -> str:
    return name.rpartition("/")[2].casefold()


def _release_of(image: str | None) -> Release | None:
    """Find the release that an image name of install.wim belongs to, such as `Windows Server 2022 SERVERSTANDARD`."""
    if not image:
        return None
    known = sorted(releases().values(), key=lambda release: len(release.name), reverse=True)
    return next((release for release in known if image.casefold().startswith(release.name.casefold())), None)
