"""What verify-winrm is to look at beyond the ladder, and the forms in which it reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.cli import console
from toolkit.cli.waiting import watched
from toolkit.errors import ExitCode, UnreadableError, UsageError
from toolkit.files import is_device, is_folder, write_whole
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from toolkit.cli.target import Target
    from toolkit.verify.options import Options
    from toolkit.verify.report import Report
    from toolkit.verify.wait import Change

_TIMELINES = (".json", ".svg", ".html", ".htm")


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the report goes besides the person who reads it."""

    json: bool
    github: bool
    junit: Path | None
    timeline: Path | None

    def __post_init__(self) -> None:
        if self.timeline is not None and self.timeline.suffix.lower() not in _TIMELINES:
            raise UsageError(
                f"--timeline {self.timeline}: its name says no format", help="Let it end in .json, .svg or .html."
            )
        for file in (self.junit, self.timeline):
            if file is not None and (is_folder(file) or is_device(file) or not _takes_files(file.parent)):
                # After the wait, this would take the place of the verdict.
                raise UnreadableError(
                    f"{file} cannot be written",
                    help="Name a file in a folder that is there, and that you may write to.",
                )


def _takes_files(folder: Path) -> bool:
    return is_folder(folder) and os.access(folder, os.W_OK | os.X_OK)


def options_of(*, full: bool, checks: Sequence[str], settle: str | None, client: str | None, expect: str) -> Options:
    """Read the flags. Raises UsageError for what is not known, and for what a guest that is shut cannot be asked."""
    from toolkit.spec.duration import seconds
    from toolkit.verify.checks.check import Settings
    from toolkit.verify.checks.registry import CHECKS
    from toolkit.verify.consumer import Client
    from toolkit.verify.options import Expect, Options

    for option, value, known in (("--as", client, list(Client)), ("--expect", expect, list(Expect))):
        if value is not None and value not in known:
            raise UsageError(f"{option} {value} is not known", help=f"It is one of {', '.join(known)}.")
    if expect == Expect.CLOSED and (full or checks or settle is not None or client is not None):
        raise UsageError(
            "--expect closed lets nobody log on, and --full, --check, --settle and --as need a logon",
            help="Run them before the image is closed, without --expect closed.",
        )
    names = [*(one.name for one in CHECKS if full), *checks]
    try:
        settled = 0.0 if settle is None else seconds(settle)
    except ValueError as err:
        raise UsageError(f"--settle: {err}") from err
    if settle is not None:
        names.append("boot")
    return Options(
        checks=tuple(dict.fromkeys(names)),
        client=Client(client) if client else None,
        expect=Expect(expect),
        settings=Settings(settle=settled),
    )


def verified(target: Target, options: Options, outputs: Outputs) -> ExitCode:
    """Verify, report in every form that is asked for, and give the exit code."""
    from datetime import UTC, datetime

    started = datetime.now(UTC)
    seen: list[Change] = []
    report = watched(target, options, seen)
    if outputs.json:
        console.data_json(report.to_json())
    else:
        console.data(report.to_text(console.width()))
    if outputs.github:
        from toolkit.verify.github import github

        # Where JSON has stdout to itself: the runner reads its commands on stderr as well.
        (console.say if outputs.json else console.data)(github(report).rstrip())
    _write_files(report, seen, started, outputs)
    return report.code


def _write_files(report: Report, seen: Sequence[Change], started: datetime, outputs: Outputs) -> None:
    if outputs.junit is not None:
        from toolkit.verify.junit import junit

        write_whole(outputs.junit, junit(report))
    if outputs.timeline is not None:
        from toolkit.verify.timeline import timeline

        drawn = timeline(report.endpoint.authority, started, seen, report.elapsed)
        write_whole(outputs.timeline, drawn.rendered(outputs.timeline.suffix))
        if drawn.recommended_timeout:
            console.say(f"recommended winrm_timeout: {drawn.recommended_timeout}")
