"""`unattend inspect`: what is in a medium, an image file or an answer file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli import console
from toolkit.cli.options import Json
from toolkit.errors import ExitCode

NAME = "inspect"
HELP = "Look into an ISO, a floppy, a WIM, an answer file."


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="ISO, floppy, VHD, WIM, ESD, SWM or answer file.")],
    json: Json = False,
) -> ExitCode:
    from toolkit.media.inspection import inspect

    found = inspect(file)
    if json:
        console.data_json(found.to_json())
    else:
        console.data(found.to_text(console.width()))
    return ExitCode.OK
