"""`unattend pack-iso`: files onto an ISO, a floppy or another medium, or straight into a Windows ISO."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.options import Json, Settings, path_argument, path_option
from toolkit.errors import ExitCode, UsageError

HELP = "Pack them onto an ISO, a floppy, a Windows ISO."

_FORMATS = "iso|floppy|nocloud|configdrive|vhd"
_USUAL = "iso"
_SPELLED = {"source": "a spec or folder"}


def command(
    source: Annotated[
        Path | None,
        path_argument(
            metavar="[SPEC|DIR]", help="A spec (- for stdin), or a folder to pack as it is; ./unattend.toml by default."
        ),
    ] = None,
    output: Annotated[
        Path | None,
        path_option("--output", "-o", metavar="FILE", help="The image; build/unattend.iso by default."),
    ] = None,
    floppy: Annotated[bool, typer.Option("--floppy", help="The same as --format floppy.")] = False,
    form: Annotated[str, typer.Option("--format", metavar=_FORMATS, help="What kind of medium.")] = "iso",
    label: Annotated[
        str | None, typer.Option(metavar="LABEL", help="The volume's label; the spec's by default.")
    ] = None,
    drivers: Annotated[
        Path | None,
        path_option(metavar="DIR", help="Drivers to add, as far as they are for this Windows."),
    ] = None,
    into: Annotated[
        Path | None,
        path_option("--inject", metavar="WINDOWS.iso", help="Put the files into a Windows ISO."),
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Change that ISO itself; --revert undoes it.")] = False,
    no_prompt: Annotated[bool, typer.Option("--no-prompt", help='Boot it without "Press any key".')] = False,
    back: Annotated[
        Path | None, path_option("--revert", metavar="WINDOWS.iso", help="Undo what --in-place did.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would travel, and write nothing.")] = False,
    settings: Settings = None,
    json: Json = False,
) -> ExitCode:
    from toolkit.cli import injecting, packing

    kind = "floppy" if floppy and form == _USUAL else form
    if back is not None:
        changes = {"in_place": in_place, "no_prompt": no_prompt, "dry_run": dry_run, "set": settings}
        packing_only = {"source": source, "output": output, "label": label, "drivers": drivers, "inject": into}
        _refuse("--revert", kind=kind, **packing_only, **changes)
        return injecting.take_back(back, json=json)
    if into is not None:
        _refuse("--inject", kind=kind, label=label)
        order = injecting.Order(source, into, output, in_place, no_prompt, drivers, tuple(settings or ()), dry_run)
        return injecting.put_in(order, json=json)
    if in_place or no_prompt:
        raise UsageError("--in-place and --no-prompt go with --inject", help="Add --inject WINDOWS.iso.")
    if floppy and kind != "floppy":
        raise UsageError(f"--floppy and --format {form} are two kinds of medium", help="Leave one of them out.")
    request = packing.Request(source, output, kind, label, drivers, tuple(settings or ()), dry_run)
    return packing.pack_up(request, json=json)


def _refuse(option: str, *, kind: str, **others: object) -> None:
    """Refuse what would have no effect beside an option, instead of leaving it out in silence."""
    given = [
        _SPELLED.get(name, f"--{name.replace('_', '-')}")
        for name, value in others.items()
        if value not in (None, False, [])
    ]
    if kind != _USUAL:
        given.append("--floppy" if kind == "floppy" else "--format")
    if given:
        raise UsageError(f"{' and '.join(given)} cannot be given with {option}", help="Leave it out.")
