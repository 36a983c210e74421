"""Putting cargo into a Windows ISO, and taking it back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.cli import console, specs
from toolkit.cli.cargo import cargo
from toolkit.cli.packing import say_left_out, show_files
from toolkit.cli.progress import bar
from toolkit.errors import ExitCode, UsageError
from toolkit.files import make_folder
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.media.inject import Injected


@dataclass(frozen=True, slots=True)
class Order:
    """The command line."""

    source: Path | None
    iso: Path
    output: Path | None
    in_place: bool
    no_prompt: bool
    drivers: Path | None
    settings: tuple[str, ...]
    dry_run: bool


def put_in(order: Order, *, json: bool) -> ExitCode:
    """Inject what is asked for into a copy of the ISO, or into the ISO itself."""
    from toolkit.media.inject import foreseen, inject

    if order.in_place == (order.output is not None):
        raise UsageError(
            "--inject needs either -o NEW.iso or --in-place", help="--in-place changes the ISO; --revert undoes that."
        )
    load = cargo(order.source, order.settings, order.drivers, order.iso)
    say_left_out(load)
    if order.dry_run:
        foreseen(order.iso, load.files, target=order.output, no_prompt=order.no_prompt)
        show_files(order.output or order.iso, load.files, json=json)
        return ExitCode.OK
    if order.output is not None:
        make_folder(order.output.parent)
    with bar("injecting") as progress:
        injected = inject(
            order.iso,
            load.files,
            target=order.output,
            no_prompt=order.no_prompt,
            timestamp=specs.source_date(os.environ),
            progress=progress,
        )
    _show(injected, json=json)
    return ExitCode.OK


def take_back(iso: Path, *, json: bool) -> ExitCode:
    """Make an ISO that was changed in place what it was."""
    from toolkit.media.revert import revert

    reverted = revert(iso)
    if json:
        console.data_json({"image": str(reverted.path), "size": reverted.size, "removed": reverted.removed})
    else:
        console.data(str(reverted.path))
        console.say(f"as it was: {reverted.size:,} bytes, {reverted.removed:,} cut off its end")
    return ExitCode.OK


def _show(injected: Injected, *, json: bool) -> None:
    if json:
        console.data_json(
            {
                "image": str(injected.path),
                "method": injected.method,
                "bytes_written": injected.bytes_written,
                "added": list(injected.added),
                "replaced": list(injected.replaced),
                "undo": str(injected.undo) if injected.undo else None,
            }
        )
        return
    console.data(str(injected.path))
    how = "patched" if injected.method == "patched" else "written anew, since its file system cannot be patched"
    console.say(f"{how}: {injected.bytes_written:,} bytes written; read back and found equal")
    for title, names in (("added", injected.added), ("replaced", injected.replaced)):
        for name in names:
            console.say(f"  {title:<8}  {name}")
    if injected.undo:
        console.say(f"undo: unattend pack-iso --revert {injected.path}")
