"""`unattend verify-winrm`: wait for a guest, connect, and prove it, or say exactly what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli import passwords
from toolkit.cli.options import Json, Settings
from toolkit.errors import ExitCode

NAME = "verify-winrm"
HELP = "Prove a guest, or say what is wrong with it."

_AUTH = "basic|ntlm|negotiate|kerberos|credssp|certificate"


def command(
    host: Annotated[
        str | None, typer.Argument(metavar="[HOST]", help="Name, address or URL; the spec's by default.")
    ] = None,
    username: Annotated[str | None, typer.Option("--username", "-u", metavar="USER", help="Who logs on.")] = None,
    auth: Annotated[str | None, typer.Option(metavar=_AUTH, help="How to log on.")] = None,
    port: Annotated[int | None, typer.Option(metavar="N", min=1, max=65535, help="5985, or 5986 with --ssl.")] = None,
    ssl: Annotated[bool | None, typer.Option("--ssl/--no-ssl", help="https instead of http.")] = None,
    insecure: Annotated[bool | None, typer.Option("--insecure/--secure", help="Accept any certificate.")] = None,
    pin: Annotated[str | None, typer.Option(metavar="THUMBPRINT", help="Accept this certificate only.")] = None,
    ca_file: Annotated[Path | None, typer.Option(metavar="PEM", help="Trust these authorities.")] = None,
    server_name: Annotated[str | None, typer.Option(metavar="NAME", help="The name in the certificate.")] = None,
    client_cert: Annotated[Path | None, typer.Option(metavar="PEM", help="For --auth certificate.")] = None,
    client_key: Annotated[Path | None, typer.Option(metavar="PEM", help="Its key.")] = None,
    timeout: Annotated[str | None, typer.Option(metavar="30m", help="How long to wait until it is ready.")] = None,
    connect_timeout: Annotated[str | None, typer.Option(metavar="5s", help="How long a connection may take.")] = None,
    retry_interval: Annotated[str | None, typer.Option(metavar="1s", help="How long between two looks.")] = None,
    pause_before_connecting: Annotated[
        str | None, typer.Option(metavar="10s", help="Once ready, wait, and require the same boot.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Run every check on the guest.")] = False,
    check: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Run this check. Repeatable.")] = None,
    settle: Annotated[str | None, typer.Option(metavar="60s", help="Require that it does not restart so long.")] = None,
    client: Annotated[
        str | None, typer.Option("--as", metavar="packer|ansible|vagrant", help="Meet it as that client does.")
    ] = None,
    expect: Annotated[str, typer.Option(metavar="ready|closed", help="closed: prove that nobody gets in.")] = "ready",
    password_file: passwords.PasswordFile = None,
    password_stdin: passwords.PasswordStdin = False,
    spec: Annotated[
        Path | None, typer.Option("--spec", metavar="SPEC", help="./unattend.toml when it is there.")
    ] = None,
    settings: Settings = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where generate put its output.")
    ] = None,
    timeline: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the boot as .json, .svg or .html.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a JUnit report.")] = None,
    github: Annotated[bool, typer.Option("--github", help="Print GitHub annotations.")] = False,
    json: Json = False,
) -> ExitCode:
    from toolkit.cli.reporting import Outputs, options_of, verified
    from toolkit.cli.target import Flags, target

    flags = Flags(
        host=host,
        username=username,
        auth=auth,
        port=port,
        ssl=ssl,
        insecure=insecure,
        pin=pin,
        timeout=timeout,
        pause=pause_before_connecting,
        ca_file=ca_file,
        server_name=server_name,
        client_certificate=client_cert,
        client_key=client_key,
        connect_timeout=connect_timeout,
        retry_interval=retry_interval,
    )
    options = options_of(full=full, checks=check or (), settle=settle, client=client, expect=expect)
    outputs = Outputs(json=json, github=github, junit=junit, timeline=timeline)
    wanted = target(flags, spec, settings or (), output, passwords.given(password_file, password_stdin))
    return verified(wanted, options, outputs)
