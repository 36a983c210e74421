"""Packing cargo onto a medium of its own, and saying what became of it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.cli import console, specs
from toolkit.cli.cargo import cargo
from toolkit.cli.leftovers import listed
from toolkit.cli.progress import bar
from toolkit.errors import ExitCode, UsageError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from toolkit.cli.cargo import Cargo
    from toolkit.media.content import MediaFile
    from toolkit.media.formats import Arranged, Format
    from toolkit.media.pack import Packed
    from toolkit.spec.guest import Guest

_MANY = 40
_FEW = 5
_ENDINGS = {"iso": "iso", "floppy": "img", "vhd": "vhd"}


@dataclass(frozen=True, slots=True)
class Request:
    """The command line."""

    source: Path | None
    output: Path | None
    form: str
    label: str | None
    drivers: Path | None
    settings: tuple[str, ...]
    dry_run: bool


def pack_up(request: Request, *, json: bool) -> ExitCode:
    """Pack what is asked for, or only show it."""
    form = _format(request.form)
    load = cargo(request.source, request.settings, request.drivers)
    medium = _arranged(form, load)
    _require_file(request.output)
    _warn(medium.medium, load)
    say_left_out(load)
    _warn_of_other_files(load)
    target = request.output or load.folder / f"unattend.{_ENDINGS[medium.medium]}"
    label = _label(request, medium, load)
    if request.dry_run:
        from toolkit.media.pack import require_packable

        require_packable(medium.files, target, medium.medium, label=label)
        show_files(target, medium.files, json=json)
        return ExitCode.OK
    _show(_packed(medium, target, label, digests=json), json=json)
    return ExitCode.OK


def _label(request: Request, medium: Arranged, load: Cargo) -> str:
    """Give the label asked for, else the format's or the spec's own. cloudbase-init finds its media by theirs."""
    if request.label is None:
        return medium.label or load.label
    if medium.label is not None and request.label.casefold() != medium.label:
        raise UsageError(
            f"--format {request.form} is found by its label, {medium.label}, and --label {request.label} is another",
            help="Leave --label out.",
        )
    return request.label


def _packed(medium: Arranged, target: Path, label: str, *, digests: bool) -> Packed:
    from toolkit.files import make_folder
    from toolkit.media.pack import pack

    make_folder(target.parent)
    moment = specs.source_date(os.environ)
    with bar("packing") as progress:
        return pack(
            medium.files, target, medium.medium, label=label, timestamp=moment, progress=progress, digests=digests
        )


def _format(name: str) -> Format:
    from toolkit.media.formats import Format

    if name not in list(Format):
        raise UsageError(f"--format {name} is not known", help=f"It is one of {', '.join(Format)}.")
    return Format(name)


def _arranged(form: Format, load: Cargo) -> Arranged:
    from toolkit.media.formats import Format, Instance, arranged

    if load.guest is None:
        return arranged(form, load.files, Instance())
    name = load.guest.computer.name
    for_cloud = form in (Format.NOCLOUD, Format.CONFIGDRIVE)
    user_data = _user_data(load.guest, load.folder) if for_cloud else None
    return arranged(form, load.files, Instance(None if name == "*" else name, user_data))


def _user_data(guest: Guest, folder: Path) -> bytes | None:
    """Give the bootstrap as cloudbase-init runs it; None where nothing is to connect."""
    from toolkit.cli.generate import cloud_files_of
    from toolkit.spec.guest import NoCommunicator

    if isinstance(guest.communicator, NoCommunicator):
        return None
    (file,) = cloud_files_of(guest, folder, "cloudbase")
    return file.data


def _warn(medium: str, load: Cargo) -> None:
    if medium == "vhd":
        console.warn(
            "Setup looks for answer files on removable drives, and a VHD is a fixed one",
            help="Use an ISO for the answer file; a VHD carries what running guests are to find.",
        )
    if medium == "floppy" and load.guest is not None and load.guest.disk.firmware == "uefi":
        console.warn(
            "the spec's firmware is uefi, and such guests do not read floppies",
            help='Leave --floppy out, or set disk.firmware = "bios".',
        )


def _require_file(output: Path | None) -> None:
    """Refuse stdout, which is - elsewhere: an image is read back, and put in its place whole."""
    if output is not None and str(output) == "-":
        raise UsageError("an image cannot go to stdout", help="Name a file with -o.")


def say_left_out(load: Cargo) -> None:
    """Name what a folder holds and the medium will not."""
    if load.left_out:
        more = f" and {len(load.left_out) - _FEW:,} more" if len(load.left_out) > _FEW else ""
        console.say(f"left out, since it does not travel: {', '.join(load.left_out[:_FEW])}{more}")


def _warn_of_other_files(load: Cargo) -> None:
    """Tell where the last `generate` ran with an --iso or a --set that this command does not repeat."""
    earlier = {} if load.guest is None else listed(load.folder)
    given = {
        file.name: hashlib.sha256(file.source).hexdigest() for file in load.files if isinstance(file.source, bytes)
    }
    other = sorted(name for name in given.keys() & earlier.keys() if given[name] != earlier[name])
    if other:
        console.warn(
            f"{load.folder} holds another {' and '.join(other)}: generate ran for other settings than these",
            help=f"Packed is what the spec gives now. To pack what generate left: unattend pack-iso {load.folder}",
        )


def show_files(target: Path, files: tuple[MediaFile, ...], *, json: bool) -> None:
    """Show what would be written."""
    rows = [{"name": file.name, "size": file.size} for file in sorted(files, key=lambda file: file.name)]
    if json:
        console.data_json({"image": str(target), "written": False, "files": rows})
        return
    console.data(f"{target} would hold:")
    for row in rows:
        console.data(f"  {row['size']:>13,}  {row['name']}")


def _show(packed: Packed, *, json: bool) -> None:
    if json:
        console.data_json(_as_json(packed))
        return
    console.data(str(packed.path))
    console.say(f"{packed.size:,} bytes, sha256 {packed.sha256}; read back and found equal:")
    for file in packed.files[:_MANY]:
        console.say(f"  {file.size:>13,}  {file.name}")
    if len(packed.files) > _MANY:
        console.say(f"  and {len(packed.files) - _MANY:,} more files")
    if packed.stand_ins:
        console.say(
            f"UDF was added for {len(packed.stand_ins):,} of them, whose names Joliet cannot hold;"
            " a reader without UDF has them shortened"
        )


def _as_json(packed: Packed) -> dict[str, object]:
    rows = [{"name": file.name, "size": file.size, "sha256": file.sha256} for file in packed.files]
    return {
        "image": str(packed.path),
        "medium": packed.medium,
        "file_systems": list(packed.file_systems),
        "size": packed.size,
        "sha256": packed.sha256,
        "files": rows,
        "shortened": dict(packed.stand_ins),
    }
