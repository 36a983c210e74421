"""The arguments that several commands share, with their help said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Spec: TypeAlias = Annotated[
    Path | None,
    typer.Argument(
        metavar="[SPEC]", help="The spec; ./unattend.toml by default, - for stdin.", show_default=False, readable=False
    ),
]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting, such as disk.firmware=uefi. Repeatable."),
]
Output: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", metavar="DIR", help="Output folder; build beside the spec by default.", readable=False
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
