"""Running a batch file against a machine, for what it does to WinRM.

Modelled: `goto`, `call :label`, `exit`, `if`, `set`, `for` over a plain list, `&`, `&&`, `||`, and the exit codes of
the programs in `effects`; every other program is taken to succeed. A loop that waits for something is left after a
hundred backward jumps.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, assert_never

from toolkit.numbers import signed
from toolkit.simulator.batch import BatchFile, Line, block, condition, first_command
from toolkit.simulator.commandline import Part, expanded, parts, program, unwrapped, words
from toolkit.simulator.effects import apply
from toolkit.simulator.powershell_file import PowerShellFile, run_file
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from toolkit.simulator.machine import Machine

_LONGEST_RUN = 5_000  # lines
_BACKWARD_JUMPS = 100
_GOTO = re.compile(r"goto\s*:?\s*(?P<label>\S+)", re.IGNORECASE)
_CALL_LABEL = re.compile(r"call\s+:(?P<label>\S+)", re.IGNORECASE)
_EXIT = re.compile(r"exit\b\s*(?P<only>/b)?\s*(?P<code>-?[0-9]{1,10})?", re.IGNORECASE)
_SET = re.compile(r"set\s+(?P<quote>\"?)(?P<name>[^=\"/]+)=(?P<value>.*)", re.IGNORECASE)
_ARITHMETIC = re.compile(
    r"set\s+/a\s+\"?(?P<name>\w+)\s*(?P<operator>[+-]?=)\s*(?P<value>-?[0-9]{1,10})", re.IGNORECASE
)
_FOR = re.compile(
    r"for\s+%+(?P<variable>\w)\s+in\s*\((?P<items>[^)]*)\)\s*do\s+(?P<body>.*)", re.IGNORECASE | re.DOTALL
)
_FILE = re.compile(r"\s-file\s+\"?(?P<path>[^\"\s]+)", re.IGNORECASE)
_SILENT = {"echo", "rem", "title", "cls", "color", "setlocal", "endlocal", "pushd", "popd", "shift", "cd", "chdir"} | {
    *("md", "mkdir", "copy", "ping", "timeout", "ver", "prompt", "break", "verify", "type")
}
_DELETES = {"del", "erase"}
_FILTERS = {"find", "findstr"}
_COPIED = "$OEM$\\$$\\"
_ENVIRONMENT = {
    "systemroot": r"C:\Windows",
    "windir": r"C:\Windows",
    "systemdrive": "C:",
    "programdata": r"C:\ProgramData",
    "temp": r"C:\Windows\Temp",
    "comspec": "cmd.exe",
}


@dataclass(frozen=True, slots=True)
class Goto:
    label: str


@dataclass(frozen=True, slots=True)
class CallLabel:
    label: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Back to the caller; `everything` ends the batch file however deep."""

    everything: bool = False


Flow: TypeAlias = Goto | CallLabel | Leave | None


@dataclass(frozen=True, slots=True)
class Ran:
    """One command that ran, on which line of which script, what it did, and the machine after it."""

    line: int
    command: str
    effect: str
    machine: Machine
    script: str = ""


class _Place:
    """Where in the file the run is, and whom it goes back to."""

    def __init__(self) -> None:
        self.index = 0
        self._callers: list[int] = []
        self._backward = 0

    def leave(self) -> bool:
        """Go back to the caller; False when there is none."""
        if not self._callers:
            return False
        self.index = self._callers.pop()
        return True

    def call(self, target: int) -> None:
        self._callers.append(self.index + 1)
        self.index = target

    def go_to(self, target: int) -> None:
        """Jump, except out of patience: a loop that waits for what is not modelled is left at its end."""
        self._backward += target <= self.index
        self.index = self.index + 1 if target <= self.index and self._backward > _BACKWARD_JUMPS else target


class BatchRun:
    """One run of one batch file. `ran`, `problems`, `machine` and `errorlevel` tell what came of it.

    `scripts` are the batch files that it may call, by their base names in lower case. `restarting` is whether Windows
    restarts now, for which the run ends.
    """

    def __init__(
        self,
        script: BatchFile,
        machine: Machine,
        scripts: Mapping[str, BatchFile] | None = None,
        powershell: Mapping[str, PowerShellFile] | None = None,
    ) -> None:
        self.machine = machine
        self.ran: list[Ran] = []
        self.problems: list[str] = []
        self.restarting = False
        self._script = script
        # Without itself: a script that calls itself is not followed.
        self._scripts = {name: other for name, other in (scripts or {}).items() if other.name != script.name}
        self._powershell = powershell or {}
        self._variables = _ENVIRONMENT | _own_names(script.name)
        self._errorlevel = 0
        self._line = 0
        self._shells = 0

    def run(self) -> BatchRun:
        """Run the file to its end."""
        place = _Place()
        for _ in range(_LONGEST_RUN):
            at_end = place.index >= len(self._script.lines)
            flow = Leave() if at_end else self._step(self._script.lines[place.index])
            if not self._moved(place, flow):
                return self
        self.problems.append(f"{self._script.name}: it runs in circles")
        return self

    def _step(self, line: Line) -> Flow:
        self._line = line.number
        return None if line.text.startswith(":") else self._statement(self._expanded(line.text))

    def _moved(self, place: _Place, flow: Flow) -> bool:
        """Go where the last line leads; False when that is out of the file."""
        match flow:
            case None:
                place.index += 1
            case Leave(everything):
                return not everything and place.leave()
            case Goto(label) | CallLabel(label):
                target = self._script.labels.get(label)
                if target is None:
                    self.problems.append(f'{self._where}: there is no label "{label}", so the script ends there')
                    return False
                jump = place.go_to if isinstance(flow, Goto) else place.call
                jump(target)
            case _:
                assert_never(flow)
        return True

    @property
    def errorlevel(self) -> int:
        return self._errorlevel

    @property
    def _where(self) -> str:
        return f"{self._script.name}:{self._line}"

    def _expanded(self, text: str) -> str:
        variables = {**self._variables, "errorlevel": str(self._errorlevel)}
        return expanded(text, variables, batch=not self._script.typed)

    def _statement(self, text: str) -> Flow:
        """Run one expanded line: an `if` or `for` governs the rest of it, else command after command."""
        operator = ""
        while text:
            text = text.lstrip("@ \t")
            skipped = (operator == "&&" and self._errorlevel != 0) or (operator == "||" and self._errorlevel == 0)
            if not skipped and (governed := self._governed(text)) is not None:
                return governed()
            if text.startswith("("):
                command, rest = block(text)
                _, after, text = first_command(rest)
                flow = None if skipped else self._statement(command)
            else:
                command, after, text = first_command(text)
                flow = None if skipped else self._command(command)
            if flow is not None:
                return flow
            operator = operator if skipped and after in {"&&", "||"} and after == operator else after
        return None

    def _governed(self, text: str) -> Callable[[], Flow] | None:
        judged = condition(text, errorlevel=self._errorlevel, variables=self._variables, files=self.machine.files)
        if judged is not None:
            return lambda: self._statement(judged.commands) if judged.holds or judged.commands else None
        loop = _FOR.fullmatch(text)
        if loop is not None:
            return lambda: self._loop(loop["variable"], loop["items"], loop["body"])
        return None

    def _loop(self, variable: str, items: str, body: str) -> Flow:
        inside = block(body)[0] if body.startswith("(") else body
        for item in items.split():
            flow = self._statement(re.sub(rf"%+~?{variable}", item.replace("\\", r"\\"), inside))
            if flow is not None:
                return flow
        return None

    def _command(self, text: str) -> Flow:
        """Run one command and say where the batch goes on."""
        split = parts(text)
        plain = split[0].text.strip() if split else ""
        self._write(split)
        if match := _GOTO.fullmatch(plain):
            return Leave() if match["label"].casefold() == "eof" else Goto(match["label"].casefold())
        if match := _CALL_LABEL.match(plain):
            return CallLabel(match["label"].casefold())
        if match := _EXIT.match(plain):
            self._errorlevel = int(match["code"] or self._errorlevel)
            return Leave(everything=not match["only"])
        if plain[:3].casefold() == "set":
            self._assign(plain)
            return None
        return self._program(plain)

    def _write(self, split: list[Part]) -> None:
        """Remember the files that output is redirected to; `nul` is none."""
        written = {_base(name) for part in split for name in part.files} - {"nul"}
        self.machine = replace(self.machine, files=self.machine.files | written)

    def _assign(self, text: str) -> None:
        if match := _ARITHMETIC.match(text):
            key = match["name"].casefold()
            start = 0 if match["operator"] == "=" else signed(self._variables.get(key, "0")) or 0
            sign = -1 if match["operator"] == "-=" else 1
            self._variables[key] = str(start + sign * int(match["value"]))
        elif match := _SET.match(text):
            value = match["value"].rpartition('"')[0] if match["quote"] and '"' in match["value"] else match["value"]
            self._variables[match["name"].strip().casefold()] = value
            if not value:
                del self._variables[match["name"].strip().casefold()]

    def _program(self, text: str) -> Flow:
        inner = unwrapped(text)
        if inner.shell:
            # What ends that cmd.exe, `exit` or a bare winrm.cmd, does not end the batch file.
            self._shells += 1
            self._statement(inner.text)
            self._shells -= 1
            return Leave(everything=True) if self.restarting else None
        name = program(inner.text)
        if name in _SILENT or not name or name.startswith("echo"):
            return None
        if name in _FILTERS:
            self._filter()
            return None
        if name in _DELETES:
            gone = {_base(word) for word in words(inner.text)[1:]}
            self.machine = replace(self.machine, files=self.machine.files - gone)
            return None
        if called := self._scripts.get(_base(words(inner.text)[0])):
            return self._call(called, returns=inner.returns or bool(self._shells))
        if name == "powershell" and (file := _FILE.search(inner.text)) and _base(file["path"]) in self._powershell:
            return self._run_powershell(_base(file["path"]))
        effect = apply(inner.text, self.machine)
        self.machine, self._errorlevel = effect.machine, effect.exit_code
        self.ran.append(Ran(self._line, inner.text, effect.text, self.machine, self._script.name))
        if effect.restarts:
            self.restarting = True
            return Leave(everything=True)
        if effect.hangs:
            self.problems.append(f"{self._where}: `{inner.text}` waits for an answer that nobody gives")
            return Leave(everything=True)
        bare = name == "winrm" and not inner.returns and not self._shells
        return self._bare_winrm(inner.text) if bare else None

    def _call(self, script: BatchFile, *, returns: bool) -> Flow:
        """Run another batch file, which does not come back unless it was run by `call` or by a cmd.exe of its own."""
        run = BatchRun(script, self.machine, self._scripts, self._powershell).run()
        self.machine, self._errorlevel = run.machine, run.errorlevel
        self.ran += run.ran
        self.problems += run.problems
        self.restarting = run.restarting
        return None if returns and not self.restarting else Leave(everything=True)

    def _run_powershell(self, name: str) -> Flow:
        self._errorlevel = 0
        script = self._powershell[name]
        for done in run_file(script, self.machine):
            self.machine = done.effect.machine
            self._errorlevel = min(done.effect.exit_code, 1)
            self.ran.append(Ran(done.line, done.statement, done.effect.text, self.machine, script.name))
        return None

    def _filter(self) -> None:
        """Model `find` and `findstr` after `sc query`: scripts look for the state of a running service."""
        last = self.ran[-1].command.casefold() if self.ran else ""
        running = self.machine.sshd_running if "sshd" in last else self.machine.service_running
        self._errorlevel = int(program(last) == "sc" and not running)

    def _bare_winrm(self, text: str) -> Flow:
        """End the batch file: winrm is winrm.cmd, and a batch file run without `call` does not come back."""
        if words(text)[0].casefold().endswith(".exe") or self._line >= self._script.lines[-1].number:
            return None
        self.problems.append(
            f"{self._where}: a bare `winrm` line ends the batch there: winrm is winrm.cmd; write `call winrm` "
            "or `cmd.exe /c winrm`"
        )
        return Leave(everything=True)


def _own_names(name: str) -> dict[str, str]:
    r"""Give what %0 and its kin are: a script of the medium is in drive E, or where Setup copies $OEM$\$$ to."""
    plain = name.replace("/", "\\")
    path = f"C:\\Windows\\{plain[len(_COPIED) :]}" if plain.startswith(_COPIED) else f"E:\\{plain}"
    folder, _, base = path.rpartition("\\")
    return {"0": path, "~0": path, "~f0": path, "~dp0": f"{folder}\\", "~nx0": base}


def _base(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].rpartition(":")[2].casefold()
