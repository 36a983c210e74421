"""Every batch file that the product writes, each content once: bootstraps, closing scripts, runners and their steps."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.render.guests import bootstrap, guest, winrm
from tests.render.modes import files_of, matrix
from toolkit.files import NamedFile
from toolkit.render.bootstrap import bootstrap_files
from toolkit.render.runner.runner import runner_file
from toolkit.spec.guest import Consumer, Phase, Style
from toolkit.spec.work import Script, ScriptKind

if TYPE_CHECKING:
    from collections.abc import Iterator

SAMPLES = Path(__file__).parents[2] / "samples"
_ENDINGS = {".bat", ".cmd"}


@cache
def batch_files() -> dict[str, NamedFile]:
    """Give them by a name that says where each is from."""
    distinct: dict[bytes, tuple[str, NamedFile]] = {}
    for place, file in (*_bootstraps(), *_plain(), *_runners(), *_samples()):
        distinct.setdefault(file.data, (f"{file.name} of {place}", file))
    return dict(distinct.values())


def _bootstraps() -> Iterator[tuple[str, NamedFile]]:
    for place, wanted in matrix().items():
        for file in files_of(wanted) or ():
            if file.name.endswith(".bat"):
                yield place, file


def _plain() -> Iterator[tuple[str, NamedFile]]:
    for consumer in Consumer:
        for ntlm in (False, True):
            [script] = bootstrap_files(guest(winrm(ntlm=ntlm), bootstrap(Style.PLAIN, consumer=consumer)))
            yield f"plain {consumer} ntlm={ntlm}", script


def _runners() -> Iterator[tuple[str, NamedFile]]:
    """Give the runner of each phase, with a step that may fail and one that asks for a restart."""
    for phase in Phase:
        steps = tuple(
            Script(phase, f"{number}.cmd", ScriptKind.BATCH, b"exit /b 0\r\n", reboot, not reboot)
            for number, reboot in enumerate((False, True))
        )
        runner = runner_file(replace(guest(), scripts=steps), phase)
        if runner:
            yield f"phase {phase}", runner


def _samples() -> Iterator[tuple[str, NamedFile]]:
    """Give what samples show, but for the users' own scripts, which are carried as they are."""
    for folder in sorted(path for path in SAMPLES.iterdir() if path.is_dir()):
        users = {path.read_bytes() for path in folder.iterdir() if path.is_file()}
        for path in sorted((folder / "output").rglob("*")):
            if path.suffix in _ENDINGS and (data := path.read_bytes()) not in users:
                yield folder.name, NamedFile(path.name, data)
