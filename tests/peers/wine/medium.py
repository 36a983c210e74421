"""The medium of a guest in a Windows that has just been set up, and what the script on it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.peers.wine.harness import Rule
from tests.render.guests import CERTIFICATE
from toolkit.render.bootstrap import bootstrap_files, script_name

if TYPE_CHECKING:
    from pathlib import Path

    from tests.peers.wine.harness import Ran, WineGuest
    from toolkit.spec.guest import Guest

SERVICE_RUNS = Rule("sc.exe query", output="        STATE              : 4  RUNNING\r\n")


@dataclass(frozen=True, slots=True)
class Medium:
    """The medium of a guest, in drive E of a Windows that has just been set up."""

    windows: WineGuest
    folder: Path

    def insert(self, wanted: Guest) -> None:
        self.windows.insert("e", self.folder, bootstrap_files(wanted, CERTIFICATE))

    def run(self, wanted: Guest, *rules: Rule) -> Ran:
        """Run the script of `wanted` from a medium that is as it was made."""
        self.insert(wanted)
        return self.run_again(wanted, *rules)

    def close(self, wanted: Guest, *rules: Rule, arguments: str = "now") -> Ran:
        """Run the closing script, which lies beside the other."""
        name = bootstrap_files(wanted, CERTIFICATE)[1].name
        return self.windows.run(rf"cmd.exe /c e:\{name} {arguments}".rstrip(), rules)

    def run_again(self, wanted: Guest, *rules: Rule) -> Ran:
        return self.windows.run(rf"cmd.exe /c e:\{script_name(wanted)}", rules)

    def status(self, name: str) -> str | None:
        file = self.windows.path(f"ProgramData/unattend/{name}")
        return file.read_text(encoding="ascii") if file.exists() else None

    def log(self, subject: str = "winrm") -> str:
        return self.windows.path(f"windows/temp/unattend-{subject}.log").read_text(encoding="ascii")
