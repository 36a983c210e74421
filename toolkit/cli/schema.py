"""`unattend schema`: the spec's JSON Schema, for editors."""

from __future__ import annotations

from toolkit.cli import console
from toolkit.errors import ExitCode

HELP = "Print the JSON Schema of the spec."


def command() -> ExitCode:
    from toolkit.spec.schema import published_schema

    console.data(published_schema().rstrip("\n"))
    return ExitCode.OK
