"""`unattend inspect`: what is in a medium, an image file or an answer file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from toolkit.cli import console
from toolkit.cli.options import Json, path_argument
from toolkit.errors import ExitCode
from toolkit.problems import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.problems import Problem

_MOST_FINDINGS = 200  # on one file
HELP = "Look into an ISO, a floppy, a WIM, an answer file."


def command(
    file: Annotated[Path, path_argument(metavar="FILE", help="ISO, floppy, VHD, WIM, ESD, SWM or answer file.")],
    json: Json = False,
) -> ExitCode:
    from toolkit.media.inspection import inspect

    found = inspect(file)
    itself = found.kind == "answer-file"
    named = [(str(file) if itself else f"{file}:{answers.name}", answers.data) for answers in found.answer_files]
    problems = [problem for name, data in named for problem in _findings(name, data)]
    if json:
        findings = [{**asdict(problem), "place": str(problem.place)} for problem in problems]
        console.data_json({**found.to_json(), "findings": findings})
    else:
        console.data(found.to_text(console.width()))
        console.show_problems(problems)
    wrong = any(problem.severity is Severity.ERROR for problem in problems)
    return ExitCode.FINDINGS if wrong else ExitCode.OK


def _findings(name: str, data: bytes) -> Iterator[Problem]:
    """Give the findings on one answer file, the first of them where somebody means to drown us in them."""
    from toolkit.catalog.check import check
    from toolkit.problems import Place, Problem

    found = check(data, file=name)
    yield from found[:_MOST_FINDINGS]
    if len(found) > _MOST_FINDINGS:
        more = f"and {len(found) - _MOST_FINDINGS:,} more findings"
        yield Problem("more-findings", Severity.ERROR, more, Place(name), "Mend these first.")
