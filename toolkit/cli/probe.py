"""`unattend probe`: what a guest tells without any credentials."""

from __future__ import annotations

from typing import Annotated

import typer

from toolkit.cli import console
from toolkit.cli.options import Json
from toolkit.errors import ExitCode

HELP = "Look at a guest from outside, without a password."


def command(
    host: Annotated[str, typer.Argument(metavar="HOST", help="Name, address or URL.")],
    port: Annotated[int | None, typer.Option(metavar="N", min=1, max=65535, help="Instead of 5985 and 5986.")] = None,
    server_name: Annotated[str | None, typer.Option(metavar="NAME", help="The name in the certificate.")] = None,
    json: Json = False,
) -> ExitCode:
    from toolkit.communicators.location import checked_host, parse_host
    from toolkit.verify.probe import probe

    where = parse_host(host)
    if server_name is not None:
        checked_host(server_name, server_name)
    seen = probe(where.host, port or where.port, server_name=server_name)
    if json:
        console.data_json(seen.to_json())
    else:
        console.data(seen.to_text(console.width()))
    if seen.failure is not None:
        return seen.failure.rung.code
    return ExitCode.OK if seen.winrm else ExitCode.FINDINGS
