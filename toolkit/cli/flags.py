"""The options of verify-winrm, each with its help: whom to verify, how patiently, how deeply, in what form."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from toolkit.cli.options import path_option

_METHODS = "basic|ntlm|negotiate|kerberos|credssp|certificate"


def _option(metavar: str, text: str, *names: str) -> object:
    return path_option(*names, metavar=metavar, help=text)


Host: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="[HOST]", help="Name, address or URL; the spec's by default.")
]
Username: TypeAlias = Annotated[str | None, _option("USER", "Who logs on.", "--username", "-u")]
Auth: TypeAlias = Annotated[str | None, _option(_METHODS, "How to log on.")]
Port: TypeAlias = Annotated[int | None, typer.Option(metavar="N", min=1, max=65535, help="5985, or 5986 with --ssl.")]
Ssl: TypeAlias = Annotated[bool | None, typer.Option("--ssl/--no-ssl", help="https instead of http.")]
Insecure: TypeAlias = Annotated[bool | None, typer.Option("--insecure/--secure", help="Accept any certificate.")]
Pin: TypeAlias = Annotated[str | None, _option("THUMBPRINT", "Accept this certificate only.")]
CaFile: TypeAlias = Annotated[Path | None, _option("PEM", "Trust these authorities.")]
ServerName: TypeAlias = Annotated[str | None, _option("NAME", "Its name to the certificate, and to Kerberos.")]
ClientCert: TypeAlias = Annotated[Path | None, _option("PEM", "For --auth certificate.")]
ClientKey: TypeAlias = Annotated[Path | None, _option("PEM", "Its key; UNATTEND_CLIENT_KEY_PASSPHRASE opens it.")]

Timeout: TypeAlias = Annotated[str | None, _option("30m", "How long to wait until it is ready.")]
ConnectTimeout: TypeAlias = Annotated[str | None, _option("5s", "How long a connection may take.")]
RetryInterval: TypeAlias = Annotated[str | None, _option("1s", "How long between two looks.")]
Pause: TypeAlias = Annotated[str | None, _option("10s", "Once ready, wait, and require the same boot.")]

Full: TypeAlias = Annotated[bool, typer.Option("--full", help="Run every check on the guest.")]
Check: TypeAlias = Annotated[list[str] | None, _option("NAME", "Run this check. Repeatable.")]
Settle: TypeAlias = Annotated[str | None, _option("60s", "Require that it does not restart so long.")]
As: TypeAlias = Annotated[str | None, _option("packer|ansible|vagrant", "Meet it as that client does.", "--as")]
Expect: TypeAlias = Annotated[str, _option("ready|closed", "closed: prove that nobody gets in.")]

SpecFile: TypeAlias = Annotated[
    Path | None, _option("SPEC", "./unattend.toml when it is there; - for stdin.", "--spec")
]
Generated: TypeAlias = Annotated[Path | None, _option("DIR", "Where generate put its output.", "--output", "-o")]
Timeline: TypeAlias = Annotated[Path | None, _option("FILE", "Write the boot as .json, .svg or .html.")]
Junit: TypeAlias = Annotated[Path | None, _option("FILE", "Write a JUnit report.")]
Github: TypeAlias = Annotated[bool, typer.Option("--github", help="Print GitHub annotations.")]
