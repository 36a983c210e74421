"""The arguments that several commands share, with their help said once."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

# A path that may not be read is refused by us, with our own exit code: typer would look before us, and end with 2.
path_option = partial(typer.Option, readable=False)
path_argument = partial(typer.Argument, readable=False)

Spec: TypeAlias = Annotated[
    Path | None,
    path_argument(metavar="[SPEC]", help="The spec; ./unattend.toml by default, - for stdin.", show_default=False),
]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting, such as disk.firmware=uefi. Repeatable."),
]
Output: TypeAlias = Annotated[
    Path | None,
    path_option("--output", "-o", metavar="DIR", help="Output folder; build beside the spec by default."),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
