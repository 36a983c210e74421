"""`unattend pack-iso`: the spec's files, or a folder's, onto an ISO or a floppy."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli import console, specs
from toolkit.cli.generate import files_of
from toolkit.cli.options import Json, Settings
from toolkit.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from toolkit.media.content import MediaFile
    from toolkit.media.pack import Packed
    from toolkit.spec.guest import Guest

NAME = "pack-iso"
DEFAULT_LABEL = "UNATTEND"
IMAGE_SUFFIXES = frozenset({".iso", ".img"})
HELP = "Pack them onto an ISO or a floppy."
_FLOPPY_LABEL = 11


def command(
    source: Annotated[
        Path | None,
        typer.Argument(metavar="[SPEC|DIR]", help="A spec, or a folder of files; ./unattend.toml by default."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The image; build/unattend.iso by default.")
    ] = None,
    floppy: Annotated[bool, typer.Option("--floppy", help="A 1.44 MB floppy instead of an ISO.")] = False,
    label: Annotated[
        str | None, typer.Option(metavar="LABEL", help="The volume's label; the spec's by default.")
    ] = None,
    settings: Settings = None,
    json: Json = False,
) -> ExitCode:
    from toolkit.files import make_folder
    from toolkit.media.pack import Medium, pack

    if source is not None and source.is_dir():
        folder, files, own_label = source, _folder_files(source), DEFAULT_LABEL
        if settings:
            raise UsageError("--set changes a spec, and this is a folder", help="Name the spec instead of the folder.")
    else:
        path = specs.found(source)
        folder = specs.output_folder(path, None)
        guest = specs.guest_of(path, settings or (), folder)
        files, own_label = media_files(guest, folder), guest.media.label
        if floppy:
            _warn_of_uefi(guest)
    target = output or folder / ("unattend.img" if floppy else "unattend.iso")
    make_folder(target.parent)
    packed = pack(
        files,
        target,
        Medium.FLOPPY if floppy else Medium.ISO,
        label=label if label is not None else own_label,
        timestamp=specs.source_date(os.environ),
    )
    _show(packed, json=json)
    return ExitCode.OK


def media_files(guest: Guest, folder: Path) -> list[MediaFile]:
    """Give everything that `guest`'s medium holds: what is generated, and the user's own files."""
    from toolkit.media.content import MediaFile

    own = [MediaFile(file.target, file.source) for file in guest.media.files]
    return [*(MediaFile.of(file) for file in files_of(guest, folder)), *own]


def _warn_of_uefi(guest: Guest) -> None:
    if guest.disk.firmware == "uefi":
        console.warn(
            "the spec's firmware is uefi, and such guests do not read floppies",
            help='Leave --floppy out, or set disk.firmware = "bios".',
        )


def _folder_files(folder: Path) -> list[MediaFile]:
    """Take a folder as it is, leaving out what must not travel: private things and earlier images."""
    from toolkit.media.content import MediaFile
    from toolkit.private import FOLDER

    files = []
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if path.is_file() and parts[0] != FOLDER and path.suffix.lower() not in IMAGE_SUFFIXES:
            files.append(MediaFile("/".join(parts), path))
    if not files:
        raise UsageError(f"{folder} holds no files to pack", help="Run `unattend generate` first, or name a spec.")
    return files


def _show(packed: Packed, *, json: bool) -> None:
    if json:
        rows = [{"name": file.name, "size": file.size, "sha256": file.sha256} for file in packed.files]
        image = {"image": str(packed.path), "medium": packed.medium, "size": packed.size, "sha256": packed.sha256}
        console.data_json({**image, "files": rows})
        return
    console.data(str(packed.path))
    console.say(f"{packed.size:,} bytes, sha256 {packed.sha256}; read back and found equal:")
    for file in packed.files:
        console.say(f"  {file.size:>10,}  {file.name}")
