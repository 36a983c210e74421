"""`unattend init`: write a spec to start from."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli import console
from toolkit.cli.options import path_option
from toolkit.cli.specs import DEFAULT
from toolkit.errors import ExitCode, UnreadableError

HELP = "Write a spec to start from: unattend.toml."


def command(
    release: Annotated[
        str, typer.Option(metavar="RELEASE", help="Which Windows, such as 11 or server-2025.")
    ] = "server-2022",
    edition: Annotated[
        str | None, typer.Option(metavar="EDITION", help="The edition's usual name, such as pro or standard.")
    ] = None,
    output: Annotated[
        Path, path_option("--output", "-o", metavar="FILE", help="Where to write it; - for stdout.")
    ] = DEFAULT,
) -> ExitCode:
    from toolkit.files import write_whole
    from toolkit.render.starter import starter

    text = starter(release, edition)
    if str(output) == "-":
        console.data(text.rstrip("\n"))
        return ExitCode.OK
    if output.exists():
        raise UnreadableError(f"{output} is already there", help="Name another file with -o, or remove it first.")
    write_whole(output, text.encode("utf-8"), mode=0o644)
    console.data(str(output))
    if output == DEFAULT:
        console.say("Next: unattend generate, unattend pack-iso, unattend verify-winrm HOST")
    else:
        spec = shlex.quote(str(output))
        console.say(
            f"Next: unattend generate {spec}, unattend pack-iso {spec}, unattend verify-winrm HOST --spec {spec}"
        )
    return ExitCode.OK
