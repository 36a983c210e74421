"""What is to travel on a medium: a spec's files or a folder's, and drivers beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.cli import specs
from toolkit.cli.generate import files_of
from toolkit.errors import UsageError
from toolkit.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from toolkit.media.content import MediaFile
    from toolkit.spec.guest import Guest

DEFAULT_LABEL = "UNATTEND"
IMAGE_SUFFIXES = (".iso", ".img", ".vhd")


@dataclass(frozen=True, slots=True)
class Cargo:
    """Files for a medium. `folder` is where an image goes by default; `guest` is None for a plain folder.

    `left_out` names what a folder holds and the medium will not.
    """

    files: tuple[MediaFile, ...]
    folder: Path
    label: str
    guest: Guest | None
    left_out: tuple[str, ...] = ()


def cargo(source: Path | None, settings: Sequence[str], drivers: Path | None, iso: Path | None = None) -> Cargo:
    """Gather what `source` asks for. With `iso`, the guest is fitted to the Windows that this medium holds."""
    if source is not None and source.is_dir():
        if settings or drivers:
            raise UsageError("--set and --drivers need a spec, and this is a folder", help="Name the spec instead.")
        files, left_out = _folder_files(source)
        return Cargo(files, source, DEFAULT_LABEL, None, left_out)
    if source is not None and source.suffix.lower() in IMAGE_SUFFIXES:
        raise UsageError(
            f"{source} is named like an image, and what is packed is a spec or a folder",
            help=f"Put files into a Windows ISO with --inject {source}; unattend inspect {source} shows what it holds.",
        )
    path = specs.found(source)
    folder = specs.output_folder(path, None)
    guest = specs.guest_of(path, settings, folder, iso=iso)
    packed = (*media_files(guest, folder), *(_drivers(guest, drivers) if drivers else ()))
    return Cargo(packed, folder, guest.media.label, guest)


def media_files(guest: Guest, folder: Path) -> list[MediaFile]:
    """Give everything that `guest`'s medium holds: what is generated, and the user's own files."""
    from toolkit.media.content import MediaFile
    from toolkit.render.medium import travels

    own = [MediaFile(file.target, file.source) for file in guest.media.files]
    return [*(MediaFile.of(file) for file in files_of(guest, folder) if travels(file.name)), *own]


def _drivers(guest: Guest, folder: Path) -> list[MediaFile]:
    from toolkit.media.drivers import driver_files

    if not folder.is_dir():
        raise UsageError(f"--drivers {folder} is not a folder", help="Unpack the drivers, or name their folder.")
    return driver_files(folder, guest.windows.release.key, guest.windows.architecture)


def _folder_files(folder: Path) -> tuple[tuple[MediaFile, ...], tuple[str, ...]]:
    """Take a folder as it is. Left out, and named, is what must not travel: private things, what is for others, earlier
    images, and what a killed process left half-written, which may hold passwords.
    """
    from toolkit.files import is_unfinished
    from toolkit.media.folder import files_under
    from toolkit.private import FOLDER
    from toolkit.render.medium import travels

    left_out: list[str] = []

    def wanted(name: str) -> bool:
        own = travels(name) and name.partition("/")[0] != FOLDER and not is_unfinished(name.rpartition("/")[2])
        if own and not name.lower().endswith(IMAGE_SUFFIXES):
            return True
        left_out.append(name)
        return False

    files = files_under(folder, wanted=wanted)
    if not files:
        raise UsageError(f"{folder} holds no files to pack", help="Run `unattend generate` first, or name a spec.")
    return tuple(files), tuple(sorted(left_out))
