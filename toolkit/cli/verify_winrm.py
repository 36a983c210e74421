"""`unattend verify-winrm`: wait for a guest, connect, and prove it, or say exactly what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli import console, passwords
from toolkit.cli.options import Json, Settings
from toolkit.errors import ExitCode

NAME = "verify-winrm"
HELP = "Prove a guest, or say what is wrong with it."


def command(
    host: Annotated[
        str | None, typer.Argument(metavar="[HOST]", help="Name, address or URL; the spec's by default.")
    ] = None,
    username: Annotated[str | None, typer.Option("--username", "-u", metavar="USER", help="Who logs on.")] = None,
    auth: Annotated[str | None, typer.Option(metavar="basic|ntlm", help="How to log on.")] = None,
    port: Annotated[int | None, typer.Option(metavar="N", min=1, max=65535, help="5985, or 5986 with --ssl.")] = None,
    ssl: Annotated[bool | None, typer.Option("--ssl/--no-ssl", help="https instead of http.")] = None,
    insecure: Annotated[bool | None, typer.Option("--insecure/--secure", help="Accept any certificate.")] = None,
    pin: Annotated[str | None, typer.Option(metavar="THUMBPRINT", help="Accept this certificate only.")] = None,
    timeout: Annotated[str | None, typer.Option(metavar="30m", help="How long to wait until it is ready.")] = None,
    pause_before_connecting: Annotated[
        str | None, typer.Option(metavar="10s", help="Once ready, wait, and require the same boot.")
    ] = None,
    password_file: passwords.PasswordFile = None,
    password_stdin: passwords.PasswordStdin = False,
    spec: Annotated[
        Path | None, typer.Option("--spec", metavar="SPEC", help="./unattend.toml when it is there.")
    ] = None,
    settings: Settings = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where generate put its output.")
    ] = None,
    json: Json = False,
) -> ExitCode:
    from toolkit.cli.target import Flags, target
    from toolkit.cli.waiting import watched

    flags = Flags(host, username, auth, port, ssl, insecure, pin, timeout, pause_before_connecting)
    wanted = target(flags, spec, settings or (), output, passwords.given(password_file, password_stdin))
    report = watched(wanted)
    if json:
        console.data_json(report.to_json())
    else:
        console.data(report.to_text(console.width()))
    return report.code
